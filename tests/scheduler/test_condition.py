"""A run without a sign of life for longer than its own rhythm is shown as stalled."""

import time
from collections.abc import Sequence

import pytest

from engine.contract import events as ev
from graftui.models import RunStatus
from graftui.scheduler.condition import patience_s
from tests.scheduler.scheduler_bench import Bench, condition

EVERY_SECOND = [float(n) for n in range(20)]


@pytest.mark.parametrize(
    ("times", "patience"),
    [
        (EVERY_SECOND, 30.0),
        ([60.0 * n for n in range(20)], 1200.0),
        ([*EVERY_SECOND, 119.0, 120.0], 250.0),  # it evaluated for 100 s
        ([0.0, 1.0, 2.0], None),
        ([], None),
    ],
)
def test_patience_is_by_the_rhythm(times: Sequence[float], patience: float | None) -> None:
    assert patience_s(times) == patience


@pytest.mark.parametrize(
    ("silent_s", "state", "word"),
    [
        (0.0, "S", ""),
        (25.0, "S", ""),
        (45.0, "S", "stalled"),
        (0.0, "T", "stalled"),
        (45.0, "Z", ""),
        (45.0, None, "stalled"),  # gone, and nobody could write that down
        (0.0, None, ""),
    ],
)
def test_a_silent_or_stopped_engine_is_stalled(
    bench: Bench,
    processes: dict[int, tuple[str, int]],
    silent_s: float,
    state: str | None,
    word: str,
) -> None:
    if state:
        processes[44] = (state, 7)
    last = time.time() - silent_s
    run = bench.started(pid=44, ticks=7, heard_at=last)
    said = [ev.Metric(t=last - 9 + n, step=n, values={"train/loss": 1.0}) for n in range(10)]
    events = bench.settings.run_dir(run.id).events
    events.write_bytes(b"\xff cut off\n[]\n" + b"".join(map(ev.dumps, said)) + b'{"t": 1')
    assert condition(bench, run) == word
    ended = bench.change(run.id, status=RunStatus.finished)
    assert condition(bench, ended) == ""


@pytest.mark.usefixtures("processes")
def test_one_that_is_gone_is_stalled_though_it_never_spoke(bench: Bench) -> None:
    """While nobody can write down how it ended."""
    for ago, word in ((5.0, ""), (45.0, "stalled")):
        run = bench.started(pid=44, ticks=7, heard_at=None, seen_at=time.time() - ago)
        assert condition(bench, run) == word
