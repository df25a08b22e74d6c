"""What is said of the queue is of one moment, though runs end while it is worked out."""

import pytest

from graftui.models import RunStatus
from graftui.registry.store import Store
from graftui.scheduler.queue import forecast, outlook
from tests.scheduler.scheduler_bench import Bench, plan


def test_what_a_run_waits_for_is_named_though_it_ends_meanwhile(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = bench.submit(plan("finish"), plan("finish", "graft", after=0))
    bench.change(first.id, status=RunStatus.starting)

    def ending(*given: object) -> object:
        bench.change(first.id, status=RunStatus.finished)
        return forecast.forecast(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(outlook, "forecast", ending)
    with Store.open(bench.settings.db) as store:
        (line,) = outlook.outlook(bench.settings, store).lines
    assert line.why == f"after {first.id} (starting)"
