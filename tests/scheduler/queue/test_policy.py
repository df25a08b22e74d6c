"""Which run is next, against the rule read word by word."""

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from graftui.scheduler.queue.policy import has_room, next_run
from graftui.turns import Group, Knobs, Waiting

NAMES = ("", "big", "small", "unheard of")
GROUPS = st.builds(Group, st.integers(1, 3), st.booleans())
KNOBS = st.builds(
    Knobs,
    st.none() | st.integers(1, 3),
    st.sampled_from([False, False, False, True]),
    st.dictionaries(st.sampled_from(("big", "small")), GROUPS),
)
BUSY = st.dictionaries(st.text("wxyz", min_size=1), st.sampled_from(NAMES), max_size=6)
WAITING = st.lists(
    st.builds(
        Waiting,
        st.uuids().map(str),
        st.integers(-1, 1),
        st.sampled_from([1.0, 2.0, 3.0]),
        st.sampled_from(NAMES),
        st.sampled_from([False, False, True]),
        st.sampled_from([0, 0, 2]),
    ),
    max_size=8,
)


def may_start(run: Waiting, busy: Mapping[str, str], knobs: Knobs) -> bool:
    """The four preconditions, each by itself."""
    own = knobs.groups.get(run.group)
    rivals = [
        group
        for group in busy.values()
        if (group == run.group if own else group not in knobs.groups)
    ]
    return (
        not run.held
        and run.unfinished == 0
        and not (knobs.paused or (own is not None and own.paused))
        and ((width := own.jobs if own else knobs.jobs) is None or len(rivals) < width)
    )


@given(WAITING, BUSY, KNOBS)
def test_the_next_is_the_first_that_may(
    waiting: Sequence[Waiting], busy: Mapping[str, str], knobs: Knobs
) -> None:
    chosen = next_run(waiting, busy, knobs)
    able = [run for run in waiting if may_start(run, busy, knobs)]
    assert (chosen is None) == (not able)
    if chosen is None:
        return
    assert chosen in able
    for other in able:
        assert other.priority <= chosen.priority
        if other.priority == chosen.priority:
            assert other.rank >= chosen.rank
            if other.rank == chosen.rank:
                assert waiting.index(other) >= waiting.index(chosen)


@given(WAITING, BUSY, KNOBS)
def test_where_there_is_no_room_there_is_no_next(
    waiting: Sequence[Waiting], busy: Mapping[str, str], knobs: Knobs
) -> None:
    if not has_room(busy, knobs):
        assert next_run(waiting, busy, knobs) is None


@given(WAITING, KNOBS)
def test_started_one_by_one_no_part_is_wider_than_it_was_made(
    waiting: Sequence[Waiting], knobs: Knobs
) -> None:
    left, busy = list(waiting), dict[str, str]()
    while chosen := next_run(left, busy, knobs):
        left.remove(chosen)
        busy[chosen.id] = chosen.group
    for name, group in knobs.groups.items():
        assert group.jobs is not None
        assert list(busy.values()).count(name) <= (
            0 if group.paused or knobs.paused else group.jobs
        )
    others = sum(group not in knobs.groups for group in busy.values())
    assert knobs.jobs is None or others <= knobs.jobs
    assert not (knobs.paused and others)
