"""The schema: made once by whoever comes first, only ever added to, newer ones refused."""

import multiprocessing
import sqlite3
import threading
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from graftui.errors import DamagedRegistry, EnvironmentProblem
from graftui.registry import migrations
from graftui.registry.connect import journal_mode, set_aside
from graftui.registry.migrate import applied
from graftui.registry.migrations import MIGRATIONS
from graftui.registry.store import Store
from tests.registry.registry_rows import make

pytestmark = pytest.mark.usefixtures("migrated_registries")
PROCESSES = 8


def _open_and_add(paths: list[Path], gate: Barrier, name: str) -> None:
    for path in paths:
        gate.wait(30)
        with Store.open(path) as store:
            store.add([make(name=name)])


@pytest.mark.parametrize("remains", [False, True])
def test_processes_that_open_a_new_one_at_once(tmp_path: Path, remains: bool) -> None:
    paths = [tmp_path / f"round-{i}" / "runs.db" for i in range(5)]
    if remains:  # somebody deleted runs.db alone
        for path in paths:
            path.parent.mkdir()
            Path(f"{path}-wal").write_bytes(b"stale" * 100)
            Path(f"{path}-shm").write_bytes(b"stale" * 100)
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(PROCESSES)
    jobs = [
        context.Process(target=_open_and_add, args=(paths, gate, f"p{i}")) for i in range(PROCESSES)
    ]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join(60)
        assert job.exitcode == 0
    for path in paths:
        with Store.open(path) as store:
            assert sorted(run.name for run in store.list()) == [f"p{i}" for i in range(PROCESSES)]
            assert applied(store.db) == [m.__name__ for m in MIGRATIONS]
            assert store.check() == []


def test_the_switch_to_wal_waits_for_a_writer(tmp_path: Path) -> None:
    """SQLite itself refuses at once, whatever the timeout."""
    path = tmp_path / "runs.db"
    writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, lambda: writer.execute("ROLLBACK"))
    timer.start()
    with Store.open(path) as store:
        assert journal_mode(store.db) == "wal"
    timer.join()
    writer.close()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with Store.open(path) as store:
        store.add([make(id="aaaaaa")])
        made = list(store.db.execute("SELECT * FROM migrations"))
    with Store.open(path) as store:
        assert store.ids("") == {"aaaaaa"}
        assert list(store.db.execute("SELECT * FROM migrations")) == made


def test_one_that_a_newer_graftui_changed_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    with Store.open(path) as store, store.write() as db:
        db.execute("INSERT INTO migrations (name, applied_at) VALUES ('m999_future', 1)")
    with pytest.raises(EnvironmentProblem, match="newer graftui wrote .m999_future") as caught:
        Store.open(path)
    assert "graftui doctor --rebuild" in caught.value.hint


def test_a_change_that_fails_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def m_half(db: object) -> None:
        db.execute("CREATE TABLE half (x)")  # type: ignore[attr-defined]
        raise sqlite3.OperationalError("and then it broke")

    path = tmp_path / "runs.db"
    monkeypatch.setattr(migrations, "MIGRATIONS", [*MIGRATIONS, m_half])
    with pytest.raises(sqlite3.OperationalError):
        Store.open(path)
    monkeypatch.setattr(migrations, "MIGRATIONS", MIGRATIONS)
    with Store.open(path) as store:
        tables = [r[0] for r in store.db.execute("SELECT name FROM sqlite_master")]
    assert "half" not in tables


def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "theirs.db"
    theirs = sqlite3.connect(path)
    theirs.execute("CREATE TABLE diary (day)")
    theirs.close()
    with pytest.raises(EnvironmentProblem, match="another program's database: it has diary"):
        Store.open(path)


def test_a_file_that_is_no_database_is_named_and_can_be_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "runs.db"
    path.write_text("hello " * 1000)
    with pytest.raises(DamagedRegistry, match=r"runs\.db is not a graftui registry") as caught:
        Store.open(path)
    assert "--rebuild" in caught.value.hint
    aside = set_aside(path)
    assert aside.read_text().startswith("hello")
    with Store.open(path) as store:
        assert store.check() == []


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentProblem, match="file"):
        Store.open(tmp_path / "file" / "runs.db")
