"""Logs: one JSON object a line on stderr, without personal data.

Whoever logs names an event and ids; what slips in beyond that is hidden here: fields that hold
people's words or numbers by their name, and phone numbers, addresses and secrets by their look.
"""

import io
import logging
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TextIO, cast

import structlog
from structlog.typing import EventDict, WrappedLogger

HIDDEN = "[hidden]"
PACKAGE = Path(__file__).resolve().parent
OUR_FOLDERS = (PACKAGE, PACKAGE.parent / "webhooks")

PRIVATE_FIELDS = frozenset(
    {
        *("address", "author", "body", "caller", "caller_name", "customer_name", "data", "digits", "email"),
        *("form", "from", "from_", "from_e164", "from_raw", "headers", "input", "key", "keys", "label"),
        *("message", "name", "note", "number", "operator", "params", "payload", "phone", "query", "speech"),
        *("target", "text", "to", "to_e164", "to_raw", "transcript", "url"),
        *("authorization", "cookie", "password", "secret", "signature", "token"),
    }
)
# Ids of ours (`note_01h…`), of the carrier (two letters and 32 hex digits), and UUIDs of compatible carriers.
AN_ID = re.compile(
    r"[a-z]{2,12}_[0-9a-z]{20,30}|[A-Z]{2}[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
A_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")
KEPT = re.compile(rf"(?<![0-9A-Za-z])(?:{AN_ID.pattern}|{A_MOMENT.pattern})(?![0-9A-Za-z])")
TELLING = re.compile(
    r"[^\s@:/]{1,64}@[^\s@/]{1,255}"  # an e-mail or SIP address
    r"|\+?\d(?:[ ().\-/\u00a0]{0,3}\d){6,40}"  # seven digits or more: a phone number
    r"|[A-Za-z0-9_+=\-]{32,}"  # a token, a signature, a hash
)
SAFE_FIELDS = ("time", "level", "exc_info")  # exc_info is told without its values, after the shield
BIGGEST_NUMBER = 10**9  # a longer one could be a phone number; only sizes in bytes get there honestly

NOISY = ("httpx", "httpcore", "twilio", "urllib3", "asyncio", "alembic", "botocore")
OUR_WORDS = ("uvicorn", "callcrm", "webhooks", "py")


def _hide(found: re.Match[str]) -> str:
    return HIDDEN


def without_personal_data(text: str) -> str:
    """The text with everything hidden that looks like a number, an address or a secret."""
    pieces, end = [], 0
    for kept in KEPT.finditer(text):
        pieces += [TELLING.sub(_hide, text[end : kept.start()]), kept[0]]
        end = kept.end()
    return "".join([*pieces, TELLING.sub(_hide, text[end:])])


def _shielded(name: str, value: object) -> object:
    if name in PRIVATE_FIELDS:
        return HIDDEN
    if isinstance(value, str):
        return without_personal_data(value)
    if isinstance(value, Mapping):
        return {str(key): _shielded(str(key), one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_shielded("", one) for one in value]
    if isinstance(value, bool | float) or value is None:
        return value
    if isinstance(value, int):
        return HIDDEN if abs(value) >= BIGGEST_NUMBER and name != "bytes" else value
    return type(value).__name__


def shield(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """The line without personal data: the last guard, not the first."""
    return {name: value if name in SAFE_FIELDS else _shielded(name, value) for name, value in line.items()}


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def _place(frame: traceback.FrameSummary) -> str:
    path = Path(frame.filename)
    shown = path.relative_to(PACKAGE.parent) if path.is_relative_to(PACKAGE.parent) else Path(path.name)
    return f"{shown.as_posix()}:{frame.lineno} {frame.name}"


def _our_lines(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__, limit=-50)
    ours = [frame for frame in frames if any(Path(frame.filename).is_relative_to(one) for one in OUR_FOLDERS)]
    return [_place(frame) for frame in ours or frames[-1:]]


def _told(error: BaseException) -> dict[str, Any]:
    """An exception's type and place. Never its text: it quotes values, and values are people's."""
    told: dict[str, Any] = {"type": type(error).__name__, "at": _our_lines(error)}
    cause = getattr(error, "orig", error)
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    if code is None and isinstance(error, OSError):
        code = error.strerror
    return {**told, "code": code} if code else told


def explain_exception(_: WrappedLogger, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """`exc_info` as type, code and our own file:line, from the fault back to its cause."""
    found = line.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    if isinstance(found, tuple):
        found = found[1]
    if isinstance(found, BaseException):
        line["exception"] = [_told(error) for error in _chain(found)]
    return line


class _Stderr(io.TextIOBase):
    """stderr, but nobody's call fails because the reader of the logs has gone away."""

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


class ToStructlog(logging.Handler):
    """Lines of libraries, in our form: their template without its values, unless it is one of our own."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as one of our lines."""
        ours = record.name.split(".")[0] in OUR_WORDS
        event = record.getMessage() if ours else str(record.msg).partition("\n")[0][:200]
        log = structlog.get_logger()
        log.log(record.levelno, event, logger=record.name, exc_info=record.exc_info)


def configure(level: int = logging.INFO) -> None:
    """Send everything logged, by us or by a library, to stderr as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            shield,
            explain_exception,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Stderr())),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=level, handlers=[ToStructlog()], force=True)
    logging.captureWarnings(True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
