"""The IP address of a request's client: `X-Forwarded-For` is believed from trusted proxies alone."""

import pytest
from starlette.requests import Request

from callcrm import config
from callcrm.web.session.client_ip import client_ip_of

PROXIES = config.load_settings({"CALLCRM_TRUSTED_PROXIES": "10.0.0.0/8, 127.0.0.1"})
NO_PROXIES = config.load_settings({})


def request(client: str, forwarded: str = "") -> Request:
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return Request({"type": "http", "headers": headers, "client": (client, 1)})


@pytest.mark.parametrize(
    ("settings", "client", "forwarded", "expected"),
    [
        (NO_PROXIES, "203.0.113.5", "", "203.0.113.5"),
        (NO_PROXIES, "127.0.0.1", "203.0.113.5", "127.0.0.1"),
        (PROXIES, "127.0.0.1", "203.0.113.5", "203.0.113.5"),
        (PROXIES, "127.0.0.1", "1.1.1.1, 203.0.113.5, 10.1.2.3", "203.0.113.5"),  # the first is made up
        (PROXIES, "198.51.100.7", "203.0.113.5", "198.51.100.7"),
        (PROXIES, "127.0.0.1", "", "127.0.0.1"),
        (PROXIES, "127.0.0.1", "nonsense", "nonsense"),
        (NO_PROXIES, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::/64"),
        (NO_PROXIES, "::ffff:203.0.113.5", "", "203.0.113.5"),
    ],
)
def test_the_client_is_the_last_address_that_is_no_trusted_proxy(
    settings: config.Settings, client: str, forwarded: str, expected: str
) -> None:
    assert client_ip_of(request(client, forwarded), settings) == expected


def test_a_proxy_is_an_address_or_a_network() -> None:
    with pytest.raises(config.SettingsFault, match="CALLCRM_TRUSTED_PROXIES: must be addresses"):
        config.load_settings({"CALLCRM_TRUSTED_PROXIES": "proxy.example"})
