"""The starts of a run: in rows and in files, the same in both, of whatever graftui made them."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from engine.contract import events as ev
from graftui.models import Attempt, Here, RunStatus
from graftui.registry import attempts
from graftui.registry.card import amend_card, card_of, read_card, write_card
from graftui.registry.ingest import adopt, rebuild
from graftui.registry.store import Store
from graftui.settings import Settings, at
from tests.registry.registry_rows import a_life, claim_next, make, place, text_of
from tests.strange import VALUES

GOLDEN = Path(__file__).parents[1] / "golden" / "home"
FIRST = Attempt(run="aaaaaa", n=1, host="h", boot_id="b", pid=7, pid_ticks=9, signal=9)
SECOND = Attempt(run="aaaaaa", n=2, executor="x", job="12", ended_at=5.5, exit_code=0, peak_bytes=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return at(tmp_path)


def test_the_golden_registry_and_the_golden_folders_say_the_same(tmp_path: Path) -> None:
    shutil.copytree(GOLDEN, tmp_path, dirs_exist_ok=True)
    settings = at(tmp_path)
    with Store.open(settings.db) as store:
        with store.write() as db:
            db.execute("UPDATE runs SET folder = ?", (settings.folder,))
        migrated = {id: store.attempts(id) for id in store.ids(settings.folder)}
        assert rebuild(store, settings) == len(migrated) == 9
        assert {id: store.attempts(id) for id in migrated} == migrated
        assert all(store.get(id).attempt == ([Attempt(), *migrated[id]])[-1] for id in migrated)
    (failed,) = migrated["9vxqub"]
    assert (failed.n, failed.executor, failed.host) == (1, "local", "box")
    assert (failed.pid, failed.pid_ticks, failed.exit_code) == (31658, 1387317, 1)
    assert failed.started_at
    assert migrated["h9cfy6"] == [], "it was cancelled before it was started"


def test_a_card_of_then_that_is_written_again_keeps_its_start(tmp_path: Path) -> None:
    then = tmp_path / "8vr7ar"
    shutil.copytree(GOLDEN / "data" / "runs" / "8vr7ar", then)
    run_dir = at(tmp_path).run_dir("8vr7ar")
    run_dir = replace(run_dir, path=then)
    before = attempts.read(run_dir, read_card(run_dir))
    amend_card(run_dir, note="again")
    card = read_card(run_dir)
    assert card
    assert card.note == "again"
    assert attempts.read(run_dir, card) == before
    assert "pid" not in json.loads(run_dir.card.read_text())


def test_all_starts_come_back_from_files(settings: Settings) -> None:
    run = make(id="aaaaaa", created_at=1.0, executor="x")
    run_dir = place(settings.runs, run)
    write_card(run_dir, card_of(run))
    run_dir.events.write_bytes(text_of(a_life()))
    for attempt in (FIRST, SECOND, Attempt(run="aaaaaa", n=3)):
        attempts.write(run_dir, attempt)
    with Store.open(settings.db) as store:
        adopt(store, settings)
        first, second = store.attempts("aaaaaa")
        back = store.get("aaaaaa")
    assert first == FIRST
    assert second == replace(SECOND, started_at=1000.0, pid=1, host="h"), "its events say more"
    assert (back.attempt, back.executor, back.started_at) == (second, "x", 1000.0)


def test_each_start_is_dated_by_its_own_event(settings: Settings) -> None:
    run = make(id="aaaaaa", created_at=1.0)
    run_dir = place(settings.runs, run)
    began = ev.Started(pid=7, host="h", device="cpu", config_hash="")
    said = [(2, 20.0), (1, 10.0), (0, 25.0), (2**62, 30.0)]  # 0: an engine of then
    events = [began.model_copy(update={"attempt": n, "t": t}) for n, t in said]
    run_dir.events.write_bytes(text_of(list(events)))
    for n in (1, 2):
        attempts.write(run_dir, replace(FIRST, n=n))
    with Store.open(settings.db) as store:
        adopt(store, settings)
        assert [(each.n, each.started_at) for each in store.attempts("aaaaaa")] == [
            (1, 10.0), (2, 30.0),
        ]  # fmt: skip
        assert store.get("aaaaaa").started_at == 30.0


def test_a_claim_that_came_to_nothing_counts_and_is_no_start_of_a_folder(store: Store) -> None:
    run = make(id="aaaaaa")
    store.add([run])
    for n in (1, 2):
        claimed = claim_next(store, 1, Here("", "h", "b"))
        assert claimed
        assert claimed.attempt == Attempt(run="aaaaaa", n=n)
        assert not claimed.attempt.begun
        store.update("aaaaaa", status=RunStatus.queued)
    store.delete("aaaaaa")
    assert store.attempts("aaaaaa") == []


def test_an_attempt_is_changed_only_while_its_run_stands_so(store: Store) -> None:
    store.add([make(id="aaaaaa", attempt=FIRST)])
    with store.write() as db:
        assert attempts.change(db, FIRST, only_if=[RunStatus.running], pid=8) is None
        assert attempts.change(db, SECOND, pid=8) is None
        changed = attempts.change(db, FIRST, only_if=[RunStatus.queued], pid=8)
    assert changed == replace(FIRST, pid=8) == store.get("aaaaaa").attempt


@hypothesis_settings(max_examples=20)
@given(field=st.sampled_from(list(asdict(FIRST))), value=VALUES)
def test_any_value_in_the_file_of_an_attempt(
    tmp_path_factory: pytest.TempPathFactory, field: str, value: object
) -> None:
    settings = at(tmp_path_factory.mktemp("poison"))
    run = make(id="aaaaaa", created_at=1.0)
    run_dir = place(settings.runs, run)
    attempts.write(run_dir, FIRST)
    file = run_dir.attempts / "1.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), field: value}))
    (run_dir.attempts / "2.json").write_text("[]")
    (run_dir.attempts / f"{10**20}.json").write_text("{}")
    with Store.open(settings.db) as store:
        assert adopt(store, settings).added == ("aaaaaa",)
        back = store.get("aaaaaa")
    assert "attempts/2.json" in back.warnings[-1]
    assert back.attempt.n == 1 or field in ("pid", "job")
