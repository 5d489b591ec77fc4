"""Dashboard and alert rules ask for metrics and labels that /metrics has, and for all of them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import yaml  # type: ignore[import-untyped]  # a dependency of moto

from callcrm import metrics

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
METRIC = re.compile(r"\b(callcrm_\w+)(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
OTHERS = {"le", "job", "instance"}


def expressions() -> Iterator[str]:
    """Every expression of the dashboard and of the rules."""
    board = json.loads((DEPLOY / "dashboard.json").read_text())
    for panel in board["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    for group in yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]:
        yield from (rule["expr"] for rule in group["rules"])


def series() -> dict[str, set[str]]:
    """The names of all series with the labels they have."""
    names: dict[str, set[str]] = {}
    for collector in set(metrics.REGISTRY._names_to_collectors.values()):
        labels = set(getattr(collector, "_labelnames", ()))
        for metric in collector.describe() if hasattr(collector, "describe") else ():
            names[metric.name] = labels
            suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(
                metric.type, ()
            )
            names |= {f"{metric.name}{suffix}": labels for suffix in suffixes}
    return names


def test_every_metric_that_is_asked_for_is_served_with_the_labels_that_are_asked_for() -> None:
    served = series()
    text = metrics.exposition().decode()
    for expression in expressions():
        grouped = {label.strip() for labels in GROUPED.findall(expression) for label in labels.split(",")}
        for name, matchers in METRIC.findall(expression):
            assert name in served, name
            assert name.removesuffix("_total").removesuffix("_bucket") in text
            wanted = grouped | set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
            assert wanted - OTHERS <= served[name], (expression, wanted)


def test_a_counter_is_asked_for_as_a_counter() -> None:
    counters = {name for name in series() if name.endswith("_total")}
    for expression in expressions():
        for name, _ in METRIC.findall(expression):
            assert f"{name}_total" not in counters, f"{name} is served as {name}_total"


def test_every_metric_is_on_the_dashboard_or_in_a_rule() -> None:
    asked = {name for expression in expressions() for name, _ in METRIC.findall(expression)}
    stems = {re.sub("_(total|bucket|count|sum)$", "", name) for name in series()}
    assert {stem for stem in stems if not any(name.startswith(stem) for name in asked)} == set()


def test_every_expression_is_closed() -> None:
    for expression in expressions():
        assert expression.count("(") == expression.count(")"), expression
        assert expression.count("{") == expression.count("}"), expression


def test_every_rule_says_what_it_means_and_what_to_do() -> None:
    for group in yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in ("page", "ticket")
            assert set(rule["annotations"]) == {"summary", "description"}
