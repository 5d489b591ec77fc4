"""Negative controls of the pages' door: each break, and the check that guards it seen red."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.desk import test_access_matrix as access
from tests.desk import test_login as logins
from tests.desk import test_sessions as sessions
from tests.desk.visitor import visit
from tests.house import House, open_house, settings_for
from tests.mutants import broken_doors as broken
from tests.mutants.broken_doors import Patch
from tests.set_clock import SetClock

Check = Callable[[House, SetClock], None]
pytestmark = pytest.mark.engine("sqlite")


def _as_people(check: Callable[..., None], **how: str) -> Check:
    return lambda house, _: check(house, access.one_of_each(house), **how)


def _as_ana(check: Callable[..., None]) -> Check:
    return lambda house, _: check(house, visit(house, "Ana"))


def _alone(check: Callable[[House], None]) -> Check:
    return lambda house, _: check(house)


def _disabled(house: House, _: SetClock) -> None:
    ana, ada = visit(house, "Ana"), visit(house, "Ada", "admin")
    sessions.test_what_was_over_when_one_was_disabled_stays_over(house, ana, ada)


def _idle(house: House, clock: SetClock) -> None:
    sessions.test_half_an_hour_in_which_nothing_was_done_ends_it(house, clock, visit(house, "Ada", "admin"))


def _led_on(_: House, __: SetClock) -> None:
    logins.test_one_is_led_on_to_a_page_of_ours_alone("//elsewhere.example", "/")


BREAKS: dict[Callable[[Patch], None], Check] = {
    broken.logout_takes_the_cookie_alone: _as_ana(
        sessions.test_a_cookie_kept_from_before_the_logout_opens_nothing
    ),
    broken.login_keeps_the_session: _alone(sessions.test_a_session_has_another_secret_after_each_login),
    broken.nothing_ends_all_sessions: _disabled,
    broken.nobody_is_idle: _idle,
    broken.any_token_will_do: _as_people(access.test_no_form_is_taken_that_is_not_ours, how="no token"),
    broken.any_origin_will_do: _as_people(
        access.test_no_form_is_taken_that_is_not_ours, how="another origin"
    ),
    broken.every_role_will_do: _as_people(access.test_whoever_may_is_answered_and_nobody_else),
    broken.looking_leaves_a_trace: _as_people(access.test_no_get_changes_anything),
    broken.attempts_are_counted_by_address: _alone(logins.test_nobody_can_lock_another_out),
    broken.anywhere_is_ours: _led_on,
}


@pytest.mark.parametrize("mutant", BREAKS, ids=lambda mutant: mutant.__name__)
def test_at_the_door_the_break_shows(
    mutant: Callable[[Patch], None], tmp_path: Path, monkeypatch: Patch, clock: SetClock
) -> None:
    monkeypatch.setattr("callcrm.desk.origin._trusted", lambda address, _: address == "testclient")
    mutant(monkeypatch)
    settings = settings_for(f"sqlite:///{tmp_path / 'a.sqlite3'}", tmp_path)
    with open_house(settings, clock) as house, pytest.raises(AssertionError):
        BREAKS[mutant](house, clock)
