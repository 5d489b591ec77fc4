"""The audio of a recording, fetched by its SID from allowed hosts only, and whole or not at all."""

import hashlib
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx

from callcrm.base.clock import Clock
from callcrm.base.threads import Threads
from callcrm.carrier.egress import EgressPolicy, Resolve, resolve
from callcrm.carrier.errors import MediaFault
from callcrm.carrier.rest_transport import VERSION
from callcrm.config import Settings

MOST_HOPS = 3
PIECE = 256 * 1024
REDIRECTS = (301, 302, 303, 307, 308)
WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "timed out"),  # before OSError, whose kind it is
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
    silence: float = 15.0  # between two pieces
    connect: float = 5.0


@dataclass(frozen=True, slots=True)
class Media:
    """Audio on our disk, measured and known to be audio."""

    file: Path
    bytes: int
    sha256: str
    content_type: str


class _Sink:
    """A file being written, with its length and hash as it grows."""

    def __init__(self, file: Path, most: int) -> None:
        self._handle = file.open("xb")
        self._most = most
        self._hash = hashlib.sha256()
        self.head = b""
        self.bytes = 0

    def write(self, piece: bytes) -> None:
        self.head = (self.head + piece)[:12] if self.bytes < 12 else self.head
        self.bytes += len(piece)
        if self.bytes > self._most:
            raise MediaFault("too large")
        self._hash.update(piece)
        self._handle.write(piece)

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
        self._tls = httpx.create_ssl_context(trust_env=False)

    async def fetch(self, recording_sid: str, folder: Path, *, channels: int | None = None) -> Media:
        """The audio of a recording in a new file of the folder; no file is left behind by a fault."""
        file = folder / f"{secrets.token_hex(16)}.part"
        url = httpx.URL(f"{self._base}/Recordings/{quote(recording_sid, safe='')}.wav")
        try:
            async with self._clock.timeout(self._limits.seconds):
                return await self._either(url, file, dual=channels == 2)
        except BaseException as fault:
            file.unlink(missing_ok=True)
            told = _in_words(fault)
            if told is None:
                raise
            raise MediaFault(told) from None

    async def _either(self, url: httpx.URL, file: Path, *, dual: bool) -> Media:
        """Both channels where there are two; the carrier answers 400 where it has but one after all."""
        if dual:
            try:
                return await self._get(url.copy_with(query=b"RequestedChannels=2"), file)
            except MediaFault as fault:
                if str(fault) != "400":
                    raise
        return await self._get(url, file)

    async def _get(self, url: httpx.URL, file: Path) -> Media:
        patience = httpx.Timeout(self._limits.silence, connect=self._limits.connect)
        # No proxy from the environment: it would connect for us to addresses we never checked.
        async with httpx.AsyncClient(timeout=patience, verify=self._tls, trust_env=False) as http:
            for _ in range(MOST_HOPS + 1):
                async with self._opened(http, url) as response:
                    if response.status_code not in REDIRECTS:
                        return await self._save(response, file)
                    url = _next(url, response)
        raise MediaFault("too many redirects")

    @asynccontextmanager
    async def _opened(self, http: httpx.AsyncClient, url: httpx.URL) -> AsyncIterator[httpx.Response]:
        if not self._egress.allowed(url):
            raise MediaFault("host not allowed")
        response = await self._connected(http, url)
        try:
            yield response
        finally:
            await response.aclose()

    async def _connected(self, http: httpx.AsyncClient, url: httpx.URL) -> httpx.Response:
        """The answer of the first checked address that can be reached; names are not looked up again."""
        auth = self._auth if self._egress.own(url) else None
        headers = {"Host": url.netloc.decode(), "Accept-Encoding": "identity", "User-Agent": "callcrm"}
        for address in await self._egress.addresses(url):
            request = http.build_request(
                "GET", url.copy_with(host=address), headers=headers, extensions=_sni(url)
            )
            try:
                return await http.send(request, auth=auth, stream=True, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        raise MediaFault("can't be reached")

    async def _save(self, response: httpx.Response, file: Path) -> Media:
        expected = self._length(response)
        sink = await self._threads.run(_Sink, file, self._limits.bytes)
        try:
            async for piece in response.aiter_raw(PIECE):
                await self._threads.run(sink.write, piece)
        except httpx.RemoteProtocolError:
            raise MediaFault("truncated") from None
        finally:
            digest = sink.close()
        if expected is not None and sink.bytes != expected:
            raise MediaFault("truncated")
        return Media(file=file, bytes=sink.bytes, sha256=digest, content_type=_audio(sink))

    def _length(self, response: httpx.Response) -> int | None:
        """How long the audio claims to be, None where its pieces carry their own lengths."""
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


def _in_words(fault: BaseException) -> str | None:
    """A few words for what went wrong, None for what is not about fetching."""
    if isinstance(fault, MediaFault):
        return str(fault)
    return next((words for kind, words in WORDS if isinstance(fault, kind)), None)


def _next(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    return url.join(response.headers.get("Location", ""))


def _sni(url: httpx.URL) -> dict[str, str]:
    """The certificate must be the host's, though we connect to an address."""
    return {"sni_hostname": url.host} if url.scheme == "https" else {}


def _audio(sink: _Sink) -> str:
    """What the first bytes say it is; what the carrier calls it does not count."""
    head = sink.head
    if not head:
        raise MediaFault("empty")
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav"
    if head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2):
        return "audio/mpeg"
    raise MediaFault("no audio")


def open_media_client(settings: Settings, clock: Clock, threads: Threads) -> MediaClient:
    """The way to the audio of the configured account."""
    return MediaClient(
        clock,
        threads,
        api_url=settings.carrier_api_url,
        account=settings.account_sid,
        token=settings.auth_token,
    )
