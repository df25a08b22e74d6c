"""When things start, against a clock that goes on second by second."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from graftui.scheduler.queue.forecast import AtWork, forecast
from graftui.scheduler.queue.policy import next_run
from graftui.turns import Group, Knobs, Waiting

SECONDS = st.sampled_from([1.0, 2.0, 5.0, None])


def ticking(
    waiting: Sequence[Waiting],
    made_from: Mapping[str, Sequence[str]],
    ends: dict[str, float | None],
    groups: dict[str, str],
    knobs: Knobs,
    took: Mapping[str, float | None],
) -> dict[str, float]:
    """Second by second: what ends makes room, and the rule fills it."""
    starts: dict[str, float] = {}
    over = set[str]()
    for now in range(60):
        over |= {id for id, end in ends.items() if end is not None and end <= now}
        while True:
            left = [
                replace(run, unfinished=sum(s not in over for s in made_from.get(run.id, ())))
                for run in waiting
                if run.id not in starts
            ]
            busy = {id: group for id, group in groups.items() if id not in over}
            chosen = next_run(left, busy, knobs)
            if chosen is None:
                break
            starts[chosen.id] = float(now)
            groups[chosen.id] = chosen.group
            seconds = took[chosen.id]
            ends[chosen.id] = None if seconds is None else now + seconds
    return starts


def by(knobs: Knobs) -> Callable[[Iterable[Waiting], Mapping[str, str]], Waiting | None]:
    """The rule of the queue alone: there is room for everything."""
    return lambda waiting, busy: next_run(waiting, busy, knobs)


@given(
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from(["", "big"]), SECONDS), max_size=6),
    st.dictionaries(st.sampled_from("xyz"), st.tuples(SECONDS, st.sampled_from(["", "big"]))),
    st.integers(1, 2),
    st.data(),
)
def test_as_the_clock_shows(
    runs: Sequence[tuple[int, str, float | None]],
    busy: Mapping[str, tuple[float | None, str]],
    jobs: int,
    data: st.DataObject,
) -> None:
    known = [*busy, *(str(n) for n in range(len(runs)))]
    made_from = {
        str(n): data.draw(
            st.lists(st.sampled_from(known[: len(busy) + n]), max_size=2, unique=True)
        )
        for n in range(len(runs))
        if known[: len(busy) + n]
    }
    waiting = [
        Waiting(str(n), priority, float(n), group, unfinished=len(made_from.get(str(n), ())))
        for n, (priority, group, _) in enumerate(runs)
    ]
    took = {str(n): seconds for n, (_, _, seconds) in enumerate(runs)}
    knobs = Knobs(jobs, groups={"big": Group(1)})
    at_work = {id: AtWork(seconds, group) for id, (seconds, group) in busy.items()}
    ends = {id: seconds for id, (seconds, _) in busy.items()}
    groups = {id: group for id, (_, group) in busy.items()}
    seen = ticking(waiting, made_from, ends, groups, knobs, took)
    assert forecast(waiting, made_from, at_work, by(knobs), took.__getitem__, 99) == seen


def test_no_more_than_were_asked_for() -> None:
    waiting = [Waiting(str(n), 0, n, "") for n in range(9)]
    starts = forecast(waiting, {}, {}, by(Knobs(2)), lambda _: 10.0, 5)
    assert starts == {"0": 0.0, "1": 0.0, "2": 10.0, "3": 10.0, "4": 20.0}


def test_what_another_host_runs_takes_no_slot_and_is_waited_for() -> None:
    waits = [Waiting("a", 0, 1.0, "", unfinished=1), Waiting("b", 0, 2.0, "")]
    at_work = {"x": AtWork(30.0, None)}
    starts = forecast(waits, {"a": ["x"]}, at_work, by(Knobs()), lambda _: 10.0, 9)
    assert starts == {"b": 0.0, "a": 30.0}
