"""Negative controls of the pages' door: each break, and the check that guards it seen red."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.clocks import SetClock
from tests.mutants import broken_sessions as broken
from tests.mutants.broken_sessions import Patch
from tests.running_app import RunningApp, open_app, settings_for
from tests.web import test_access_matrix as access
from tests.web.session import test_login as logins
from tests.web.session import test_sessions as sessions
from tests.web.support.page_client import sign_in

Check = Callable[[RunningApp, SetClock], None]
pytestmark = pytest.mark.engine("sqlite")


def _as_people(check: Callable[..., None], **how: str) -> Check:
    return lambda app, _: check(app, access.one_of_each(app), **how)


def _as_ana(check: Callable[..., None]) -> Check:
    return lambda app, _: check(app, sign_in(app, "Ana"))


def _alone(check: Callable[[RunningApp], None]) -> Check:
    return lambda app, _: check(app)


def _disabled(app: RunningApp, _: SetClock) -> None:
    ana, ada = sign_in(app, "Ana"), sign_in(app, "Ada", "admin")
    sessions.test_what_was_over_when_one_was_disabled_stays_over(app, ana, ada)


def _idle(app: RunningApp, clock: SetClock) -> None:
    sessions.test_half_an_hour_in_which_nothing_was_done_ends_it(app, clock, sign_in(app, "Ada", "admin"))


def _led_on(_: RunningApp, __: SetClock) -> None:
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
    monkeypatch.setattr(
        "callcrm.web.session.client_ip._is_trusted", lambda address, _: address == "testclient"
    )
    mutant(monkeypatch)
    settings = settings_for(f"sqlite:///{tmp_path / 'a.sqlite3'}", tmp_path)
    with open_app(settings, clock) as app, pytest.raises(AssertionError):
        BREAKS[mutant](app, clock)
