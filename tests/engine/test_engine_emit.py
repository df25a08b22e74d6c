"""The emitter's file, as its readers find it."""

import math
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contract import events as ev
from engine.emit import Emitter, StopRequest
from engine.errors import Cancelled, Diverged


def test_events_are_there_at_once_and_numbered(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    emit = Emitter(path)
    for number in range(3):
        emit.log(f"line {number}")
        found, used = ev.read(path.read_bytes())
        assert used == path.stat().st_size
        assert [e.seq for e in found] == list(range(number + 1))
    assert all(e.t > 0 for e in found)


@pytest.mark.parametrize("left", [b"", b'{"event":"log","message":"whole"}\n', b'{"event":"lo'])
def test_a_second_emitter_goes_on_after_a_crash(tmp_path: Path, left: bytes) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(left)
    Emitter(path).log("again")
    found, _ = ev.read(path.read_bytes())
    assert isinstance(found[-1], ev.Log)
    assert found[-1].message == "again"
    assert found[-1].seq == path.read_bytes().count(b"\n") - 1
    assert path.read_bytes().startswith(left)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_ends_the_run(tmp_path: Path, value: float) -> None:
    emit = Emitter(tmp_path / "events.jsonl")
    with pytest.raises(Diverged, match="train/loss is .* at step 7") as caught:
        emit.metric(7, {"train/lr": 0.1, "train/loss": value})
    assert "learning rate" in caught.value.hint


@pytest.fixture
def handlers() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_remembered_until_it_is_asked_for(number: signal.Signals) -> None:
    stop = StopRequest()
    stop.check()
    os.kill(os.getpid(), number)
    with pytest.raises(Cancelled, match=f"stopped by {number.name}"):
        stop.check()
