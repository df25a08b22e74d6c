"""Searches: the points are Optuna's own; one that is killed goes on as if it had not been."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest

from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.planning import recipes
from graftui.planning.sweeps import making
from graftui.planning.sweeps import sweep as files
from graftui.planning.sweeps.axes import Axes, Point, parse
from graftui.planning.sweeps.search import asked, searcher, space
from graftui.planning.sweeps.search.outcome import reached_by
from graftui.planning.sweeps.search.searcher import Step, driving
from graftui.planning.sweeps.search.space import Choices, Range, Search
from graftui.planning.sweeps.search.study import Study, TrialState
from graftui.planning.sweeps.states import CellState, standings
from graftui.planning.sweeps.sweep import Sweep, remove, resolve
from graftui.registry.store import Store
from graftui.scheduler import pruned
from graftui.settings import Settings, at
from tests.each import each

optuna.logging.set_verbosity(optuna.logging.WARNING)
RECIPE = recipes.loads(
    '[finetune]\nmodel.name = "pocket:masked-lm"\ntask.name = "pocket-film"\n'
    '[graft]\nof = "finetune"\n',
    "mine",
)
TYPED = ("train.lr=1e-3..1e-1:log", "train.steps=100..800:100", "graft.sparsities=[1e-3],[1e-2]")


def figure(point: Point) -> float:
    """What a trial at `point` comes to."""
    return float(point["train.lr"]) * point["train.steps"] + point["graft.sparsities"][0]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Optuna's database without a study: it takes a second to make one."""
    path = tmp_path_factory.mktemp("optuna") / "empty.db"
    optuna.storages.RDBStorage(f"sqlite:///{path}").engine.dispose()
    return path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty: Path) -> Settings:
    """Nothing starts here by itself: a test says how runs end."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(searcher, "set_going", lambda settings: None)

    def study_path(settings: Settings, id: str) -> Path:
        path = files.study_path(settings, id)
        if not path.exists():
            shutil.copy(empty, path)
        return path

    monkeypatch.setattr(searcher, "study_path", study_path)
    return replace(at(tmp_path), jobs=2)


def search(trials: int = 12, **more: object) -> Search:
    kinds = RECIPE.kinds
    return Search(space=space.parse(TYPED, kinds), trials=trials, seed=7, **more)  # type: ignore[arg-type]


def begun(settings: Settings, search: Search, grid: Sequence[str] = ()) -> Sweep:
    axes = Axes(parse(grid, RECIPE.kinds, "--grid"))
    sweep = making.asked_for(RECIPE, axes, (), search=search)
    asked.check(sweep, settings)
    return asked.begun(sweep, settings)


def end(settings: Settings, run: Run, value: float | None) -> None:
    """Of a run: finished with that figure, or failed."""
    if value is None:
        changes: dict[str, Any] = {"status": RunStatus.failed, "message": "it broke"}
    else:
        changes = {"status": RunStatus.finished, "summary": {"learnt_graft": value}}
    with Store.open(settings.db) as store:
        store.update(run.id, **changes)


def finish(settings: Settings, sweep: Sweep) -> None:
    """All cells that are queued, by the figure of their points."""
    now = resolve(settings, sweep.id)
    with Store.open(settings.db) as store:
        active = {run.config_hash: run for run in store.active()}
    for cell in now.cells:
        for part, identity in cell.runs.items():
            if identity in active:
                end(settings, active[identity], figure(cell.at) if part == "graft" else 0.5)


def drive(settings: Settings, sweep: Sweep, until: Callable[[Step], bool]) -> Step:
    """A driver that leaves when `until` says so."""
    with driving(resolve(settings, sweep.id), settings) as driver:
        for _ in range(60):
            step = driver.step()
            if step.over or until(step):
                return step
            finish(settings, sweep)
    raise AssertionError("it goes on for ever")


def study(settings: Settings, sweep: Sweep) -> "optuna.Study":
    path = settings.data / "sweeps" / f"{sweep.id}.optuna.db"
    return optuna.load_study(study_name="search", storage=f"sqlite:///{path}")


def optunas(trials: int, width: int) -> list[Point]:
    """The points that Optuna asks for by itself, `width` at a time, with the same figures."""
    of = optuna.distributions
    spans = {
        "train.lr": of.FloatDistribution(1e-3, 1e-1, log=True),
        "train.steps": of.IntDistribution(100, 800, step=100),
        "graft.sparsities": of.CategoricalDistribution(["[0.001]", "[0.01]"]),
    }
    alone = optuna.create_study(direction="maximize")
    points: list[Point] = []
    while len(points) < trials:
        batch = []
        for _ in range(width):
            alone.sampler = optuna.samplers.TPESampler(seed=7 + len(points))
            batch.append(alone.ask(spans))
            chosen = json.loads(batch[-1].params["graft.sparsities"])
            points.append({**batch[-1].params, "graft.sparsities": chosen})
        for trial in batch:
            alone.tell(trial, figure(points[trial.number]))
    return points


def test_the_points_are_those_of_optuna_and_each_is_a_cell(here: Settings) -> None:
    sweep = begun(here, search())
    step = drive(here, sweep, lambda step: False)
    points = [cell.at for cell in resolve(here, sweep.id).cells]
    expected = optunas(12, 2)
    assert points == [point for n, point in enumerate(expected) if point not in expected[:n]]
    best = max(expected, key=figure)
    assert step.best
    assert step.best.point == best
    assert step.best.value == pytest.approx(figure(best))
    known = resolve(here, sweep.id)
    reached = reached_by(known, standings(known, here), asked.aim_of(search(), here), here)
    assert reached.best == best
    assert reached.figure == pytest.approx(figure(best))


def test_killed_at_any_instant_it_asks_for_each_point_once(here: Settings) -> None:
    """Killed in the middle of asking, between asking and queueing, and while runs are at work."""
    sweep = begun(here, search(6))
    drive(here, sweep, lambda step: step.asked >= 2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(making, "at", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        finish(here, sweep)
        with pytest.raises(KeyboardInterrupt):
            drive(here, sweep, lambda step: False)
    half = study(here, sweep).ask({"train.lr": optuna.distributions.FloatDistribution(
        1e-3, 1e-1, log=True)})  # fmt: skip
    drive(here, sweep, lambda step: False)
    trials = study(here, sweep).trials
    assert len(trials) == 6
    assert {trial.state for trial in trials} == {optuna.trial.TrialState.COMPLETE}
    assert trials[half.number].params["train.lr"] == half.params["train.lr"]
    cells = {json.dumps(cell.at) for cell in resolve(here, sweep.id).cells}
    assert cells == {
        json.dumps({**t.params, "graft.sparsities": json.loads(t.params["graft.sparsities"])})
        for t in trials
    }
    with Store.open(here.db) as store:
        hashes = [run.config_hash for run in store.list()]
    assert len(hashes) == len(set(hashes)), "nothing was made twice"


def test_what_fails_is_told_as_failed_and_a_trial_is_the_mean_over_its_seeds(
    here: Settings,
) -> None:
    sweep = begun(here, search(2), ["task.data_seed=13,21"])
    with driving(sweep, here) as driver:
        assert driver.step().open == 1, "two runs at once are the two seeds of one trial"
        first = resolve(here, sweep.id).cells
        with Store.open(here.db) as store:
            grafts = {run.config_hash: run for run in store.active() if run.kind == "graft"}
        for cell, value in zip(first, (0.5, 0.7), strict=True):
            end(here, grafts[cell.runs["graft"]], value)
        (told,) = driver.step().told
        assert told.state is TrialState.done
        assert told.value == pytest.approx(0.6)
        with Store.open(here.db) as store:
            for run in store.active():
                end(here, run, None)
        assert not driver.step().told, "it might be put back in the queue"
        step = driver.step()
    assert [trial.state for trial in step.told] == [TrialState.failed]
    assert "it broke" in step.why[1]
    assert step.over


def test_it_is_pruned_by_the_median_of_the_others(here: Settings) -> None:
    sweep = begun(here, search(8, prune=("graft/train_dev",)))
    with driving(sweep, here) as driver:
        while (step := driver.step()).asked - step.open < 6:
            _curves(here, 0.9)
            finish(here, sweep)
        _curves(here, 0.1)
        told = driver.step().told
    assert {trial.state for trial in told} == {TrialState.pruned}
    with Store.open(here.db) as store:
        runs = [run for run in store.list() if run.reason == "pruned"]
        assert {run.status for run in runs} == {RunStatus.cancelled}
        assert all("behind the median" in run.message for run in runs)
        store.delete(runs[0].id)
    with Store.open(here.db) as store:
        from graftui.registry.ingest import adopt

        adopt(store, here)
        assert store.get(runs[0].id).reason == "pruned", "its card says so too"
    known = resolve(here, sweep.id)
    states = [own[0].state for own in standings(known, here)]
    assert states.count(CellState.pruned) == len(told)


def _curves(settings: Settings, value: float) -> None:
    """Of all grafts that wait: how they do."""
    with Store.open(settings.db) as store, store.write() as db:
        for run in store.active():
            if run.kind == "graft":
                db.executemany(
                    "INSERT OR IGNORE INTO metrics VALUES (?, 'graft/train_dev', '{}', ?, ?)",
                    [(run.id, step, value) for step in (1, 2)],
                )


def test_killed_before_the_runs_of_a_pruned_trial_were_stopped(
    here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = begun(here, search(1))
    with driving(sweep, here) as driver:
        driver.step()
    Study(here.data / "sweeps" / f"{sweep.id}.optuna.db", search()).tell(0, TrialState.pruned)
    stopped: list[str] = []
    monkeypatch.setattr(
        searcher, "prune", lambda _, runs, why: stopped.extend(run.kind for run in runs)
    )
    for _ in range(2):  # once: later its user may have put them back
        with driving(resolve(here, sweep.id), here) as driver:
            assert driver.step().over
    assert stopped == ["graft", "finetune"]


def test_a_run_that_finished_meanwhile_is_not_said_to_be_pruned(here: Settings) -> None:
    sweep = begun(here, search(1))
    with driving(sweep, here) as driver:
        driver.step()
    with Store.open(here.db) as store:
        run = store.active()[0]
    end(here, run, 0.9)
    pruned.prune(here, [run], "why")
    with Store.open(here.db) as store:
        assert (store.get(run.id).status, store.get(run.id).reason) == (RunStatus.finished, None)


def test_its_user_stops_it_and_goes_on(here: Settings) -> None:
    sweep = begun(here, search(3))
    with driving(sweep, here) as driver:
        driver.step()
        asked.stop(sweep, here)
        with Store.open(here.db) as store:
            for run in store.active():
                store.update(run.id, status=RunStatus.cancelled)
        assert driver.step().stopped
        with pytest.raises(UsageError, match="by another process"), driving(sweep, here):
            pass
    assert {t.state.name for t in study(here, sweep).trials} == {"RUNNING"}, "none has failed"
    again = asked.begun(resolve(here, sweep.id), here)
    step = drive(here, again, lambda step: False)
    assert (step.asked, step.best is not None) == (3, True)
    remove(here, again)
    assert not list((here.data / "sweeps").iterdir())


def test_the_same_search_with_more_trials_is_the_same_search(here: Settings) -> None:
    first = begun(here, search(2))
    drive(here, first, lambda step: False)
    again = begun(here, search(4))
    assert (again.id, len(again.cells)) == (first.id, 2)
    assert drive(here, again, lambda step: False).asked == 4
    assert begun(here, replace(search(2), seed=8)).id != first.id


def test_without_optuna(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(UsageError) as refused, driving(begun(here, search(1)), here):
        pass
    assert "graftui[search]" in refused.value.hint


@each(
    ("typed", "meant"),
    [
        ("train.lr=1e-4..1e-1:log", Range(1e-4, 1e-1, log=True)),
        ("train.lr=1..2", Range(1, 2)),
        ("train.steps=100..800:50", Range(100, 800, step=50, whole=True)),
        ("graft.sparsity=1e-4..1e-2", Range(1e-4, 1e-2)),
        ("graft.sparsity=100..9000:log", Range(100, 9000, log=True, whole=True)),
        ("graft.localizer=learnt,movement", Choices(("learnt", "movement"))),
        ("task.prompt='a..b',c", Choices(("a..b", "c"))),
    ],
)
def test_spaces(typed: str, meant: Range | Choices) -> None:
    (read,) = space.parse([typed], RECIPE.kinds).values()
    assert read == meant


@each(
    "typed",
    [
        "train.lr", "train.lr=", "nobody=1..2", "train.lr=2..1", "train.lr=0..1:log",
        "train.lr=1..2:3", "train.lr=1..x", "train.lr=1..2:", "train.steps=1..2.5", "train.lr=1..",
    ],
)  # fmt: skip
def test_what_is_no_space(typed: str) -> None:
    if typed == "train.lr=1..2:":
        assert space.parse([typed], RECIPE.kinds)["train.lr"] == Range(1, 2)
        return
    with pytest.raises(UsageError):
        space.parse([typed], RECIPE.kinds)


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('"low": 0.001', '"low": 5'), ('"log": true', '"log": "so"'),
        ('"trials": 2', '"trials": 0'),
        ('"log": true', '"log": true, "step": -1'), ('"train.lr": ', '"train.dropout": '),
    ],
)  # fmt: skip
def test_a_file_that_was_changed_by_hand(here: Settings, was: str, now: str) -> None:
    sweep = begun(here, replace(search(2), space=space.parse(TYPED[:1], RECIPE.kinds)))
    drive(here, sweep, lambda step: True)
    file = here.data / "sweeps" / f"{sweep.id}.json"
    text = file.read_text().replace('"step": null,', "")
    assert was in text
    file.write_text(text.replace(was, now, 1))
    assert (files.listed(here)[0], len(files.listed(here)[1])) == ([], 1)


def test_a_corner_that_cannot_run_is_refused_at_once(here: Settings) -> None:
    wide = replace(search(), space=space.parse(["train.lr=0..0.1"], RECIPE.kinds))
    with pytest.raises(UsageError, match=r"train\.lr"):
        begun(here, wide)
    with pytest.raises(UsageError, match="no figure"):
        begun(here, search(aim="name"))
