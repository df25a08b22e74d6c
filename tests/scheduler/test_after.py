"""The command that is called when a run ends: once, with the run in its environment."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from graftui.models import Run, RunStatus
from graftui.planning import plans, recipes
from graftui.registry import hooks
from graftui.registry.store import Store
from graftui.scheduler.after import LOG, Calls
from graftui.scheduler.queue.requeue import requeue
from graftui.scheduler.queue.work import work
from graftui.scheduler.submit import submit
from graftui.settings import Settings, at, load
from graftui.trust import NotAllowed, allow

RECIPE = '[finetune]\nmodel.name = "pocket:masked-lm"\ntask.name = "pocket-film"\n'
EVIL = "x'; touch evil; echo `touch evil` $(touch evil) \x1b[31m"


def queued(settings: Settings, name: str = "mine") -> Run:
    (run,) = submit(settings, plans.plan(recipes.loads(RECIPE, "r"), settings, name=name).plans)
    return run


def end(settings: Settings, run: Run, status: RunStatus = RunStatus.finished) -> None:
    with Store.open(settings.db) as store:
        store.update(run.id, status=status, summary={"finetuned": 0.75}, ended_at=time.time())


def call(settings: Settings, until: Callable[[], bool] = lambda: False, **knobs: float) -> None:
    """A supervisor, as long as a command of its is at work."""
    calls = Calls(settings, **knobs)
    deadline = time.monotonic() + 300
    with Store.open(settings.db) as store:
        while calls.tick(store) and not until() and time.monotonic() < deadline:
            time.sleep(0.02)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return replace(at(tmp_path), after="env > told; echo said >> calls; echo printed")


def told(settings: Settings) -> dict[str, str]:
    lines = (settings.root / "told").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_it_is_told_of_the_run_and_a_name_is_never_obeyed(here: Settings) -> None:
    run = queued(here, EVIL)
    call(here)
    assert not (here.root / "calls").exists(), "it has not ended"
    end(here, run)
    with Store.open(here.db) as store:
        assert work(here, store), "a look starts a supervisor for it"
    call(here)
    seen = told(here)
    assert {name: seen[f"GRAFTUI_{name}"] for name in ("RUN", "NAME", "STATUS", "FIGURE")} == {
        "RUN": run.id, "NAME": EVIL, "STATUS": "finished", "FIGURE": "0.75",
    }  # fmt: skip
    assert Path(seen["GRAFTUI_RUN_DIR"]) == here.runs / run.id
    assert (here.runs / run.id / LOG).read_text() == "printed\n"
    assert not (here.root / "evil").exists()


def test_once_for_each_end(here: Settings) -> None:
    run = queued(here)
    for status in (RunStatus.lost, RunStatus.lost, RunStatus.failed, RunStatus.failed):
        end(here, run, status)
        call(here)
    calls = here.root / "calls"
    assert len(calls.read_text().split()) == 2, "lost, and how it ended after all"
    with Store.open(here.db) as store:
        assert not work(here, store)
        requeue(here, store, store.get(run.id))
    end(here, run)
    call(here)
    assert len(calls.read_text().split()) == 3
    assert told(here)["GRAFTUI_STATUS"] == "finished"


def test_a_supervisor_that_is_killed_calls_it_at_most_once(here: Settings) -> None:
    """Noted, and killed before it is called; and one that another is just calling."""
    run = queued(here)
    end(here, run)
    with Store.open(here.db) as store, store.write() as db:
        assert hooks.claim(db, run.id, here.folder) == here.after
        assert hooks.claim(db, run.id, here.folder) is None
    call(here)
    assert not (here.root / "calls").exists()


def test_one_that_hangs_is_killed_with_its_children(here: Settings) -> None:
    slow = replace(here, after="trap '' TERM; sleep 300 & echo $! > child; wait")
    runs = [queued(slow, "slow"), queued(replace(here, after="exit 3"), "fails")]
    for run in runs:
        end(here, run)
    call(here, longest_s=0.5)
    child = int((here.root / "child").read_text())
    deadline = time.monotonic() + 300
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(child)
    assert "killed after 0.5 s" in (here.runs / runs[0].id / LOG).read_text()


def _alive(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


def test_few_at_once(here: Settings) -> None:
    runs = [queued(replace(here, after="sleep 0.3; echo said >> calls")) for _ in range(6)]
    for run in runs:
        end(here, run)
    most = []

    def count() -> bool:
        with Store.open(here.db) as store:
            most.append(6 - len(hooks.due(store.db, here.folder)))
        return False

    call(here, count)
    assert most[0] == 4, "and none waits for another longer than it must"
    assert len((here.root / "calls").read_text().split()) == 6


def test_a_deleted_run_and_one_without_a_command(here: Settings) -> None:
    gone, silent = queued(here), queued(replace(here, after=""))
    end(here, gone)
    end(here, silent)
    with Store.open(here.db) as store:
        store.delete(gone.id)
        assert not hooks.due(store.db, here.folder)


def test_a_folders_file_is_not_obeyed_before_its_user_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    file = tmp_path / "graftui.toml"
    file.write_text('after = "touch evil"\n')
    with pytest.raises(NotAllowed, match="a command that graftui would run"):
        load()
    assert load({"after": "mine"}).after == "mine"
    assert load({"after": ""}).after == ""
    allow(file, "after", "touch evil")
    assert load().after == "touch evil"
    file.write_text('after = "touch other"\n')
    with pytest.raises(NotAllowed):
        load()


def test_a_session_of_its_own(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONSAFEPATH", "1")  # the supervisor has that for itself
    run = queued(replace(here, after="ps -o sid= -p $$; echo ${PYTHONSAFEPATH-none}"))
    end(here, run)
    call(here)
    session, path = (here.runs / run.id / LOG).read_text().split()
    assert (int(session) != os.getsid(0), path) == (True, "none")
