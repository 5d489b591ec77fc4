"""Static files below a URL with a hash of all of them, so that browsers may cache them for ever.

The hash is part of the path, not of the query: what a script imports and a style sheet names is relative to
it, and so has the hash as well.
"""

import hashlib
import re
from functools import cache
from pathlib import Path

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from callcrm.paths import PACKAGE

STATIC = PACKAGE / "static"
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
# An older page asks for the files of its own time: it gets today's, which are not for ever under that name.
VERSIONED = re.compile(r"([0-9a-f]{12})/(.+)", re.DOTALL)


@cache
def version(folder: Path = STATIC) -> str:
    """A hash of every file of the folder, by name and content."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:12]


@cache
def asset(path: str) -> str:
    """The URL of a file in `static/`; FileNotFoundError if there is none."""
    if not (STATIC / path).is_file():
        raise FileNotFoundError(path)
    return f"/static/{version()}/{path}"


class StaticAssets(StaticFiles):
    """Serves the static files: our own and the vendored ones."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file; cacheable for ever if requested with the hash of all files."""
        versioned = VERSIONED.fullmatch(path)
        answer = await super().get_response(versioned[2] if versioned else path, scope)
        current = versioned is not None and versioned[1] == version()
        answer.headers["Cache-Control"] = IMMUTABLE if current else REVALIDATE
        return answer


# Compressed here alone: a page with a secret in it must not tell its length.
route = Mount("/static", GZipMiddleware(StaticAssets(directory=STATIC), minimum_size=500), name="static")
