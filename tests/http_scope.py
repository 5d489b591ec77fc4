"""The ASGI scope of an HTTP request, for tests that speak to the app without a server."""

from collections.abc import Mapping
from typing import Any


def http_scope(method: str, path: str, headers: Mapping[str, str], *, tls: bool = True) -> dict[str, Any]:
    """The scope of a request for a path without a query, as uvicorn makes it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "https" if tls else "http",
        "server": ("127.0.0.1", 443 if tls else 8000),
        "client": ("127.0.0.1", 50000),
        "headers": [(name.encode(), text.encode()) for name, text in headers.items()],
    }
