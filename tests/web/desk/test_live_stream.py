"""What pages are told of what is new: the kinds they are handed, and no others."""

import re
from functools import partial

from callcrm.live.announce import announce
from callcrm.live.kinds import PAGE_KINDS, LiveKind
from tests.running_app import RunningApp
from tests.web.support.page_client import do, sign_in

HANDED = re.compile(r'data-live-events="([^"]*)"')


def test_a_page_is_handed_the_kinds_its_script_subscribes_to(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lane")
    for path in ("/desk", "/customers", "/me"):
        assert [names.split() for names in HANDED.findall(ana.see(path))] == [list(PAGE_KINDS)]


def test_what_is_not_for_pages_is_told_to_none(app: RunningApp) -> None:
    ana = sign_in(app, "Ana Lane")
    mark = ana.get("/desk/changes").json()["mark"]
    for kind in LiveKind:
        do(app, partial(announce, kind=kind, subject="x", to=[ana.id]))
    told = ana.get(f"/desk/changes?after={mark}").json()["items"]
    assert [item["kind"] for item in told] == list(PAGE_KINDS)
