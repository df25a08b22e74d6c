"""Events to rows: however the file arrives and whoever reads it, the rows are the same."""

import math
import multiprocessing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from engine.contract import events as ev
from engine.contract.layout import RunDir
from graftui.models import Attempt, Run, RunReason, RunStatus
from graftui.registry import attempts, tail
from graftui.registry import ingest as module
from graftui.registry.ingest import ingest
from graftui.registry.store import Store
from tests.registry.registry_rows import a_life, make, place, text_of

LIFE = text_of(a_life())
TABLES = ("runs", "metrics", "scores", "artifacts")


def dump(store: Store) -> list[tuple[object, ...]]:
    """All rows of all tables that events fill, but for when they were read."""
    store.db.execute("UPDATE runs SET seen_at = NULL")
    return [tuple(row) for t in TABLES for row in store.db.execute(f"SELECT * FROM {t}")]


@pytest.fixture
def run(store: Store, tmp_path: Path) -> tuple[Run, RunDir]:
    made = make(status=RunStatus.starting)
    store.add([made])
    return made, place(tmp_path / "runs", made)


def test_a_whole_life(store: Store, run: tuple[Run, RunDir]) -> None:
    made, where = run
    where.events.write_bytes(LIFE)
    assert ingest(store, made.id, where) == len(a_life())
    now = store.get(made.id)
    assert (now.status, now.started_at, now.ended_at) == (RunStatus.finished, 1000.0, 1010.0)
    assert (now.seconds, now.device, now.attempt.pid, now.heard_at) == (10.0, "cpu", 1, 1010.0)
    assert (now.phase, now.step, now.total) == ("train", 1, 2)
    assert (now.done, now.left_s, now.progress) == (0.25, 7.5, 0.25)
    assert now.summary["accuracy"] == 0.7
    assert math.isnan(now.summary["ece"])
    grad, loss = store.series(made.id)
    assert (loss.name, loss.steps, loss.values) == ("train/loss", (1, 2), (0.5, 0.125))
    assert math.isnan(grad.values[0])
    assert [s.name for s in store.series(made.id, [loss.key])] == ["train/loss"]
    scores = store.scores([made.id])[made.id]
    assert [(s.stage, s.sparsity, s.scores["accuracy"]) for s in scores] == [
        ("base_patch", None, 0.6),
        ("learnt_graft", 1e-4, 0.7),
    ]


@hypothesis_settings(max_examples=20)
@given(cuts=st.lists(st.integers(0, len(LIFE)), max_size=8), chunk=st.sampled_from([7, 100, 4096]))
def test_cut_anywhere_it_reads_as_in_one_go(
    cuts: list[int], chunk: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    made = make(status=RunStatus.starting, id="aaaaaa", created_at=1.0)
    found = []
    for way, ends in (("whole", [len(LIFE)]), ("cut", [*sorted(cuts), len(LIFE)])):
        with Store.open(folder / f"{way}.db") as store, pytest.MonkeyPatch.context() as patch:
            patch.setattr(tail, "CHUNK", chunk if way == "cut" else 1 << 20)
            store.add([made])
            where = place(folder / way, made)
            events = sum(_grow(store, made, where, end) for end in ends)
            assert events == len(a_life())
            assert ingest(store, made.id, where) == 0
            found.append(dump(store))
    assert found[0] == found[1]


def _grow(store: Store, made: Run, where: RunDir, end: int) -> int:
    where.events.write_bytes(LIFE[:end])
    return ingest(store, made.id, where)


def test_each_attempt_has_the_gpu_memory_that_its_last_words_tell(
    store: Store, run: tuple[Run, RunDir]
) -> None:
    made, where = run
    ends: list[ev.Finished | ev.Failed | ev.Cancelled] = [
        ev.Cancelled(seconds=1.0, attempt=1, peak_gpu_bytes=5),
        ev.Failed(reason="oom", message="", attempt=2, peak_gpu_bytes=7),
        ev.Finished(seconds=1.0, attempt=3),
    ]
    started = ev.Started(pid=1, host="h", device="cuda", config_hash="")
    for end in ends:
        attempts.claim(store.db, made.id)
        begin = started.model_copy(update={"attempt": end.attempt})
        with where.events.open("ab") as file:
            file.write(ev.dumps(begin) + ev.dumps(end))
        ingest(store, made.id, where)
    assert [a.peak_gpu_bytes for a in store.attempts(made.id)] == [5, 7, None]


def test_reading_twice_changes_nothing(store: Store, run: tuple[Run, RunDir]) -> None:
    made, where = run
    where.events.write_bytes(LIFE)
    ingest(store, made.id, where)
    before = dump(store)
    assert ingest(store, made.id, where) == 0
    assert dump(store) == before


def test_a_replaced_file_is_read_from_its_beginning(store: Store, run: tuple[Run, RunDir]) -> None:
    made, where = run
    where.events.write_bytes(LIFE)
    ingest(store, made.id, where)
    other = ev.Metric(step=9, values={"other": 1.0})
    where.events.write_bytes(ev.dumps(other))
    ingest(store, made.id, where)
    assert [(s.name, s.steps) for s in store.series(made.id)] == [("other", (9,))]
    assert store.scores([made.id])[made.id] == []
    assert store.artifacts(made.id) == []


def test_garbage_and_unknown_events_are_passed_over(store: Store, run: tuple[Run, RunDir]) -> None:
    made, where = run
    where.events.write_bytes(b'{"event": "telepathy", "v": 9}\n\xff\x00\n\n{"half\n' + LIFE)
    assert ingest(store, made.id, where) == len(a_life())
    assert store.get(made.id).status is RunStatus.finished


def test_a_line_longer_than_a_chunk(
    store: Store, run: tuple[Run, RunDir], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "CHUNK", 64)
    made, where = run
    long = ev.dumps(ev.Log(message="x" * 1000))
    where.events.write_bytes(long + LIFE)
    assert ingest(store, made.id, where) == 1 + len(a_life())


@pytest.mark.parametrize("state", [RunStatus.finished, RunStatus.failed, RunStatus.cancelled])
def test_an_end_once_known_stays(store: Store, run: tuple[Run, RunDir], state: RunStatus) -> None:
    made, where = run
    store.update(made.id, status=state, message="known")
    where.events.write_bytes(LIFE)
    ingest(store, made.id, where)
    assert (store.get(made.id).status, store.get(made.id).message) == (state, "known")


def test_lost_is_only_a_guess(store: Store, run: tuple[Run, RunDir]) -> None:
    made, where = run
    store.update(made.id, status=RunStatus.lost, message="vanished", hint="rerun")
    where.events.write_bytes(LIFE)
    ingest(store, made.id, where)
    now = store.get(made.id)
    assert (now.status, now.message, now.hint) == (RunStatus.finished, "", "")


def test_a_failed_run_keeps_the_last_lines_of_its_output(
    store: Store, run: tuple[Run, RunDir]
) -> None:
    made, where = run
    lines = "\n".join(f"line {i}" for i in range(100))
    where.output.write_text(f"{lines}\n10%\r50%\r\nTraceback\n")
    failed = ev.Failed(reason=ev.FailReason.oom, message="out of memory", hint="smaller batch")
    where.events.write_bytes(ev.dumps(failed))
    ingest(store, made.id, where)
    now = store.get(made.id)
    assert (now.reason, now.message) == (RunReason.oom, "out of memory")
    assert now.log_tail.splitlines()[-3:] == ["line 99", "50%", "Traceback"]
    assert len(now.log_tail.splitlines()) == 20


def test_no_file_and_no_row_are_no_news(store: Store, run: tuple[Run, RunDir]) -> None:
    made, where = run
    assert ingest(store, made.id, where) == 0
    where.events.write_bytes(LIFE)
    store.delete(made.id)
    assert ingest(store, made.id, where) == 0


def test_every_reason_of_the_engine_is_known_here() -> None:
    own = {RunReason.pruned}  # why graftui itself stopped a run
    assert [r.value for r in RunReason if r not in own] == [r.value for r in ev.FailReason]


def test_a_stretch_that_another_took_meanwhile_is_not_taken_again(
    store: Store, run: tuple[Run, RunDir]
) -> None:
    made, where = run
    where.events.write_bytes(LIFE[: LIFE.index(b"learnt_graft")])
    slow = tail.stretch(where.events, 0)
    assert slow
    where.events.write_bytes(LIFE)
    ingest(store, made.id, where)
    before = dump(store)
    assert module._take(store, made.id, where, slow, 0) == 0
    assert dump(store) == before


def _read_along(db: Path, id: str, where: RunDir, size: int) -> None:
    tail.CHUNK = 512
    with Store.open(db) as store:
        while store.db.execute("SELECT events_offset FROM runs").fetchone()[0] < size:
            ingest(store, id, where)


def test_processes_that_read_at_once_make_the_rows_of_one(tmp_path: Path) -> None:
    made = make(status=RunStatus.starting, id="aaaaaa", created_at=1.0)
    where = place(tmp_path / "runs", made)
    points: list[ev.Event] = [ev.Metric(step=i, values={"loss": 1.0 / (i + 1)}) for i in range(500)]
    text = text_of([*points, *a_life()])
    found = []
    for readers in (1, 4):
        db = tmp_path / f"{readers}.db"
        with Store.open(db) as store:
            store.add([made])
        where.events.write_bytes(b"")
        context = multiprocessing.get_context("fork")
        jobs = [
            context.Process(target=_read_along, args=(db, made.id, where, len(text)))
            for _ in range(readers)
        ]
        for job in jobs:
            job.start()
        with where.events.open("ab", buffering=0) as file:
            for start in range(0, len(text), 997):
                file.write(text[start : start + 997])
        for job in jobs:
            job.join(20)
            assert job.exitcode == 0
        with Store.open(db) as store:
            found.append(dump(store))
    assert found[0] == found[1]


def of_attempt(n: int, *events: ev.Event) -> bytes:
    return b"".join(ev.dumps(event.model_copy(update={"attempt": n, "t": 1.0})) for event in events)


STARTED = ev.Started(pid=1, host="h", device="cpu", config_hash="")
TWICE = of_attempt(
    1,
    STARTED,
    ev.Metric(step=1, values={"train/loss": 3.0}),
    ev.Metric(step=2, values={"train/loss": 2.0}),
    ev.Evaluated(stage="pretrained", split="test", scores={"accuracy": 0.5}),
    ev.Cancelled(seconds=1.0, message="stopped"),
) + of_attempt(
    2,
    STARTED,
    ev.Evaluated(stage="pretrained", split="test", scores={"accuracy": 0.5}),
    ev.Resumed(step=1),
    ev.Metric(step=2, values={"train/loss": 2.5}),
    ev.Metric(step=3, values={"train/loss": 1.0}),
    ev.Finished(seconds=1.0, summary={"accuracy": 0.7}),
)


@pytest.mark.parametrize("known", [0, 1, 2])
def test_what_a_resumed_attempt_says_again_replaces_what_was_said(
    store: Store, run: tuple[Run, RunDir], known: int
) -> None:
    """`known`: so many of both starts had a row before."""
    made, where = run
    with store.write() as db:
        for n in range(1, known + 1):
            attempts.add(db, Attempt(run=made.id, n=n, pid=1))
    where.events.write_bytes(TWICE)
    ingest(store, made.id, where)
    now = store.get(made.id)
    assert (now.status, now.message, now.attempt.resumed_step) == (RunStatus.finished, "", 1)
    (loss,) = store.series(made.id)
    assert (loss.steps, loss.values) == ((1, 2, 3), (3.0, 2.5, 1.0))
    assert len(store.scores([made.id])[made.id]) == 1


def test_the_last_word_of_an_attempt_that_another_followed_ends_nothing(
    store: Store, run: tuple[Run, RunDir]
) -> None:
    made, where = run
    with store.write() as db:
        for n in (1, 2):
            attempts.add(db, Attempt(run=made.id, n=n, pid=n))
    where.events.write_bytes(of_attempt(2, STARTED) + of_attempt(1, ev.Cancelled(seconds=1.0)))
    ingest(store, made.id, where)
    assert store.get(made.id).status is RunStatus.running
