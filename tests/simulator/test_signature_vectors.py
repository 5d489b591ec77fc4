"""The carrier's signature, against published vectors and the carrier's own library."""

import pytest
from twilio.request_validator import RequestValidator

from callcrm.simulator.wire.signature import body_hash, sign, url_as_signed

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
CALL = {
    "CallSid": "CA1234567890ABCDE",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
    "Caller": "+14158675309",
}
HASH = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
HASH_OF_EMPTY = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
DOCS_CALL = CALL | {"From": "+14158675310", "Caller": "+14158675310"}
TWICE = [
    ("Sid", "CA123"),
    ("SidAccount", "AC123"),
    ("Digits", "5678"),
    ("Digits", "1234"),
    ("Digits", "1234"),
]

VECTORS = [
    (URL, CALL.items(), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ("http://mycompany.com:1234/myapp.php?foo=1&bar=2", CALL.items(), "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
    ("https://mycompany.com:443/myapp.php?foo=1&bar=2", CALL.items(), "kvajT1Ptam85bY51eRf/AJRuM3w="),
    ("http://mycompany.com:80/myapp.php?foo=1&bar=2", CALL.items(), "0ZXoZLH/DfblKGATFgpif+LLRf4="),
    (URL, TWICE, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
    (f"{URL}&bodySHA256={HASH}", (), "a9nBmqA0ju/hNViExpshrM61xv4="),
    (f"https://mycompany.com/myapp.php?bodySHA256={HASH}", (), "y77kIzt2vzLz71DgmJGsen2scGs="),
    (f"{URL}&bodySHA256={HASH_OF_EMPTY}", (), "rw/jVviOgicj2+kHZULvebnA4ag="),
    (
        f"https://mycompany.com:443/myapp.php?foo=1&bar=2&bodySHA256={HASH_OF_EMPTY}",
        (),
        "Ldidvp12m26NI7eqEvxnEpkd9Hc=",
    ),
    ("https://example.com/myapp.php?foo=1&bar=2", DOCS_CALL.items(), "L/OH5YylLD5NRKLltdqwSvS0BnU="),
    ("https://x.test/a", [("Body", "سلام")], "1V4nYJb5mYKCRTOKvvb/9yGGXQE="),
]


@pytest.mark.parametrize(("url", "params", "signature"), VECTORS)
def test_a_published_request_gets_its_published_signature(
    url: str, params: list[tuple[str, str]], signature: str
) -> None:
    assert sign(TOKEN, url, params) == signature


def test_the_newer_algorithm_signs_the_same_string() -> None:
    assert (
        sign(TOKEN, URL, CALL.items(), algorithm="sha256") == "033hgUJA9M/hXIZsYjwkerEP/DBm35nEri5FhCYjA5s="
    )


def test_the_hash_of_a_json_body_is_the_published_one() -> None:
    assert body_hash(b'{"property": "value", "boolean": true}') == HASH
    assert body_hash(b"{}") == HASH_OF_EMPTY


def test_the_carriers_own_library_accepts_blanks_spaces_and_any_script() -> None:
    params = {"ToZip": "", "Body": "  دو فاصله  ", "_a": "1", "B": "2"}
    signature = sign(TOKEN, URL, params.items())
    assert RequestValidator(TOKEN).validate(URL, params, signature)


def test_a_fragment_and_credentials_are_never_signed() -> None:
    assert url_as_signed("https://user:pw@desk.example/a?b=c#rc=2") == "https://desk.example/a?b=c"


def test_voice_over_tls_is_signed_without_its_port_and_messages_with_it() -> None:
    url = "https://desk.example:8443/a"
    assert url_as_signed(url) == "https://desk.example/a"
    assert url_as_signed(url, is_voice=False) == url
    assert url_as_signed("http://desk.example:8080/a") == "http://desk.example:8080/a"
