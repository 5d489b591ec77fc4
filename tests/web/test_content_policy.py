"""What a page may load: strict everywhere, and more on the route alone that says so."""

from pathlib import Path

import pytest

from callcrm.web.security import PLAIN, PLAYER, ContentPolicy
from tests.running_app import RunningApp, open_app, settings_for
from tests.web.support.page_client import sign_in

pytestmark = pytest.mark.engine("sqlite")
HEADER = "content-security-policy"


def test_a_policy_allows_what_it_names_and_nothing_else() -> None:
    policy = ContentPolicy(connect=("'self'", "https://signal.example")).header(framed=False)
    assert "connect-src 'self' https://signal.example" in policy
    for directive in ("media-src", "worker-src", "frame-src", "frame-ancestors"):
        assert f"{directive} 'none'" in policy
    assert "unsafe" not in policy


def test_combined_policies_allow_what_either_does() -> None:
    both = PLAYER.with_more(ContentPolicy(media=("mediastream:", "blob:"), worker=("'self'",)))
    assert both == ContentPolicy(media=("'self'", "blob:", "mediastream:"), worker=("'self'",))


def test_only_pages_with_a_player_may_load_audio(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lane")
    assert ana.get("/calls").headers[HEADER] == PLAYER.header(framed=False)
    for path in ("/me", "/promises", "/find", "/desk"):
        assert ana.get(path).headers[HEADER] == PLAIN.header(framed=False), path


def test_only_the_desk_gets_the_softphones_policy(database_url: str, tmp_path: Path) -> None:
    settings = settings_for(database_url, tmp_path, CALLCRM_SOFTPHONE="simulator")
    with open_app(settings) as app:
        ana = sign_in(app, "Ana Lane")
        assert "media-src 'self' blob:" in ana.get("/desk").headers[HEADER]
        assert "softphone-simulator.js" in ana.get_page("/desk")
        assert ana.get("/me").headers[HEADER] == PLAIN.header(framed=False)
