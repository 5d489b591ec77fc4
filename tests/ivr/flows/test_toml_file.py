"""Reading TOML: quick whatever it holds, and a reason for what it refuses."""

import time
from pathlib import Path

import pytest

from callcrm.ivr.flows.toml_file import MAX_SIZE, read_toml


def test_a_document_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('[menus.main]\ntext = "سلام ..."\n')
    assert read_toml(path) == {"menus": {"main": {"text": "سلام ..."}}}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a" + ".a" * 50_000 + " = 1", "full stops"),
        ('"="' + '."="' * 50_000 + " = 1", "full stops"),
        ("a = " + "[" * 100_000, "nested too deeply"),
        ("#" * (MAX_SIZE + 1), "larger than 256 kB"),
        ("a = ", "Invalid value"),
        ("a = '\udcff'", "utf-8"),
    ],
)
def test_what_would_take_long_or_is_none_is_refused_at_once(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    began = time.thread_time()
    with pytest.raises(ValueError, match=reason):
        read_toml(path)
    assert time.thread_time() - began < 0.5


def test_a_missing_file_has_a_reason_too(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file"):
        read_toml(tmp_path / "none.toml")
