"""Moving what waits by keys: against the same moves of a list."""

import random

import pytest

from graftui.errors import UsageError
from graftui.models import Run
from graftui.registry import queue
from graftui.registry.store import Store
from graftui.scheduler.identity import here
from graftui.scheduler.queue import arrange, policy, queue_file
from graftui.settings import Settings
from graftui.tui.queue import jobs
from graftui.tui.queue.jobs import Where
from tests.tui import world


def waiting_runs(settings: Settings, count: int) -> dict[str, Run]:
    made = (world.add(settings, f"q{n}", world.config(), created_at=world.NOW + n,
                      folder=settings.folder)
            for n in range(count))  # fmt: skip
    return {run.id: run for run in made}


def line(settings: Settings) -> list[str]:
    with Store.open(settings.db) as store:
        return [run.id for run in sorted(queue.waiting(store.db, here(settings)), key=policy.order)]


def shifted(ids: list[str], chosen: set[str], up: bool) -> list[str]:
    """The block of those chosen, moved by one of the others."""
    at = [n for n, id in enumerate(ids) if id in chosen]
    block = [ids[n] for n in at]
    before = [id for id in ids[: at[0]] if id not in chosen]
    after = [id for id in ids[at[0] :] if id not in chosen]
    inside = [id for id in ids[at[0] : at[-1]] if id not in chosen]
    if up:
        return [*before[:-1], *block, *before[-1:], *after] if before else ids
    behind = len(before) + len(inside) + 1
    rest = [*before, *after]
    return [*rest[:behind], *block, *rest[behind:]] if behind <= len(rest) else ids


def test_up_and_down_as_in_a_list(empty: Settings) -> None:
    runs = waiting_runs(empty, 6)
    source = random.Random(3)
    for _ in range(12):
        before = line(empty)
        assert sorted(before) == sorted(runs)
        chosen = source.sample(before, source.choice([1, 1, 2, 3]))
        up = source.random() < 0.5
        arrange.shift(empty, [runs[id] for id in chosen], up)
        assert line(empty) == shifted(before, set(chosen), up), (before, chosen, up)


def test_front_back_and_priority(empty: Settings) -> None:
    runs = waiting_runs(empty, 4)
    assert jobs.move(empty, [runs["q2"]], Where.front).text == "Moved finetune q2 to the front."
    jobs.move(empty, [runs["q0"]], Where.back)
    assert line(empty) == ["q2", "q1", "q3", "q0"]
    assert jobs.prioritize(empty, [runs["q0"]], 2).text == "q0: priority 2."
    assert line(empty) == ["q0", "q2", "q1", "q3"]


def test_widths_as_they_are_typed(empty: Settings) -> None:
    assert jobs.width(empty, "4").text.startswith("4 at once")
    assert jobs.width(empty, "big = 2").text.startswith("big: 2 at once")
    said = queue_file.read(empty)
    assert (said.jobs, said.groups["big"].jobs) == (4, 2)
    assert jobs.pause(empty, "big", True).text.startswith("the group big is paused")
    assert jobs.parts(empty).parts["big"].paused
    jobs.width(empty, "big 0")
    assert not queue_file.read(empty).groups
    for wrong in ("four", "=3", "-1", "a b 3", "big=0"):
        with pytest.raises(UsageError):
            jobs.width(empty, wrong)
