"""What comes in is shown by the list of unanswered messages and by the navigation, without a reload."""

from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from playwright.sync_api import expect

from callcrm.simulator.wire.signature import sign
from tests.browser import staff_at
from tests.running import LINE, TOKEN, Server
from tests.running_app import FORM
from tests.server_thread import ThreadedServer


def write(server: Server, sid: str, body: str) -> None:
    """A message comes in from a short code."""
    fields = {"MessageSid": sid, "From": "74663", "To": LINE, "Body": body, "NumMedia": "0"}
    url = f"{server.url}/webhooks/twilio/message"
    headers = {"X-Twilio-Signature": sign(TOKEN, url, fields.items()), "Content-Type": FORM}
    urlopen(Request(url, urlencode(fields).encode(), headers)).close()


def test_messages_are_shown_as_they_come_and_as_others_answer_them(tmp_path: Path) -> None:
    server = ThreadedServer(tmp_path)
    server.start()
    with staff_at(server) as staff:
        ana, ben = (staff.open_page(staff.hire(name)) for name in ("Ana", "Ben"))
        for page in (ana, ben):
            page.goto(f"{server.url}/messages")
            expect(page.locator("main")).to_contain_text("Everything is answered")
            expect(page.locator("#connection-state")).to_contain_text("Live")
            page.evaluate("window.before = true")
        write(server, "SM1", "first one")
        for page in (ana, ben):
            expect(page.locator("main")).to_contain_text("first one")
            expect(page.locator("#unanswered")).to_contain_text("1 unanswered")
        ben.get_by_role("button", name="Answered").click()
        expect(ana.locator("main")).to_contain_text("Everything is answered")
        expect(ana.locator("#unanswered")).to_have_text("")
        expect(ben.get_by_role("button", name="Open again")).to_be_visible()
        write(server, "SM2", "second one")
        expect(ben.locator("main")).to_contain_text("second one")
        ben.get_by_role("button", name="Open again").click()
        expect(ana.locator(".message-row")).to_have_count(2)
        assert [page.evaluate("window.before") for page in (ana, ben)] == [True, True]
        assert staff.page_errors == []
    server.stop()
