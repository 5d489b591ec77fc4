"""Static files below a URL with a hash of all of them, so that browsers may cache them for ever.

The hash is part of the path, not of the query: what a script imports and a style sheet names is relative to
it, and so has the hash as well.
"""

import gzip
import hashlib
import re
from functools import cache, lru_cache
from pathlib import Path

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from callcrm.paths import PACKAGE

STATIC = PACKAGE / "static"
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
SERVED = (".css", ".js", ".svg", ".woff2")  # what else lies there is read by us alone
COMPRESSED = (".css", ".js", ".svg")
# An older page asks for the files of its own time: it gets today's, not for ever under that name.
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
    """Serves the static files, our own and the vendored ones, each compressed once."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file; cacheable for ever if requested with the hash of all. HTTPException 404 for one
        that is not for browsers.
        """
        versioned = VERSIONED.fullmatch(path)
        name = versioned[2] if versioned else path
        if not name.endswith(SERVED):
            raise HTTPException(404)
        answer = await super().get_response(name, scope)
        if isinstance(answer, FileResponse) and name.endswith(COMPRESSED) and _takes_gzip(scope):
            answer = _compressed(answer)
        current = versioned is not None and versioned[1] == version()
        answer.headers["Cache-Control"] = IMMUTABLE if current else REVALIDATE
        if name.endswith(COMPRESSED):
            answer.headers["Vary"] = "Accept-Encoding"
        return answer


def _takes_gzip(scope: Scope) -> bool:
    """Whether the whole file is wanted, and may come compressed."""
    headers = Headers(scope=scope)
    whole = scope["method"] == "GET" and "range" not in headers
    return whole and "gzip" in headers.get("accept-encoding", "")


def _compressed(answer: FileResponse) -> Response:
    kept = {name: answer.headers[name] for name in ("content-type", "last-modified", "etag")}
    content = _gzip(str(answer.path), kept["etag"])
    return Response(content, headers={**kept, "Content-Encoding": "gzip"})


@lru_cache(maxsize=512)
def _gzip(path: str, etag: str) -> bytes:
    """The file compressed, for as long as it has this ETag."""
    return gzip.compress(Path(path).read_bytes(), mtime=0)


# Compressed here alone: a page with a secret in it must not tell its length.
route = Mount("/static", StaticAssets(directory=STATIC), name="static")
