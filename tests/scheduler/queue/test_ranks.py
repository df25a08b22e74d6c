"""Runs that are moved stand where they were moved to, and the others as they stood."""

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from hypothesis import given
from hypothesis import strategies as st

from graftui.scheduler.queue.policy import order
from graftui.scheduler.queue.ranks import Turns, moved
from graftui.turns import Waiting

# Few ranks, of which some are neighbours: there is no room between 1 and the next float.
RANKS = st.sampled_from([1.0, 1.0000000000000002, 2.0, 3.0])
LINES = st.lists(st.tuples(st.integers(-1, 1), RANKS), min_size=1, max_size=7).map(
    lambda turns: sorted(
        (Waiting(f"{n}", priority, rank, "") for n, (priority, rank) in enumerate(turns)), key=order
    )
)


def after(line: Sequence[Waiting], turns: Turns) -> list[Waiting]:
    """The queue with those changes, as a registry has it: by creation, then sorted."""
    made = sorted(line, key=attrgetter("id"))
    changed = [
        replace(run, priority=turns[run.id][0], rank=turns[run.id][1]) if run.id in turns else run
        for run in made
    ]
    return sorted(changed, key=order)


@given(LINES, st.data())
def test_they_stand_where_they_were_moved_to(line: Sequence[Waiting], data: st.DataObject) -> None:
    ids = data.draw(st.lists(st.sampled_from([run.id for run in line]), min_size=1, unique=True))
    rest = [run.id for run in line if run.id not in ids]
    before = data.draw(st.sampled_from([*rest, None]))
    at = rest.index(before) if before else len(rest)
    now = after(line, moved(line, ids, before))
    assert [run.id for run in now] == [*rest[:at], *ids, *rest[at:]]
    then = {run.id: run.priority for run in line}
    assert all(run.priority == then[run.id] for run in now if run.id in rest)


def test_what_is_moved_back_comes_before_what_is_queued_later() -> None:
    line = [Waiting("a", 0, 1000.0, ""), Waiting("b", 0, 1001.0, "")]
    assert moved(line, ["a"], None)["a"] == (0, 1001.001)
