"""Where a request comes from: `X-Forwarded-For` is believed from trusted proxies alone, in any spelling."""

import pytest
from starlette.requests import Request

from callcrm import config
from callcrm.edge.client_networks import client_networks

PROXIES = config.load_settings({"CALLCRM_TRUSTED_PROXIES": "10.0.0.0/8, 127.0.0.1, fd00::/8"})
NO_PROXIES = config.load_settings({})
IPV6 = ("2001:db8:1:2::/64", "2001:db8:1::/48")
CLIENT = ("203.0.113.5",)


def request(client: str, *forwarded: str) -> Request:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    return Request({"type": "http", "headers": headers, "client": (client, 1)})


@pytest.mark.parametrize(
    ("settings", "client", "forwarded", "expected"),
    [
        (NO_PROXIES, "203.0.113.5", (), CLIENT),
        (NO_PROXIES, "127.0.0.1", ("203.0.113.5",), ("127.0.0.1",)),
        (PROXIES, "127.0.0.1", ("203.0.113.5",), CLIENT),
        (PROXIES, "127.0.0.1", ("1.1.1.1, 203.0.113.5, 10.1.2.3",), CLIENT),  # the first is made up
        (PROXIES, "127.0.0.1", ("1.1.1.1", "203.0.113.5"), CLIENT),
        (PROXIES, "127.0.0.1", ("203.0.113.5", "10.1.2.3"), CLIENT),
        (PROXIES, "127.0.0.1", ("203.0.113.5:4711",), CLIENT),
        (PROXIES, "127.0.0.1", (' "203.0.113.5:4711" ',), CLIENT),
        (PROXIES, "127.0.0.1", ("203.0.113.5, 10.1.2.3:80",), CLIENT),
        (PROXIES, "127.0.0.1", ("203.0.113.5, , ",), CLIENT),
        (PROXIES, "127.0.0.1", ("[2001:db8:1:2:3::4]:4711",), IPV6),
        (PROXIES, "127.0.0.1", ('"[2001:db8:1:2:3::4]"',), IPV6),
        (PROXIES, "127.0.0.1", ("2001:db8:1:2:3::4%eth0",), IPV6),
        (PROXIES, "127.0.0.1", ("2001:DB8:1:2::0",), IPV6),
        (PROXIES, "127.0.0.1", ("::ffff:203.0.113.5",), CLIENT),
        (PROXIES, "::ffff:127.0.0.1", ("203.0.113.5",), CLIENT),
        (PROXIES, "fd00::1%eth0", ("203.0.113.5",), CLIENT),
        (PROXIES, "198.51.100.7", ("203.0.113.5",), ("198.51.100.7",)),
        (PROXIES, "127.0.0.1", (), ("127.0.0.1",)),
        (PROXIES, "127.0.0.1", ("1.1.1.1, nonsense",), ("127.0.0.1",)),
        (PROXIES, "127.0.0.1", ("1.1.1.1, 203.0.113.05",), ("127.0.0.1",)),
        (PROXIES, "127.0.0.1", ("1.1.1.1, _hidden, 10.1.2.3",), ("10.1.2.3",)),
        (PROXIES, "127.0.0.1", ("1.1.1.1," + "2" * 10_000,), ("127.0.0.1",)),
        (NO_PROXIES, "2001:db8:1:2:3:4:5:6", (), IPV6),
        (NO_PROXIES, "::ffff:203.0.113.5", (), CLIENT),
        (NO_PROXIES, "a socket", (), ("nowhere",)),
    ],
)
def test_the_client_is_the_last_address_that_is_no_trusted_proxy(
    settings: config.Settings, client: str, forwarded: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert client_networks(request(client, *forwarded), settings) == expected


def test_a_proxy_is_an_address_or_a_network() -> None:
    with pytest.raises(config.SettingsFault, match="CALLCRM_TRUSTED_PROXIES: must be addresses"):
        config.load_settings({"CALLCRM_TRUSTED_PROXIES": "proxy.example"})
