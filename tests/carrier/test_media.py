"""Fetching a recording's audio: whole, truly audio, and from nowhere but the carrier."""

import asyncio
import hashlib
from pathlib import Path

import httpx
import pytest
import respx

from callcrm.carrier.egress import EgressPolicy
from callcrm.carrier.errors import MediaFault
from callcrm.carrier.media import Limits, Media, MediaClient
from tests.audio_server import (
    MP3,
    WAV,
    Reply,
    carrier,
    chunked,
    drips,
    of_unknown_length,
    redirects,
    sends,
)
from tests.clocks import CLOCK, THREADS

QUICK = Limits(seconds=5, silence=0.3, connect=1)


def fetch(port: int, folder: Path, *, channels: int | None = None, limits: Limits = QUICK) -> Media:
    media_client = MediaClient(
        CLOCK, THREADS, api_url=f"http://127.0.0.1:{port}", account="AC1", token="secret", limits=limits
    )
    return asyncio.run(media_client.fetch("RE1", folder, channels=channels))


def test_the_audio_arrives_whole_and_measured(tmp_path: Path) -> None:
    with carrier(sends(WAV)) as server:
        media = fetch(server.server_port, tmp_path)
    assert media.file.read_bytes() == WAV
    assert (media.bytes, media.sha256) == (len(WAV), hashlib.sha256(WAV).hexdigest())
    assert media.content_type == "audio/wav"


def test_the_address_is_built_from_the_sid_and_signed_on_to(tmp_path: Path) -> None:
    with carrier(sends(WAV)) as server:
        fetch(server.server_port, tmp_path)
    assert server.requests == [("/2010-04-01/Accounts/AC1/Recordings/RE1.wav", "Basic QUMxOnNlY3JldA==")]


def test_what_it_is_is_read_from_the_audio_not_from_its_label(tmp_path: Path) -> None:
    with carrier(sends(MP3, kind="text/html")) as server:
        assert fetch(server.server_port, tmp_path).content_type == "audio/mpeg"


def test_a_chunked_answer_is_whole_by_its_own_telling(tmp_path: Path) -> None:
    with carrier(chunked) as server:
        assert fetch(server.server_port, tmp_path).bytes == len(WAV)


def test_both_channels_are_asked_for(tmp_path: Path) -> None:
    with carrier(sends(WAV)) as server:
        fetch(server.server_port, tmp_path, channels=2)
    assert [path.partition("?")[2] for path, _ in server.requests] == ["RequestedChannels=2"]


def test_one_channel_is_taken_where_two_are_not_to_be_had(tmp_path: Path) -> None:
    with carrier(sends(b"no", status=400), sends(WAV)) as server:
        assert fetch(server.server_port, tmp_path, channels=2).bytes == len(WAV)


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (sends(b"<xml/>", status=404), "404"),
        (sends(b"", status=500), "500"),
        (sends(b"", status=204), "204"),
        (sends(b""), "empty"),
        (sends(WAV[:500], length=len(WAV)), "truncated"),
        (sends(b"<html>not found</html>"), "no audio"),
        (sends(b"RIFF\x00\x00\x00\x00AVI LIST"), "no audio"),
        (sends(b"{}", kind="audio/x-wav"), "no audio"),
        (sends(b"", length=5 * 1024**3), "too large"),
        (drips, "timed out"),
        (of_unknown_length, "of unknown length"),
        (redirects("http://127.0.0.1:9/x"), "host not allowed"),
        (redirects("http://169.254.169.254/latest/meta-data"), "host not allowed"),
        (redirects("http://localhost/"), "host not allowed"),
        (redirects("file:///etc/passwd"), "host not allowed"),
        (redirects("http://user:pass@127.0.0.1/"), "host not allowed"),
        (redirects("SELF/again"), "too many redirects"),
    ],
)
def test_what_is_not_whole_audio_of_the_carrier_is_refused_and_leaves_nothing(
    tmp_path: Path, reply: Reply, text: str
) -> None:
    with carrier(reply) as server, pytest.raises(MediaFault, match=f"^{text}$"):
        fetch(server.server_port, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_within_the_carrier_is_followed(tmp_path: Path) -> None:
    with carrier(redirects("/elsewhere"), redirects("SELF/there"), sends(WAV)) as server:
        assert fetch(server.server_port, tmp_path).bytes == len(WAV)
    assert [path for path, _ in server.requests][1:] == ["/elsewhere", "/there"]


def test_more_than_the_cap_is_cut_off_though_no_length_was_told(tmp_path: Path) -> None:
    with carrier(chunked) as server, pytest.raises(MediaFault, match="too large"):
        fetch(server.server_port, tmp_path, limits=Limits(bytes=1000, seconds=5))
    assert list(tmp_path.iterdir()) == []


def test_a_whole_fetch_has_a_time_limit_too(tmp_path: Path) -> None:
    with carrier(drips) as server, pytest.raises(MediaFault, match="timed out"):
        fetch(server.server_port, tmp_path, limits=Limits(seconds=0.2, silence=30))


def test_nobody_at_home_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(MediaFault, match="can't be reached"):
        fetch(9, tmp_path)


# --- names and addresses ------------------------------------------------------------------------

TWILIO = "https://api.twilio.com"
MEDIA = "https://media.twiliocdn.com/x.wav"


def media_client(addresses: dict[str, list[str]]) -> MediaClient:
    async def resolver(host: str, port: int) -> list[str]:
        return addresses[host]

    return MediaClient(
        CLOCK, THREADS, api_url=TWILIO, account="AC1", token="secret", resolver=resolver, limits=QUICK
    )


def test_the_connection_goes_to_the_address_that_was_checked(
    tmp_path: Path, respx_mock: respx.MockRouter
) -> None:
    path = "/2010-04-01/Accounts/AC1/Recordings/RE1.wav"
    route = respx_mock.get(f"https://52.1.2.3{path}").respond(200, content=WAV)
    asyncio.run(media_client({"api.twilio.com": ["52.1.2.3"]}).fetch("RE1", tmp_path))
    request = route.calls.last.request
    assert request.headers["Host"] == "api.twilio.com"
    assert request.extensions["sni_hostname"] == "api.twilio.com"


def test_the_next_checked_address_is_tried_where_one_is_down(
    tmp_path: Path, respx_mock: respx.MockRouter
) -> None:
    respx_mock.get(host="2600:1f18::1").mock(side_effect=httpx.ConnectError)
    respx_mock.get(host="52.1.2.3").respond(200, content=WAV)
    client = media_client({"api.twilio.com": ["2600:1f18::1", "52.1.2.3"]})
    assert asyncio.run(client.fetch("RE1", tmp_path)).bytes == len(WAV)


def test_our_credentials_stay_with_the_api(tmp_path: Path, respx_mock: respx.MockRouter) -> None:
    respx_mock.get(host="52.1.2.3").respond(307, headers={"Location": MEDIA})
    media = respx_mock.get(host="52.9.9.9").respond(200, content=WAV)
    asyncio.run(
        media_client({"api.twilio.com": ["52.1.2.3"], "media.twiliocdn.com": ["52.9.9.9"]}).fetch(
            "RE1", tmp_path
        )
    )
    assert "Authorization" not in media.calls.last.request.headers


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "nonsense",
    ],
)
def test_a_name_that_points_inside_is_not_followed(
    tmp_path: Path, respx_mock: respx.MockRouter, address: str
) -> None:
    respx_mock.get(host="52.1.2.3").respond(302, headers={"Location": MEDIA})
    names = {"api.twilio.com": ["52.1.2.3"], "media.twiliocdn.com": [address]}
    with pytest.raises(MediaFault, match="address not allowed"):
        asyncio.run(media_client(names).fetch("RE1", tmp_path))


@pytest.mark.parametrize(
    "url",
    [
        "https://api.twilio.com.evil.example/x",
        "https://eviltwilio.com/x",
        "https://evil.example/",
        "http://api.twilio.com/x",
        "http://media.twiliocdn.com/x",
        "https://api.twilio.com:8443/x",
        "https://api.twilio.com@evil.example/x",
        "https://52.1.2.3/x",
    ],
)
def test_a_host_that_is_not_the_carrier_s_is_refused(url: str) -> None:
    assert not EgressPolicy(TWILIO).allows(httpx.URL(url))


def test_another_carrier_s_audio_does_not_come_from_twilio() -> None:
    assert not EgressPolicy("https://carrier.example").allows(httpx.URL(MEDIA))


def test_an_address_configured_as_the_carrier_is_trusted_and_no_other() -> None:
    policy = EgressPolicy("http://10.1.2.3:8080")
    assert asyncio.run(policy.allowed_addresses(httpx.URL("http://10.1.2.3:8080/x"))) == ["10.1.2.3"]
    with pytest.raises(MediaFault):
        asyncio.run(policy.allowed_addresses(httpx.URL("http://10.1.2.4:8080/x")))


def test_a_host_nobody_knows_is_said_so() -> None:
    with pytest.raises(MediaFault, match="host not found"):
        asyncio.run(EgressPolicy(TWILIO).allowed_addresses(httpx.URL("https://" + "x" * 70 + ".twilio.com/")))
