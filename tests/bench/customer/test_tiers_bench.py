"""Tiers at the yardstick; a short form goes with every run, and proves the order of magnitude."""

from pathlib import Path

import pytest

from tests.bench.customer.tiers import fill, measure


@pytest.mark.timeout(240)
def test_a_short_run_is_of_the_right_order(database_url: str, tmp_path: Path) -> None:
    fill(database_url, 300, 6000)
    figures = measure(database_url, 300, tmp_path)
    print(figures)
    assert figures.nightly < 20
    assert figures.purchase < 200


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_every_gate_is_met(database_url: str, tmp_path: Path) -> None:
    fill(database_url, 100_000, 2_000_000)
    figures = measure(database_url, 100_000, tmp_path)
    print(figures)
    assert figures.purchase <= 10
    assert figures.purchase_of_large <= 10
    assert figures.nightly <= 60
    assert figures.transaction_99 <= 100
