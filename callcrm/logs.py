"""Logs: one JSON object a line on stderr, without personal data.

A line names an event and ids. What slips in beyond that is masked here: fields that hold personal data by
their name, and phone numbers, addresses and secrets by their pattern.
"""

import io
import logging
import re
import sys
import traceback
from collections import Counter
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
ID = re.compile(r"[a-z]{2,12}_[0-9a-z]{20,30}|[A-Z]{2}[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?")
SAFE = re.compile(rf"(?<![0-9A-Za-z])(?:{ID.pattern}|{TIMESTAMP.pattern})(?![0-9A-Za-z])")
SENSITIVE = re.compile(
    r"(?<![^\s@:/])[^\s@:/]++@[^\s@/]{1,255}"  # an e-mail or SIP address
    r"|\+?\d(?:[ ().\-/\u00a0]{0,3}\d){6,40}"  # seven digits or more: a phone number
    r"|[A-Za-z0-9_+=\-]{32,}"  # a token, a signature, a hash
)
SAFE_FIELDS = ("time", "level", "exc_info")  # exc_info is replaced later, without its values
MAX_INTEGER = 10**9  # a larger one could be a phone number; only sizes in bytes may be as large

# What a stranger's request is enough for. Signatures and logins are counted in /metrics as well.
CAUSED_BY_ANYBODY = frozenset(
    {
        "signature does not fit",
        "sign-in refused",
        "sign-in throttled",
        "Invalid HTTP request received.",
        "Unsupported upgrade request.",
    }
)
MOST_A_MINUTE = 60
NOISY = ("httpx", "httpcore", "twilio", "urllib3", "asyncio", "alembic", "botocore")
OWN_LOGGERS = ("uvicorn", "callcrm", "webhooks", "py")  # "py" are Python's own warnings


def _mask(_: re.Match[str]) -> str:
    return HIDDEN


def without_personal_data(text: str) -> str:
    """The text with everything masked that looks like a phone number, an address or a secret."""
    pieces, end = [], 0
    for safe in SAFE.finditer(text):
        pieces += [SENSITIVE.sub(_mask, text[end : safe.start()]), safe[0]]
        end = safe.end()
    return "".join([*pieces, SENSITIVE.sub(_mask, text[end:])])


def _redacted(name: str, value: object) -> object:
    if name in PRIVATE_FIELDS:
        return HIDDEN
    if isinstance(value, str):
        return without_personal_data(value)
    if isinstance(value, Mapping):
        return {str(key): _redacted(str(key), field) for key, field in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted("", item) for item in value]
    if isinstance(value, bool | float) or value is None:
        return value
    if isinstance(value, int):
        return HIDDEN if abs(value) >= MAX_INTEGER and name != "bytes" else value
    return type(value).__name__


def redact(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """A structlog processor that masks personal data: the last guard, not the first."""
    return {name: value if name in SAFE_FIELDS else _redacted(name, value) for name, value in line.items()}


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def _location(frame: traceback.FrameSummary) -> str:
    file = Path(frame.filename)
    path = file.relative_to(PACKAGE.parent) if file.is_relative_to(PACKAGE.parent) else Path(file.name)
    return f"{path.as_posix()}:{frame.lineno} {frame.name}"


def _own_frames(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__, limit=-50)
    own = [
        frame
        for frame in frames
        if any(Path(frame.filename).is_relative_to(folder) for folder in OUR_FOLDERS)
    ]
    return [_location(frame) for frame in own or frames[-1:]]


def _exception_info(error: BaseException) -> dict[str, Any]:
    """An exception's type, location and error code. Never its text, which may quote personal data."""
    facts: dict[str, Any] = {"type": type(error).__name__, "at": _own_frames(error)}
    cause = getattr(error, "orig", error)
    code = getattr(cause, "sqlstate", None) or getattr(cause, "sqlite_errorname", None)
    if code is None and isinstance(error, OSError):
        code = error.strerror
    return {**facts, "code": code} if code else facts


def replace_exc_info(_: WrappedLogger, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: `exc_info` as type, code and our file:line, from the exception to its cause."""
    exc_info = line.pop("exc_info", None)
    if exc_info is True:
        exc_info = sys.exc_info()
    if isinstance(exc_info, tuple):
        exc_info = exc_info[1]
    if isinstance(exc_info, BaseException):
        line["exception"] = [_exception_info(error) for error in _chain(exc_info)]
    return line


class FewRepeats:
    """A structlog processor that drops lines which anybody may cause, beyond some a minute of each; the next
    one that is written says how many were dropped. Whoever writes logs at will fills the disk.
    """

    def __init__(self) -> None:
        self._minute = ""
        self._written: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()

    def __call__(self, _: WrappedLogger, __: str, line: EventDict) -> EventDict:
        """The line; DropEvent where there were too many."""
        event = str(line.get("event"))
        if event not in CAUSED_BY_ANYBODY:
            return line
        minute = str(line["time"])[: len("2026-01-05T18:00")]
        if minute != self._minute:
            self._minute, self._written = minute, Counter()
        self._written[event] += 1
        if self._written[event] > MOST_A_MINUTE:
            self._dropped[event] += 1
            raise structlog.DropEvent
        dropped = self._dropped.pop(event, 0)
        return {**line, "dropped": dropped} if dropped else line


class _Stderr(io.TextIOBase):
    """stderr whose writes never fail: a call must not, because whoever reads the logs has gone away."""

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


class StructlogHandler(logging.Handler):
    """Passes records of `logging` on to structlog; those of libraries as templates, without their values."""

    def emit(self, record: logging.LogRecord) -> None:
        """Logs the record."""
        own = record.name.split(".")[0] in OWN_LOGGERS
        event = record.getMessage() if own else str(record.msg).partition("\n")[0][:200]
        log = structlog.get_logger()
        log.log(record.levelno, event, logger=record.name, exc_info=record.exc_info)


def configure(level: int = logging.INFO) -> None:
    """Has everything logged, by us or by a library, written to stderr as JSON lines."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            FewRepeats(),
            redact,
            replace_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", _Stderr())),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=level, handlers=[StructlogHandler()], force=True)
    logging.captureWarnings(True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
