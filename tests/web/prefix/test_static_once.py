"""A browser asks for each style, script and font once: later pages ask for none they have seen."""

from collections import Counter
from pathlib import Path

import pytest

from callcrm.web.assets import asset, version
from tests.browser import staff_at
from tests.web.prefix.proxies import PREFIX
from tests.web.prefix.test_prefix_browser import proxied

pytestmark = pytest.mark.timeout(240)
PAGES = ("/desk", "/customers", "/calls", "/promises", "/pops", "/me")


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_second_page_asks_again_for_no_static_file(tmp_path: Path, language: str) -> None:
    with proxied(tmp_path, strips=True) as server, staff_at(server) as staff:
        page = staff.open_page(staff.hire("Ana", number="+12025550111"))
        if language == "fa":
            page.locator("button[name=language]").click()
            page.wait_for_load_state("networkidle")
        for path in PAGES * 2:
            page.goto(server.url + path)
            page.wait_for_load_state("networkidle")
        static = [target for target in server.proxy.requested if target.startswith(f"{PREFIX}/static/")]
        assert PREFIX + asset("js/shared/http.js") in static  # what is imported is seen here too
        assert any(target.endswith(".woff2") for target in static) == (language == "fa")
        assert all(f"/{version()}/" in target for target in static)
        assert [target for target, times in Counter(static).items() if times > 1] == []
