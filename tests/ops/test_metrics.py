"""What is counted can be read back as Prometheus text."""

import subprocess
import sys
from pathlib import Path

import pytest

from callcrm import metrics


def _value(sample: str) -> float:
    lines = [line for line in metrics.exposition().decode().splitlines() if line.startswith(sample + " ")]
    return float(lines[0].split()[-1]) if lines else 0.0


def test_a_webhook_is_counted_by_route_and_result_and_timed() -> None:
    counted = 'callcrm_webhook_requests_total{result="stored",route="status"}'
    timed = 'callcrm_webhook_seconds_bucket{le="0.02",route="status"}'
    before = _value(counted), _value(timed)
    metrics.webhook_answered("status", "stored", 0.015)
    assert (_value(counted), _value(timed)) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize(("observed", "mode"), [(False, "enforce"), (True, "observe")])
def test_a_signature_that_does_not_fit_is_counted_by_mode(observed: bool, mode: str) -> None:
    sample = f'callcrm_signatures_refused_total{{mode="{mode}",route="voice"}}'
    before = _value(sample)
    metrics.signature_refused("voice", observed=observed)
    assert _value(sample) == before + 1


def test_strangers_cannot_make_a_label_of_every_path() -> None:
    for path in range(100):
        metrics.signature_refused(f"no-such-{path}")
    assert "no-such" not in metrics.exposition().decode()
    assert _value('callcrm_signatures_refused_total{mode="enforce",route="other"}') >= 100


def test_a_live_state_nobody_is_in_is_told_as_none() -> None:
    metrics.calls_by_state({"queued": 2})
    metrics.calls_by_state({"ivr": 1})
    assert (_value('callcrm_calls{state="queued"}'), _value('callcrm_calls{state="ivr"}')) == (0, 1)


@pytest.mark.parametrize("result", ["done", "retried", "dead"])
def test_jobs_are_counted_by_how_they_ended(result: str) -> None:
    sample = f'callcrm_jobs_total{{kind="fetch",result="{result}"}}'
    before = _value(sample)
    getattr(metrics, f"job_{result}")("fetch")
    assert _value(sample) == before + 1


def test_several_workers_are_read_as_one(tmp_path: Path) -> None:
    script = "from callcrm import metrics; metrics.event_spooled(); metrics.live_subscribers(2)"
    script_and_print = f"{script}; print(metrics.exposition().decode())"
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PATH": ""}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True)
    read = subprocess.run(
        [sys.executable, "-c", script_and_print], env=environment, check=True, capture_output=True, text=True
    )
    assert "callcrm_events_spooled_total 2.0" in read.stdout
    assert "callcrm_live_subscribers 2.0" in read.stdout, "the first worker is dead: nobody listens to it"


def test_the_spool_of_every_worker_counts(tmp_path: Path) -> None:
    child = "from callcrm import metrics; metrics.spool_depth(2); print(flush=True); input()"
    parent = f"""
import subprocess, sys
from callcrm import metrics
metrics.spool_depth(3)
pipe = subprocess.PIPE
with subprocess.Popen([sys.executable, "-c", {child!r}], stdin=pipe, stdout=pipe, text=True) as other:
    other.stdout.readline()
    print(metrics.exposition().decode())
    other.communicate("\\n")
"""
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path), "PATH": ""}
    command = [sys.executable, "-c", parent]
    read = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    assert "callcrm_spool_depth 5.0" in read.stdout
