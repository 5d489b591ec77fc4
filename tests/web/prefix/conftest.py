"""The demo's sample data, shared with its own tests."""

from tests.demo.conftest import sample_data

__all__ = ["sample_data"]
