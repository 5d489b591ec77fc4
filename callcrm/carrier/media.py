"""Recordings' audio and messages' files, fetched from allowed hosts only, and whole or not at all."""

import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from callcrm.base.clock import Clock
from callcrm.base.threads import Threads
from callcrm.carrier.egress import EgressPolicy, Resolve, resolve
from callcrm.carrier.errors import MediaFault
from callcrm.carrier.rest_transport import VERSION, tls_context
from callcrm.config import Settings

MAX_REDIRECTS = 3
CHUNK = 256 * 1024  # bytes
MAGIC = 12  # bytes at the beginning that tell audio by its format
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}", re.ASCII)
REDIRECTS = (301, 302, 303, 307, 308)
FAULT_TEXTS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "timed out"),  # before OSError, of which it is a subclass
    (httpx.TimeoutException, "timed out"),
    (httpx.HTTPError, "connection lost"),
    (httpx.InvalidURL, "host not allowed"),
    (OSError, "can't be written here"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much and how long: four hours of two channels are 460 MB; a job is stopped after 96 seconds."""

    bytes: int = 512 * 1024 * 1024
    seconds: float = 85.0
    silence: float = 15.0  # between two chunks
    connect: float = 5.0


@dataclass(frozen=True, slots=True)
class Media:
    """Audio on our disk, measured and known to be audio."""

    file: Path
    bytes: int
    sha256: str
    content_type: str | None


class _AudioFile:
    """A file being written, with its length and hash as it grows."""

    def __init__(self, file: Path, limit: int) -> None:
        self._handle = file.open("xb")
        self._limit = limit
        self._hash = hashlib.sha256()
        self.head = b""
        self.bytes = 0

    def write(self, chunk: bytes) -> None:
        self.head = (self.head + chunk)[:MAGIC] if self.bytes < MAGIC else self.head
        self.bytes += len(chunk)
        if self.bytes > self._limit:
            raise MediaFault("too large")
        self._hash.update(chunk)
        self._handle.write(chunk)

    def close(self) -> str:
        self._handle.close()
        return self._hash.hexdigest()


class MediaClient:
    """Fetches audio of one account. Whatever goes wrong is a MediaFault of a few words, fit for a screen."""

    def __init__(
        self,
        clock: Clock,
        threads: Threads,
        *,
        api_url: str,
        account: str,
        token: str,
        resolver: Resolve = resolve,
        limits: Limits | None = None,
    ) -> None:
        self._clock = clock
        self._threads = threads
        self._base = f"{api_url}/{VERSION}/Accounts/{account}"
        self._auth = httpx.BasicAuth(account, token)
        self._egress = EgressPolicy(api_url, resolver)
        self._limits = limits or Limits()
        self._tls = tls_context(trust_env=True)  # SSL_CERT_FILE; proxies are another matter

    async def fetch(self, recording_sid: str, folder: Path, *, channels: int | None = None) -> Media:
        """The audio of a recording in a new file of the folder; no file is left behind by a fault."""
        file = folder / f"{secrets.token_hex(16)}.part"
        # From the SID, not from the RecordingUrl a callback posts: that is anybody's text.
        url = httpx.URL(f"{self._base}/Recordings/{quote(recording_sid, safe='')}.wav")
        return await self._in_time(self._fetch_channels(url, file, dual=channels == 2), file)

    async def fetch_file(self, url: str, folder: Path) -> Media:
        """A file of a message, whatever it is, in a new file of the folder; its address must be one of the
        carrier's. The type is the one the carrier says, None if it says none.
        """
        file = folder / f"{secrets.token_hex(16)}.part"
        return await self._in_time(self._get_file(url, file), file)

    async def _get_file(self, url: str, file: Path) -> Media:
        return await self._get(httpx.URL(url), file, _declared_type)

    async def _in_time(self, fetching: Coroutine[Any, Any, Media], file: Path) -> Media:
        """What is fetched, in time; else a MediaFault, and no file."""
        try:
            async with self._clock.timeout(self._limits.seconds):
                return await fetching
        except BaseException as fault:
            file.unlink(missing_ok=True)  # noqa: ASYNC240  (one name is removed)
            text = _fault_text(fault)
            if text is None:
                raise
            raise MediaFault(text) from None

    async def _fetch_channels(self, url: httpx.URL, file: Path, *, dual: bool) -> Media:
        """Both channels where there are two; where the carrier has but one after all it answers 400."""
        if dual:
            try:
                return await self._get(url.copy_with(query=b"RequestedChannels=2"), file)
            except MediaFault as fault:
                if str(fault) != "400":
                    raise
        return await self._get(url, file)

    async def _get(self, url: httpx.URL, file: Path, type_of: "TypeOf | None" = None) -> Media:
        timeout = httpx.Timeout(self._limits.silence, connect=self._limits.connect)
        # No proxy from the environment: it would connect for us, to addresses we never checked.
        async with httpx.AsyncClient(timeout=timeout, verify=self._tls, trust_env=False) as http:
            for _ in range(MAX_REDIRECTS + 1):
                async with self._open(http, url) as response:
                    if response.status_code not in REDIRECTS:
                        return await self._save(response, file, type_of or _audio_type)
                    url = _redirect_target(url, response)
        raise MediaFault("too many redirects")

    @asynccontextmanager
    async def _open(self, http: httpx.AsyncClient, url: httpx.URL) -> AsyncIterator[httpx.Response]:
        if not self._egress.allows(url):
            raise MediaFault("host not allowed")
        response = await self._connect(http, url)
        try:
            yield response
        finally:
            await response.aclose()

    async def _connect(self, http: httpx.AsyncClient, url: httpx.URL) -> httpx.Response:
        """The answer of the first checked address that can be reached; names are not looked up again."""
        auth = self._auth if self._egress.is_api(url) else None
        headers = {"Host": url.netloc.decode(), "Accept-Encoding": "identity", "User-Agent": "callcrm"}
        for address in await self._egress.allowed_addresses(url):
            request = http.build_request(
                "GET", url.copy_with(host=address), headers=headers, extensions=_sni(url)
            )
            try:
                return await http.send(request, auth=auth, stream=True, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        raise MediaFault("can't be reached")

    async def _save(self, response: httpx.Response, file: Path, type_of: "TypeOf") -> Media:
        expected = self._expected_length(response)
        audio = await self._threads.run(_AudioFile, file, self._limits.bytes)
        try:
            async for chunk in response.aiter_raw(CHUNK):
                await self._threads.run(audio.write, chunk)
        except httpx.RemoteProtocolError:
            raise MediaFault("truncated") from None
        finally:
            digest = audio.close()
        if expected is not None and audio.bytes != expected:
            raise MediaFault("truncated")
        return Media(file=file, bytes=audio.bytes, sha256=digest, content_type=type_of(audio, response))

    def _expected_length(self, response: httpx.Response) -> int | None:
        """How long the audio claims to be, None where its chunks carry their own lengths."""
        if response.status_code != 200:
            raise MediaFault(str(response.status_code))
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise MediaFault("encoded")
        length = response.headers.get("Content-Length", "")
        if not length.isdigit():
            if response.headers.get("Transfer-Encoding", "") != "chunked":
                raise MediaFault("of unknown length")
            return None
        if int(length) > self._limits.bytes:
            raise MediaFault("too large")
        return int(length)


def _fault_text(fault: BaseException) -> str | None:
    """A few words for what went wrong, None for what is not about fetching."""
    if isinstance(fault, MediaFault):
        return str(fault)
    return next((text for kind, text in FAULT_TEXTS if isinstance(fault, kind)), None)


def _redirect_target(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    return url.join(response.headers.get("Location", ""))


def _sni(url: httpx.URL) -> dict[str, str]:
    """The certificate must be the host's, though we connect to an address."""
    return {"sni_hostname": url.host} if url.scheme == "https" else {}


TypeOf = Callable[[_AudioFile, httpx.Response], str | None]


def _declared_type(_file: _AudioFile, response: httpx.Response) -> str | None:
    """The Content-Type without its parameters, None where it is none."""
    value = str(response.headers.get("Content-Type", "")).partition(";")[0].strip().lower()
    return value if MEDIA_TYPE.fullmatch(value) else None


def _audio_type(audio: _AudioFile, _response: httpx.Response) -> str:
    """What the first bytes say it is; the Content-Type the carrier sends does not count."""
    head = audio.head
    if not head:
        raise MediaFault("empty")
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    # an ID3 tag, or an MPEG frame of layer III: eleven bits of sync, any version
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "audio/mpeg"
    raise MediaFault("no audio")


def open_media_client(settings: Settings, clock: Clock, threads: Threads) -> MediaClient:
    """The client of the configured account."""
    return MediaClient(
        clock,
        threads,
        api_url=settings.carrier_api_url,
        account=settings.account_sid,
        token=settings.auth_token,
    )
