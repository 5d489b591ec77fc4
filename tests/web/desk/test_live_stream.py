"""Which kinds of live events pages get: those their script subscribes to, and no others."""

import re
from functools import partial

from callcrm.live.announce import announce
from callcrm.live.kinds import PAGE_KINDS, LiveKind
from tests.running_app import RunningApp
from tests.web.support.page_client import do, sign_in

EVENT_KINDS = re.compile(r'data-live-events="([^"]*)"')


def test_a_page_has_the_event_kinds_its_script_subscribes_to(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lane")
    for path in ("/desk", "/customers", "/me"):
        assert [names.split() for names in EVENT_KINDS.findall(ana.get_page(path))] == [list(PAGE_KINDS)]


def test_events_not_for_pages_reach_none(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lane")
    last_id = ana.get("/desk/changes").json()["mark"]
    for kind in LiveKind:
        do(app, partial(announce, kind=kind, subject="x", to=[ana.id]))
    changes = ana.get(f"/desk/changes?after={last_id}").json()["items"]
    assert [change["kind"] for change in changes] == list(PAGE_KINDS)
