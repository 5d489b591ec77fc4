"""The scripts behind `make setup` and `make test`."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
SHELL = shutil.which("sh") or "sh"


def _tools(path: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    script = [SHELL, str(TOP / "scripts" / "tools")]
    return subprocess.run(
        script,
        env={"PATH": str(path), "SERVERS": str(path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


PACKAGES = {
    "chromium": "chromium",
    "redis-server": "redis-server",
    "strace": "strace",
    "java": "default-jre-headless",
    "nginx": "nginx-light",
    "caddy": "caddy",
}


@pytest.mark.parametrize("missing", PACKAGES.values())
def test_a_missing_tool_is_named_with_its_package_and_the_rest_goes_on(tmp_path: Path, missing: str) -> None:
    ran = _tools(tmp_path)
    assert ran.returncode == 0
    assert f"apt-get install {missing}" in ran.stderr


def test_in_ci_a_missing_tool_is_a_failure(tmp_path: Path) -> None:
    assert _tools(tmp_path, CI="true").returncode == 1


def test_in_ci_a_proxy_that_is_not_to_be_had_is_none(tmp_path: Path) -> None:
    for name in set(PACKAGES) - {"nginx", "caddy"}:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    ran = _tools(tmp_path, CI="true")
    assert ran.returncode == 0
    assert "deploy/nginx.conf" in ran.stderr


def test_in_ci_nothing_missing_passes_in_silence(tmp_path: Path) -> None:
    for name in PACKAGES:
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    ran = _tools(tmp_path, CI="true")
    assert (ran.returncode, ran.stderr) == (0, "")


def _icon_set(top: Path, icons: dict[str, str]) -> None:
    folder = top / "node_modules" / "@set" / "icons"
    folder.mkdir(parents=True)
    info = {
        "name": "A Set",
        "version": "1.0",
        "author": {"name": "Somebody"},
        "license": {"spdx": "MIT", "url": "https://example.test/licence"},
    }
    (folder / "info.json").write_text(json.dumps(info))
    bodies = {name: {"body": body} for name, body in icons.items()}
    aliases = {"handset": {"parent": "phone"}}
    drawn = {"prefix": "set", "icons": bodies, "aliases": aliases, "height": 24}
    (folder / "icons.json").write_text(json.dumps(drawn))


def _vendor(top: Path, package: Mapping[str, object]) -> subprocess.CompletedProcess[str]:
    (top / "package.json").write_text(json.dumps(package))
    command = ["node", str(TOP / "scripts" / "vendor.mjs")]
    return subprocess.run(command, cwd=top, check=False, capture_output=True, text=True)


PHONE = '<path fill="none" stroke="currentColor" stroke-width="2" d="M5 4"/>'


def test_icons_are_drawn_into_one_sprite_by_our_names_and_name_their_makers(tmp_path: Path) -> None:
    _icon_set(tmp_path, {"phone": PHONE, "play-filled": '<path fill="currentColor" d="M6 4"/>'})
    symbols = {"phone": "handset", "hangup": "phone 135", "play": "play-filled"}
    ran = _vendor(tmp_path, {"vendor": {}, "icons": {"set": "@set/icons", "symbols": symbols}})
    assert ran.returncode == 0, ran.stderr
    turned = '<g transform="rotate(135 12 12)"><path d="M5 4"/></g>'
    assert (tmp_path / "callcrm" / "static" / "vendor" / "icons.svg").read_text().splitlines() == [
        '<svg class="sprite" aria-hidden="true">',
        "<!-- A Set 1.0, Somebody, MIT: https://example.test/licence -->",
        '<symbol id="i-phone" viewBox="0 0 24 24"><path d="M5 4"/></symbol>',
        f'<symbol id="i-hangup" viewBox="0 0 24 24">{turned}</symbol>',
        '<symbol id="i-play" viewBox="0 0 24 24"><path fill="currentColor" stroke="none" d="M6 4"/></symbol>',
        "</svg>",
    ]


def test_an_icon_the_set_does_not_have_is_said_by_both_its_names(tmp_path: Path) -> None:
    _icon_set(tmp_path, {"phone": PHONE})
    symbols = {"hangup": "phone-down"}
    ran = _vendor(tmp_path, {"vendor": {}, "icons": {"set": "@set/icons", "symbols": symbols}})
    assert ran.returncode != 0
    assert 'set has no "phone-down" for "hangup"' in ran.stderr


def test_front_end_files_are_copied_by_name_and_old_ones_removed(tmp_path: Path) -> None:
    served = tmp_path / "callcrm" / "static" / "vendor"
    served.mkdir(parents=True)
    (served / "old.js").write_text("old")
    (tmp_path / "node_modules" / "some-lib" / "dist").mkdir(parents=True)
    (tmp_path / "node_modules" / "some-lib" / "dist" / "lib.min.js").write_text("new")
    package = {"vendor": {"js/lib.js": "some-lib/dist/lib.min.js"}}
    assert _vendor(tmp_path, package).returncode == 0
    assert [path.relative_to(served).as_posix() for path in served.rglob("*.js")] == ["js/lib.js"]
    assert (served / "js" / "lib.js").read_text() == "new"
