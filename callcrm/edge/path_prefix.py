"""The prefix: the path of the public URL, below which a proxy serves us.

Inside the app every path is that of its route. The prefix is taken off what comes in, where the proxy has not
stripped it already, and put before every path that goes out: in headers here, in HTML by `add_to_html`, in
JSON by the fields that are paths.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from markupsafe import escape
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ATTRIBUTES = (
    "href",
    "src",
    "action",
    "formaction",
    "data-softphone",
    *(f"data-hx-{method}" for method in ("get", "post", "put", "patch", "delete")),
)
# In a text or a value `"` is escaped: only an attribute of ours looks like this. Two slashes begin a host.
PATH_ATTRIBUTE = re.compile(rf'(\s(?:{"|".join(ATTRIBUTES)})=")(?=/(?!/))')
PATH_HEADERS = frozenset(
    {b"location", b"content-location", b"hx-redirect", b"hx-location", b"hx-push-url", b"hx-replace-url"}
)


def add_to_html(html: str, prefix: str) -> str:
    """The HTML with the prefix before each path in an attribute that is an address."""
    if not prefix:
        return html
    return PATH_ATTRIBUTE.sub(lambda match: match[1] + str(escape(prefix)), html)


class PathPrefix:
    """Takes the prefix off the paths of requests, and puts it before those in headers of responses.

    `names` are the first segments of the app's own paths. A prefix that begins with one of them can't be told
    from a path that has lost it, so it is taken as stripped already.
    """

    def __init__(self, app: ASGIApp, *, prefix: str, names: Iterable[str] = ()) -> None:
        self._app = app
        self._prefix = prefix.encode()
        self._decoded = unquote(prefix)
        self._depth = prefix.count("/")
        self._is_ambiguous = self._decoded.split("/")[1] in set(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on the request for the bare path."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return

        async def send_with_prefix(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [self._with_prefix(name, value) for name, value in message["headers"]]
            await send(message)

        await self._app(self._bare(scope), receive, send_with_prefix)

    def _bare(self, scope: Scope) -> Scope:
        path: str = scope["path"]
        if self._is_ambiguous or not f"{path}/".startswith(f"{self._decoded}/"):
            return scope
        bare: dict[str, str | bytes] = {"path": path.removeprefix(self._decoded) or "/"}
        if raw := scope.get("raw_path"):
            # By segments, since a segment may be spelt in several ways.
            bare["raw_path"] = b"/" + b"/".join(raw.split(b"/")[self._depth + 1 :])
        return {**scope, **bare}

    def _with_prefix(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        is_path = value.startswith(b"/") and not value.startswith(b"//")
        return name, self._prefix + value if is_path and name.lower() in PATH_HEADERS else value
