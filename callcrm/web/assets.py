"""Static files under URLs that contain a hash of their content, so that browsers may cache them for ever."""

import hashlib
import re
from functools import cache

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from callcrm.paths import PACKAGE

STATIC = PACKAGE / "static"
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
# What other files ask for too, and without a mark: with one, a browser would fetch and run it twice.
SHARED = re.compile(r"js/.*|.*\.woff2")


@cache
def asset(path: str) -> str:
    """The URL of a file in `static/`; it changes with the file's content, except for files that others
    import.
    """
    content = (STATIC / path).read_bytes()
    if SHARED.fullmatch(path):
        return f"/static/{path}"
    return f"/static/{path}?v={hashlib.sha256(content).hexdigest()[:12]}"


class StaticAssets(StaticFiles):
    """Serves the static files: our own and the vendored ones."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file; cacheable for ever if requested with the hash of its content."""
        answer = await super().get_response(path, scope)
        answer.headers["Cache-Control"] = IMMUTABLE if b"v=" in scope["query_string"] else REVALIDATE
        return answer


# Compressed here alone: a page with a secret in it must not tell its length.
route = Mount("/static", GZipMiddleware(StaticAssets(directory=STATIC), minimum_size=500), name="static")
