"""The open call-centre CRM: calls, callers and what was promised to them."""

__version__ = "0.1.0"
