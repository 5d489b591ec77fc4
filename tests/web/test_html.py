"""Every page and part, for each role in each language, is HTML in which the Nu checker finds no fault.

What forms answer is looked at in English: in Persian the same templates hold other words.
"""

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.running_app import RunningApp
from tests.web.support.html_collector import HtmlDocument
from tests.web.support.tour import collect_everything

pytestmark = [pytest.mark.engine("sqlite"), pytest.mark.timeout(300)]  # every page of the product

JAR = Path(__file__).resolve().parents[2] / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
# One short run: the quick compiler takes a quarter of the time; its deeper stack is asked for by the checker.
JAVA = ("-XX:TieredStopAtLevel=1", "-Xss4m")
OPTIONS = ("--stdout", "--exit-zero-always", "--format", "json")


def html_errors(documents: Iterable[HtmlDocument], folder: Path) -> list[str]:
    """The checker's messages about these documents, written to `folder`; it runs once for all of them."""
    java = shutil.which("java")
    if java is None:
        pytest.skip("needs a Java runtime: Debian's default-jre-headless")
    names: dict[str, str] = {}
    for document in documents:
        names.setdefault(document.html, document.name)
    folder.mkdir()
    for number, html in enumerate(names):
        (folder / f"{number}.html").write_text(html, encoding="utf-8")
    command = [java, *JAVA, "-jar", str(JAR), *OPTIONS, str(folder)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    by_number = list(names.values())
    return [
        f"{by_number[int(Path(message['url']).stem)]}: {message['message']} {message.get('extract', '')!r}"
        for message in json.loads(output)["messages"]
    ]


def test_every_page_and_part_is_valid_html(stocked_app: RunningApp, tmp_path: Path) -> None:
    assert html_errors(collect_everything(stocked_app), tmp_path / "pages") == []
