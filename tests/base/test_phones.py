"""One number, one key: I13 (who shows no number) and I14 (however it is spelt)."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat as Form

from callcrm.base.phones import MAX_SHOWN, is_withheld, shown_address, to_e164

NOBODY = [
    None, "", " ", "\t", "+", "-", "()", "anonymous", "Anonymous", " ANONYMOUS ", "unknown", "Restricted",
    "private", "blocked", "unavailable", "withheld", "Private  Number", "<anonymous>",
    "+266696687", "+7378742833", "+2562533", "+8656696", "+86282452253",
    "266696687", "7378742833", "2562533", "8656696", "86282452253",
    " +266696687 ", "+86 28 245 2253", "+2 666 966 87", "٢٦٦٦٩٦٦٨٧",
    "client:ana", "client:+12025550123", "sip:ana@example.com", "sip:+12025550123@example.com",
    "sips:+12025550123@example.com", "911", "112", "12345", "#31#", "*67", "+12345", "+911",
    "0", "0000000000", "+0000000", "+999999999999", "+1202555012345678", "1" * 300,
    "+1 202 555 0123 +1 202 555 0124", "2025550123 Ana", "abc", "+12025550123@evil", "+1202555012²",
    "½½½½½½½½",
]  # fmt: skip

SPELLINGS = {
    ("+442079460958", "GB"): [
        "+442079460958", "+44 20 7946 0958", "+44 (0) 20 7946 0958", "+44(0)20 7946 0958", "020 7946 0958",
        "(020) 7946 0958", "020/7946/0958", "020.7946.0958", "020-7946-0958", "00442079460958",
        "00 44 20 7946 0958", "0044-20-7946-0958", "020 7946 0958 x12", "020 7946 0958 ext. 12",
        "020 7946 0958 extension 12", "020 7946 0958#12", "+442079460958;ext=12", "+442079460958,,12",
        "tel:+44-20-7946-0958", "tel:+442079460958;ext=12", "tel:020-7946-0958;phone-context=example.com",
        "tel:20-7946-0958;phone-context=+44", "TEL:+442079460958", "＋４４２０７９４６０９５８",
        "０２０ ７９４６ ０９５８", "[020] 7946 0958", "(+44) 20 7946 0958", " 020  7946\xa00958 ",
        "\u202a+44 20 7946 0958\u202c", "020–7946–0958", "whatsapp:+442079460958",
    ],
    ("+41212345678", "CH"): [
        "٠٢١٢٣٤٥٦٧٨", "021/234 56 78", "021 234 56 78", "+41 21 234 56 78", "0041 21 234 56 78", "۰۲۱۲۳۴۵۶۷۸",
        "+41 (0)21 234 56 78", "021.234.56.78", "tel:+41-21-234-56-78",
    ],
    ("+989123456789", "IR"): [
        "۰۹۱۲۳۴۵۶۷۸۹", "۰۹۱۲ ۳۴۵ ۶۷۸۹", "٠٩١٢٣٤٥٦٧٨٩", "0912 345 6789", "9123456789", "+98 912 345 6789",
        "00989123456789", "۰۰۹۸۹۱۲۳۴۵۶۷۸۹", "+98 (0) 912-345-6789", "0912/345/6789", "۰۹۱۲۳۴۵۶۷۸۹ داخلی ۱۲",
    ],
    ("+12025550123", "US"): [
        "(202) 555-0123", "202-555-0123", "202.555.0123", "202/555/0123", "1 202 555 0123", "+1 202-555-0123",
        "001 202 555 0123", "00-1-202-555-0123", "011 1 202 555 0123", "(202) 555-0123 x12", "2025550123",
    ],
}  # fmt: skip
REGIONS = ("US", "GB", "IR")


@pytest.mark.parametrize("raw", NOBODY, ids=lambda raw: repr(raw)[:40])
def test_who_shows_no_number_has_no_key(raw: str | None) -> None:
    assert [to_e164(raw, region) for region in REGIONS] == [None] * 3


@pytest.mark.parametrize(
    ("key", "region", "raw"),
    [(key, region, raw) for (key, region), raws in SPELLINGS.items() for raw in raws],
)
def test_every_spelling_of_a_number_gives_its_key(key: str, region: str, raw: str) -> None:
    assert to_e164(raw, region) == key


@pytest.mark.parametrize("region", ["CH", "DE", "AU", "JP", "BR"])
def test_00_and_a_country_is_understood_wherever_one_is(region: str) -> None:
    assert to_e164("0044 20 7946 0958", region) == "+442079460958"


@pytest.mark.parametrize(
    ("raw", "region"),
    [("011 44 20 7946 0958", "US"), ("0011 44 20 7946 0958", "AU"), ("810 44 20 7946 0958", "RU")],
)
def test_a_region_s_own_prefix_for_abroad_is_understood(raw: str, region: str) -> None:
    assert to_e164(raw, region) == "+442079460958"


@pytest.mark.parametrize(
    "number", ["+15550100", "+15550199", "+15550101234", "+12025550123", "+447700900123"]
)
def test_a_reserved_number_the_carrier_vouches_for_is_usable(number: str) -> None:
    assert to_e164(number, "IR") == number


def test_a_keypad_word_is_no_number_in_the_country_it_seems_to_come_from() -> None:
    assert to_e164("28 245 2253", "CN") is None


@pytest.mark.parametrize("raw", ["+43006541187082", "+600037910969", "+49006409945"])
def test_what_is_left_of_a_doubled_trunk_prefix_is_no_number(raw: str) -> None:
    assert to_e164(raw, "US") is None


def test_the_keypad_word_restricted_is_still_a_number_in_texas_when_written_as_one() -> None:
    assert to_e164("+1 737 874 2833", "US") == "+17378742833"


def test_a_number_without_its_area_is_not_guessed_at() -> None:
    assert to_e164("555-0123", "US") is None


@pytest.mark.parametrize("short", ["110", "112", "116117", "12345", "11833"])
def test_a_short_code_is_no_number_even_where_numbers_may_be_short(short: str) -> None:
    assert to_e164(short, "DE") is None


@pytest.mark.parametrize(
    "raw",
    [
        "anonymous",
        "Unknown",
        "+266696687",
        "86282452253",
        "",
        None,
        "<restricted>",
        "sip:anonymous@anonymous.invalid",
        '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1',
        "sips:Restricted@pbx.example.com",
    ],
)
def test_a_withheld_caller_is_recognised(raw: str | None) -> None:
    assert is_withheld(raw)


@pytest.mark.parametrize("raw", ["+12025550123", "client:ana", "sip:ana@example.com", "911", "+1202555012½"])
def test_a_caller_without_a_number_is_not_for_that_withheld(raw: str) -> None:
    assert not is_withheld(raw)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("sip:alice@pbx.example.com", "sip:alice@pbx.example.com"),
        ("SIP:alice@pbx.example.com:5061;transport=tls?x=1", "sip:alice@pbx.example.com:5061"),
        ('"Alice" <sips:alice@pbx.example.com;user=phone>;tag=7', "sips:alice@pbx.example.com"),
        ("sip:+12025550123@trunk.example.com", "sip:+12025550123@trunk.example.com"),
        ("12345", "12345"),
        ("+70070", "+70070"),
        ("911", "911"),
        ("client:ana", "client:ana"),
        ("two\nlines\x00", "two lines"),
        ("anonymous", None),
        ("sip:anonymous@anonymous.invalid", None),
        ("", None),
        (None, None),
    ],
)
def test_a_caller_who_is_no_number_is_shown_as_what_they_are(raw: str | None, shown: str | None) -> None:
    assert shown_address(raw) == shown
    assert to_e164(raw, "US") is None


def test_a_long_address_is_cut() -> None:
    shown = shown_address("sip:" + "a" * 300 + "@pbx.example.com")
    assert shown is not None
    assert (len(shown), shown[-1]) == (MAX_SHOWN, "…")


def _example(region: str) -> phonenumbers.PhoneNumber:
    number = phonenumbers.example_number(region)
    assert number is not None
    return number


HOMES = sorted(phonenumbers.SUPPORTED_REGIONS)
EXAMPLES = [_example(region) for region in HOMES]
DIGITS = ("0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "०१२३४५६७८९")


@given(
    number=st.sampled_from(EXAMPLES),
    form=st.sampled_from([Form.E164, Form.INTERNATIONAL, Form.RFC3966]),
    digits=st.sampled_from(DIGITS),
    extension=st.sampled_from(["", " x12", ";ext=12", " ext. 7", "#99"]),
    region=st.sampled_from(REGIONS),
)
def test_every_country_s_number_has_one_key_in_every_spelling(
    number: phonenumbers.PhoneNumber, form: int, digits: str, extension: str, region: str
) -> None:
    spelt = phonenumbers.format_number(number, form).translate(str.maketrans(DIGITS[0], digits)) + extension
    assert to_e164(spelt, region) == phonenumbers.format_number(number, Form.E164)


@given(number=st.sampled_from(EXAMPLES), region=st.sampled_from(REGIONS))
def test_every_country_s_number_is_understood_after_00(number: phonenumbers.PhoneNumber, region: str) -> None:
    key = phonenumbers.format_number(number, Form.E164)
    assert to_e164(f"00{key[1:]}", region) == key


@given(region=st.sampled_from(HOMES))
def test_a_number_written_nationally_is_understood_at_home(region: str) -> None:
    number = _example(region)
    assert to_e164(phonenumbers.format_number(number, Form.NATIONAL), region) == phonenumbers.format_number(
        number, Form.E164
    )


@given(
    raw=st.from_regex(r"\+?[0-9 ()/.-]{5,18}( x[0-9]{1,4})?", fullmatch=True), region=st.sampled_from(REGIONS)
)
def test_a_key_is_its_own_key(raw: str, region: str) -> None:
    key = to_e164(raw, region)
    assert key is None or all(to_e164(key, home) == key for home in REGIONS)


@given(
    numbers=st.tuples(*[st.from_regex(r"\+(1[2-9]|44[1-9]|98[1-9]|49[1-9])[0-9]{8,9}", fullmatch=True)] * 2),
    region=st.sampled_from(REGIONS),
)
def test_different_numbers_never_share_a_key(numbers: tuple[str, str], region: str) -> None:
    first, second = (to_e164(number, region) for number in numbers)
    assert numbers[0] == numbers[1] or first is None or first != second


@given(raw=st.text(max_size=40), region=st.sampled_from(REGIONS))
def test_no_text_breaks_it(raw: str, region: str) -> None:
    key = to_e164(raw, region)
    assert key is None or (
        key[0] == "+" and key[1:].isascii() and key[1:].isdecimal() and 7 <= len(key[1:]) <= 15
    )
