"""Events: written and read back, cut anywhere, from versions before and after this one."""

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.contract import events as ev
from tests.strange import VALUES

GOLDEN = Path(__file__).with_name("golden") / "events-v1.jsonl"


def parsed(line: bytes) -> ev.Event:
    (event,), used = ev.read(line)
    assert used == len(line)
    return event


def test_round_trip(one_of_each: list[ev.Event]) -> None:
    lines = [ev.dumps(event) for event in one_of_each]
    assert [line.count(b"\n") for line in lines] == [1] * len(lines)
    assert [parsed(line) for line in lines] == one_of_each


@given(data=st.data())
def test_cut_anywhere(one_of_each: list[ev.Event], data: st.DataObject) -> None:
    whole = b"".join(map(ev.dumps, one_of_each))
    cuts = data.draw(st.lists(st.integers(0, len(whole)), max_size=12).map(sorted))
    bounds = [0, *cuts, len(whole)]
    found, rest = [], b""
    for a, b in zip(bounds, bounds[1:], strict=False):
        events, used = ev.read(rest + whole[a:b])
        rest = (rest + whole[a:b])[used:]
        found += events
    assert found == one_of_each


@given(data=st.data())
def test_what_follows_the_last_newline_is_left(
    one_of_each: list[ev.Event], data: st.DataObject
) -> None:
    lines = [ev.dumps(event) for event in one_of_each]
    whole = b"".join(lines)
    end = data.draw(st.integers(0, len(whole)))
    found, used = ev.read(whole[:end])
    assert found == one_of_each[: len(found)]
    assert used == sum(map(len, lines[: len(found)])) <= end


@given(noise=st.binary(max_size=60).filter(lambda b: b"\n" not in b))
def test_garbage_between_events_is_skipped(one_of_each: list[ev.Event], noise: bytes) -> None:
    text = b"".join(noise + b"\n" + ev.dumps(event) for event in one_of_each)
    assert ev.read(text) == (one_of_each, len(text))


def test_a_later_version_is_read_as_far_as_it_is_known() -> None:
    later = {"v": 9, "seq": 4, "t": 1.0, "event": "log", "message": "hi", "colour": {"r": 1}}
    unknown = {"v": 9, "seq": 5, "t": 1.0, "event": "sang", "song": "la"}
    text = b"".join(json.dumps(line).encode() + b"\n" for line in (unknown, later, unknown))
    (event,), used = ev.read(text)
    assert event == ev.Log(v=9, seq=4, t=1.0, message="hi")
    assert used == len(text)


def test_numbers_that_are_none_survive() -> None:
    values = {"a": float("inf"), "b": float("-inf")}
    assert parsed(ev.dumps(ev.Metric(step=1, values=values))) == ev.Metric(step=1, values=values)


def test_a_file_of_version_1_still_reads() -> None:
    """Old run directories are read for good. The file is never written anew."""
    found, used = ev.read(GOLDEN.read_bytes())
    assert used == GOLDEN.stat().st_size
    raw = [json.loads(line) for line in GOLDEN.read_text(encoding="utf-8").splitlines()]
    assert [event.event for event in found] == [line["event"] for line in raw]
    for event, line in zip(found, raw, strict=True):
        now = event.model_dump(mode="json")
        assert now.pop("attempt") == 0
        if isinstance(event, ev.Evaluated):
            at = line.pop("sparsity")
            assert (now.pop("subject"), event.sparsity) == ("model", at)
            assert now.pop("labels") == ({} if at is None else {"sparsity": at})
        assert now == line
    assert {r["event"] for r in raw} == {
        "started", "progress", "metric", "evaluated", "artifact", "log",
        "finished", "failed", "cancelled",
    }  # fmt: skip


@given(data=st.data())
def test_any_value_in_any_field_costs_that_event_alone(
    one_of_each: list[ev.Event], data: st.DataObject
) -> None:
    event = data.draw(st.sampled_from(one_of_each))
    raw = json.loads(ev.dumps(event))
    raw[data.draw(st.sampled_from(sorted(raw)))] = data.draw(VALUES)
    after = ev.dumps(ev.Log(message="after"))
    troubles: list[str] = []
    events, used = ev.read(json.dumps(raw).encode() + b"\n" + after, troubles.append)
    assert events[-1] == parsed(after)
    assert len(events) + len(troubles) >= 1
    for read in events:
        assert json.loads(ev.dumps(read))  # UTF-8, and bounded
        whole = [v for v in read.model_dump().values() if type(v) is int]
        assert all(0 <= number < 2**63 for number in whole)
    if isinstance(event, ev.TERMINAL) and raw["event"] == event.event:
        assert events[0].event == event.event, troubles


@example(line={"event": "finished", "seconds": "long", "t": -1, "summary": {"a": "b", "ece": 0.5}})
@example(line={"event": "finished"})
@given(line=st.fixed_dictionaries({"event": st.just("finished"), "summary": VALUES}))
def test_a_run_that_finished_has_finished(line: dict[str, object]) -> None:
    (event,), _ = ev.read(json.dumps(line).encode() + b"\n")
    assert isinstance(event, ev.Finished)
    if line.get("seconds"):
        assert event.summary == {"ece": 0.5}


def test_a_reason_of_a_later_version_is_kept() -> None:
    line = {"event": "failed", "reason": "preempted", "message": "the node goes", "level": 3}
    troubles: list[str] = []
    (event,), _ = ev.read(json.dumps(line).encode() + b"\n", troubles.append)
    assert isinstance(event, ev.Failed)
    assert (event.reason, event.message, troubles) == ("preempted", "the node goes", [])


def test_a_reason_that_is_no_word_leaves_a_failure() -> None:
    line = {"event": "failed", "reason": [7], "message": "the node goes"}
    troubles: list[str] = []
    (event,), _ = ev.read(json.dumps(line).encode() + b"\n", troubles.append)
    assert isinstance(event, ev.Failed)
    assert (event.reason, event.message) == (ev.FailReason.crashed, "the node goes")
    assert "failed: reason:" in troubles[0]


def test_stages_and_levels_of_a_later_version_are_kept() -> None:
    lines = (
        {
            "event": "evaluated",
            "subject": "skills[0]",
            "stage": "union",
            "split": "test",
            "labels": {"rank": 4, "how": "mean"},
            "scores": {"f1": 1},
            "colour": "red",
        },
        {"event": "log", "level": "debug", "message": "hi"},
    )
    troubles: list[str] = []
    text = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    (scored, said), _ = ev.read(text, troubles.append)
    assert isinstance(scored, ev.Evaluated)
    assert isinstance(said, ev.Log)
    assert (scored.stage, said.level, troubles) == ("union", "debug", [])
    assert (scored.labels, scored.sparsity) == ({"rank": 4.0, "how": "mean"}, None)
    assert scored.what == "skills[0]/union[how=mean,rank=4]"


@pytest.mark.parametrize("line", [b"[" * 100_000, b'{"event":"log","x":' + b"[" * 100_000])
def test_what_is_nested_without_end_is_passed_over(line: bytes) -> None:
    troubles: list[str] = []
    assert ev.read(line + b"\n", troubles.append) == ([], len(line) + 1)
    assert len(troubles) == 1
    assert len(troubles[0]) < 200


def test_a_text_that_no_file_can_hold_is_still_said() -> None:
    """The name of a file need not be UTF-8, and its error goes into the last event."""
    event = ev.Failed(reason=ev.FailReason.data, message="no file caf\udce9")
    assert parsed(ev.dumps(event)) == event
    assert event.message.isprintable()
