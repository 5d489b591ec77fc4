"""Negative controls of login, sessions and forms: each break, and the check that guards it seen red."""

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


def _with_each_role(check: Callable[..., None]) -> Check:
    return lambda app, _: check(app, access.client_of_each_role(app))


def _as_ana(check: Callable[..., None]) -> Check:
    return lambda app, _: check(app, sign_in(app, "Ana"))


def _alone(check: Callable[[RunningApp], None]) -> Check:
    return lambda app, _: check(app)


def _disabled(app: RunningApp, _: SetClock) -> None:
    ana, ada = sign_in(app, "Ana"), sign_in(app, "Ada", "admin")
    sessions.test_sessions_ended_by_disabling_a_user_stay_ended(app, ana, ada)


def _idle(app: RunningApp, clock: SetClock) -> None:
    sessions.test_half_an_hour_without_activity_ends_a_session(app, clock, sign_in(app, "Ada", "admin"))


def _redirected(_: RunningApp, __: SetClock) -> None:
    logins.test_a_redirect_leads_to_our_own_pages_alone("//elsewhere.example", "/")


BREAKS: dict[Callable[[Patch], None], Check] = {
    broken.logout_clears_only_the_cookie: _as_ana(
        sessions.test_a_cookie_from_before_the_logout_opens_nothing
    ),
    broken.login_keeps_the_session: _alone(sessions.test_a_session_has_another_secret_after_each_login),
    broken.nothing_ends_all_sessions: _disabled,
    broken.nobody_is_idle: _idle,
    broken.any_token_will_do: _with_each_role(access.test_forged_forms_are_refused),
    broken.any_origin_will_do: _with_each_role(access.test_forged_forms_are_refused),
    broken.every_role_will_do: _with_each_role(access.test_each_page_answers_exactly_the_roles_of_the_matrix),
    broken.a_get_writes: _with_each_role(access.test_no_get_changes_anything),
    broken.attempts_are_counted_by_address: _alone(logins.test_nobody_can_lock_another_out),
    broken.any_redirect_will_do: _redirected,
}


@pytest.mark.parametrize("mutant", BREAKS, ids=lambda mutant: mutant.__name__)
def test_a_break_of_login_or_sessions_is_noticed(
    mutant: Callable[[Patch], None], tmp_path: Path, monkeypatch: Patch, clock: SetClock
) -> None:
    mutant(monkeypatch)
    settings = settings_for(f"sqlite:///{tmp_path / 'a.sqlite3'}", tmp_path)
    with open_app(settings, clock) as app, pytest.raises(AssertionError):
        BREAKS[mutant](app, clock)
