"""The emitter's file, as its readers find it."""

import errno
import math
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from engine.contract import events as ev
from engine.emit import Emitter, StopRequest
from engine.errors import Cancelled, Diverged
from engine.loss import refuse_diverged


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
    whole = left[: left.rfind(b"\n") + 1]
    assert path.read_bytes() == whole + ev.dumps(found[-1]), "half a line is taken back"


class Disk:
    """Takes so many bytes, then says that it is full, until it is given room."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._write = os.write

    def write(self, file: int, data: bytes) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        part = data[: self.room]
        self.room -= len(part)
        return self._write(file, part)


@pytest.mark.parametrize("room", [0, 1, 30])
def test_a_line_is_written_whole_or_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    path = tmp_path / "events.jsonl"
    emit = Emitter(path)
    emit.log("before")
    before, disk = path.read_bytes(), Disk(room)
    monkeypatch.setattr(os, "write", disk.write)
    with pytest.raises(OSError, match="No space left"):
        emit.log("there is no room for this")
    assert path.read_bytes() == before
    disk.room = 10_000
    emit.log("after")
    said, used = ev.read(path.read_bytes())
    assert [(e.seq, e.message) for e in said if isinstance(e, ev.Log)] == [
        (0, "before"), (1, "after"),
    ]  # fmt: skip
    assert used == path.stat().st_size


def test_a_last_event_waits_for_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, disk, pauses = tmp_path / "events.jsonl", Disk(10), []
    emit = Emitter(path)

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        disk.room = 10_000 if len(pauses) == 3 else 10

    monkeypatch.setattr(os, "write", disk.write)
    monkeypatch.setattr(time, "sleep", pause)
    emit(ev.Finished(seconds=1.0))
    (event,), _ = ev.read(path.read_bytes())
    assert isinstance(event, ev.Finished)
    assert len(pauses) == 3


def test_a_last_event_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, hours = tmp_path / "events.jsonl", iter(range(0, 10**9, 3600))
    emit = Emitter(path)
    monkeypatch.setattr(os, "write", Disk(0).write)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    monkeypatch.setattr(time, "monotonic", lambda: next(hours))
    with pytest.raises(OSError, match="No space left"):
        emit(ev.Finished(seconds=1.0))
    assert path.read_bytes() == b""


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_none_ends_the_training(value: float) -> None:
    with pytest.raises(Diverged, match="train/loss is .* at step 7") as caught:
        refuse_diverged(7, {"train/lr": 0.1, "train/loss": value})
    assert "learning rate" in caught.value.hint


def test_an_answer_ruled_out_on_dev_ends_nothing(tmp_path: Path) -> None:
    refuse_diverged(7, {"dev/loss": math.inf}, math.isnan)
    with pytest.raises(Diverged):
        refuse_diverged(8, {"dev/loss": math.nan}, math.isnan)


def test_the_emitter_judges_no_number(tmp_path: Path) -> None:
    emit = Emitter(tmp_path / "events.jsonl", attempt=3)
    emit.metric(7, {"dev/loss": math.inf, "train/loss": math.nan})
    (found,), _ = ev.read((tmp_path / "events.jsonl").read_bytes())
    assert isinstance(found, ev.Metric)
    assert found.values["dev/loss"] == math.inf
    assert math.isnan(found.values["train/loss"])
    assert found.attempt == 3


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_remembered_until_it_is_asked_for(number: signal.Signals) -> None:
    stop = StopRequest()
    stop.check()
    os.kill(os.getpid(), number)
    with pytest.raises(Cancelled, match=f"stopped by {number.name}"):
        stop.check()


def test_now_and_then_a_metric_tells_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What psutil says of this process; between two looks nothing is added."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    emit = Emitter(tmp_path / "events.jsonl")
    labels: ev.Labels = {"sparsity": 0.1}
    for step in range(7):
        now[0] = 10.0 * step
        emit.metric(step, {"train/loss": 0.5}, labels)
    said, _ = ev.read((tmp_path / "events.jsonl").read_bytes())
    memory = [e for e in said if isinstance(e, ev.Metric) and "host/memory_gb" in e.values]
    assert [e.step for e in memory] == [3, 6]
    assert all(e.labels == labels for e in memory)
    held = psutil.Process().memory_info().rss / 1e9
    assert memory[-1].values["host/memory_gb"] == pytest.approx(held, rel=0.1)
    assert len(said) == 9
