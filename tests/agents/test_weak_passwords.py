"""Passwords that are tried first: common and breached ones, and those made of the user's own names."""

import pytest

from callcrm.agents import passwords
from callcrm.agents.access import weak_passwords
from callcrm.agents.access.weak_passwords import WeakPassword
from callcrm.base.errors import Refused

WORDS = weak_passwords.own_words(
    "Ana Kovač", "ana.k@brightwater.example", "https://calls.bright-water.example/x"
)


@pytest.mark.parametrize(
    "password",
    [
        "password",
        "PassWord",
        "password1",
        "Password2024!",
        "12345678",
        "1234567890",
        "qwertyuiop",
        "iloveyou",
        "!!dragon99!!",
        "１２３４５６７８",
        "baseball",
        "11111111",
        "aaaaaaaaaaaaaaaaaaaa",
        "abababababababab",
    ],
)
def test_a_common_password_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword) as fault:
        passwords.hash_password(password, WORDS)
    assert (fault.value.why, fault.value.field) == ("common", "password")


@pytest.mark.parametrize(
    "password",
    [
        "AnaKovač2026",
        "kovac-ana-1",
        "brightwater",
        "Brightwater!2026",
        "callcrm-callcrm",
        "bright-water1",
        "ana.k@brightwater.example",
    ],
)
def test_a_password_of_ones_own_names_is_refused(password: str) -> None:
    with pytest.raises(WeakPassword) as fault:
        passwords.hash_password(password, WORDS)
    assert fault.value.why == "personal"


@pytest.mark.parametrize(
    "password",
    [
        "bright water every day",
        "tulip-gravel-9",
        "مرغ دریایی خاکستری",
        "Ana likes seagulls",
        "k7#vQ!x2pL",
    ],
)
def test_any_other_is_taken(password: str) -> None:
    assert passwords.HASHER.verify(password, passwords.hash_password(password, WORDS))


def test_too_short_a_password_is_told_so_first() -> None:
    with pytest.raises(Refused, match="at least 8"):
        passwords.hash_password("dragon", ())


def test_the_list_has_more_than_the_verification_standard_asks_for() -> None:
    listed = weak_passwords.LIST.read_text(encoding="utf-8").splitlines()
    assert sum(len(line) >= passwords.MIN_LENGTH for line in listed) >= 10_000  # ASVS 6.2.4: 3000
    assert "MIT" in listed[0]


def test_without_the_list_the_other_rules_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weak_passwords, "LIST", weak_passwords.LIST.with_name("gone.txt"))
    assert passwords.hash_password("baseball", ())
    with pytest.raises(WeakPassword):
        passwords.hash_password("11111111", ())
