"""Cells: what they come to is what `graftui run` with the same settings comes to; each once."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.contract import preflight
from engine.contract.catalog import tasks
from engine.contract.identity import config_hash
from engine.contract.once import looking_once
from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.planning import plans, recipes
from graftui.planning.overrides import parse as parse_sets
from graftui.planning.sweeps import axes, making
from graftui.planning.sweeps.making import Choice
from graftui.planning.sweeps.members import by_identity
from graftui.planning.sweeps.states import CellState, counts, standings
from graftui.planning.sweeps.sweep import Sweep, listed, resolve, write
from graftui.registry import identities
from graftui.registry.query.grammar import parse
from graftui.registry.query.tree import Condition
from graftui.registry.store import Store
from graftui.registry.view import view
from graftui.scheduler.submit import submit
from graftui.settings import Settings, at

RECIPE = """
[finetune]
model.name = "pocket:masked-lm"
task = { name = "SST-2", data = "films", k = 2 }
[graft]
of = "finetune"
lr = 1e6
"""
TRAIN = "films/SST-2/2-13/train.tsv"
GRID = ("graft.localizer=learnt,movement", "graft.sparsity=1e-3,1e-2", "train.lr=0.1,0.2")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    Path(TRAIN).parent.mkdir(parents=True)
    for split in ("train", "dev", "test"):
        Path(TRAIN).with_stem(split).write_text(f"sentence\tlabel\ngood {split}\t1\nbad\t0\n")
    return at(tmp_path)


def asked(settings: Settings, *grid: str, skip: tuple[str, ...] = (), text: str = RECIPE) -> Sweep:
    recipe = recipes.loads(text, "mine")
    own = axes.of_recipe(recipe.sweep, "mine", recipe.kinds)
    typed = axes.Axes(axes.parse(grid, recipe.kinds, "--grid"), skip=skip)
    return making.asked_for(recipe, axes.merged(own, typed), (), tags=("study",))


def end(settings: Settings, run: Run, status: RunStatus = RunStatus.finished) -> None:
    settings.run_dir(run.id).checkpoint.mkdir(exist_ok=True)
    with Store.open(settings.db) as store:
        store.update(run.id, status=status)


def states(settings: Settings, sweep: Sweep) -> dict[str, int]:
    numbers = counts(standings(sweep, settings))
    return {state: number for state, number in numbers.items() if number}


def test_a_cell_is_the_run_of_its_settings(here: Settings) -> None:
    made = making.make(asked(here, *GRID), here, queue=False)
    assert len(made.cells) == 8
    for cell in made.cells:
        sets = [f"{path}={value}" for path, value in cell.at.items()]
        if cell.at["graft.localizer"] == "movement":
            text = RECIPE.replace("lr = 1e6", "")  # typed by hand it would be refused beside it
        else:
            text = RECIPE
        alone = plans.plan(recipes.loads(text, "mine"), here, parse_sets(sets))
        assert [config_hash(plan.config) for plan in alone.plans] == list(cell.runs.values())


def test_what_grafts_share_is_made_once_and_all_wait_for_it(here: Settings) -> None:
    whole = making.make(asked(here, *GRID), here, on="elsewhere")
    assert {run.executor for run in whole.queued} == {"elsewhere"}
    made = whole.plan
    kinds = [plan.kind for plan in made.plans]
    assert (kinds.count("finetune"), kinds.count("graft"), made.shared) == (2, 8, 6)
    for plan in made.plans:
        for source in plan.inputs.get("finetuned", ()):
            tuning = made.plans[int(source)].config
            assert plan.config.finetuned.config_hash == config_hash(tuning)  # type: ignore[attr-defined]
    assert {plan.tags for plan in made.plans} == {("study",)}


def test_settings_without_a_part_in_a_cell_make_no_other_run(here: Settings) -> None:
    grid = ("graft.localizer=learnt,movement", "graft.seed=1,2,3")
    made = making.make(asked(here, *grid), here, queue=False)
    assert [plan.kind for plan in made.plan.plans] == ["finetune", *["graft"] * 4]
    assert len({cell.runs["graft"] for cell in made.cells}) == 4
    assert any("graft.seed" in remark for remark in made.plan.remarks), "and it is said"


def test_again_it_queues_nothing_and_is_the_same_sweep(here: Settings) -> None:
    first = making.make(asked(here, *GRID), here)
    again = making.make(asked(here, *GRID), here)
    assert (len(first.queued), again.queued, again.plan.under_way) == (10, (), 8)
    assert again.sweep.id == first.sweep.id
    assert [sweep.id for sweep in listed(here)[0]] == [first.sweep.id]
    for run in first.queued:
        end(here, run)
    assert making.make(asked(here, *GRID), here).plan.done == 8
    wider = making.make(asked(here, *GRID, "graft.steps=50"), here)
    assert wider.sweep.id != first.sweep.id, "other axes"
    assert (wider.plan.done, wider.queued) == (8, ()), "though its cells are the same ones"


def test_a_run_made_outside_counts_by_what_it_computes(here: Settings) -> None:
    sets = parse_sets(["graft.sparsity=1e-3", "train.lr=0.1"])
    outside = submit(here, plans.plan(recipes.loads(RECIPE, "x"), here, sets, tags=["other"]).plans)
    for run in outside:
        end(here, run)
    made = making.make(asked(here, "graft.sparsity=1e-3,1e-2", "train.lr=0.1,0.2"), here)
    assert (made.plan.done, made.plan.to_make) == (1, 3)
    assert sum(run.kind == "finetune" for run in made.queued) == 1
    sources = {run.sources for run in made.queued if run.kind == "graft"}
    assert (outside[0].id,) in sources, "its checkpoint serves the other graft"
    assert states(here, made.sweep) == {"done": 1, "queued": 3}


def test_other_files_are_another_run(here: Settings) -> None:
    made = making.make(asked(here, "graft.sparsity=1e-3,1e-2"), here)
    for run in made.queued:
        end(here, run)
    assert states(here, made.sweep) == {"done": 2}
    Path(TRAIN).write_text("sentence\tlabel\nbad\t1\ngood\t0\n")
    assert states(here, made.sweep) == {"missing": 2}
    results = standings(made.sweep, here)
    assert "the data changed since run" in results[0][0].why
    again = making.go_on(made.sweep, Choice(missing=True), here, queue=False)
    assert len(again.plan.plans) == 3
    Path(TRAIN).unlink()
    assert states(here, made.sweep) == {"missing": 2}


def test_a_result_that_is_there_needs_no_source(here: Settings) -> None:
    made = making.make(asked(here, "graft.sparsity=1e-3,1e-2"), here)
    for run in made.queued:
        end(here, run)
    here.run_dir(made.queued[0].id).checkpoint.rmdir()  # freed
    assert making.make(asked(here, "graft.sparsity=1e-3,1e-2"), here).queued == ()
    more = making.add(made.sweep, {"graft.sparsity": (0.5,)}, here)
    assert [run.kind for run in more.queued] == ["finetune", "graft"], "a new graft needs it"


@pytest.mark.parametrize(
    ("choice", "kinds"),
    [
        (Choice(failed=True), ["graft"]),
        (Choice(missing=True), ["finetune", "graft"]),
        (Choice(), ["graft", "finetune", "graft"]),
        (Choice(cells=("train.lr=0.2",)), ["finetune", "graft"]),
        (Choice(failed=True, cells=("train.lr=0.2",)), []),
    ],
)
def test_which_cells_are_run_again(here: Settings, choice: Choice, kinds: list[str]) -> None:
    first = making.make(asked(here, "train.lr=0.1"), here)
    tuning, graft = first.queued
    end(here, tuning)
    end(here, graft, RunStatus.failed)
    sweep = making.make(asked(here, "train.lr=0.1,0.2"), here, queue=False).sweep
    write(here, sweep)
    assert states(here, sweep) == {"failed": 1, "missing": 1}
    made = making.go_on(sweep, choice, here)
    assert [run.kind for run in made.queued] == kinds
    assert making.go_on(sweep, choice, here).queued == (), "now they are under way"


def test_where_a_cell_stands(here: Settings) -> None:
    made = making.make(asked(here, "graft.sparsity=1e-3"), here)
    tuning, graft = made.queued

    def stand(tuned: RunStatus, grafted: RunStatus) -> CellState:
        for run, status in ((tuning, tuned), (graft, grafted)):
            end(here, run, status)
        return standings(made.sweep, here)[0][0].state

    assert stand(RunStatus.queued, RunStatus.queued) is CellState.queued
    assert stand(RunStatus.running, RunStatus.queued) is CellState.running
    assert stand(RunStatus.finished, RunStatus.running) is CellState.running
    assert stand(RunStatus.finished, RunStatus.finished) is CellState.done
    assert stand(RunStatus.finished, RunStatus.failed) is CellState.failed
    assert stand(RunStatus.failed, RunStatus.cancelled) is CellState.failed, "for what it needs"
    for ended in (RunStatus.cancelled, RunStatus.lost):
        assert stand(RunStatus.finished, ended) is CellState.missing
        assert stand(ended, RunStatus.cancelled) is CellState.missing
    assert stand(RunStatus.finished, RunStatus.held) is CellState.missing


def test_one_bad_cell_and_nothing_is_queued(here: Settings) -> None:
    with pytest.raises(UsageError, match=r"task.k = 64 .*cannot run: .*; 1 more cells fail"):
        making.make(asked(here, "train.lr=0.1,0.2", "task.k=2,64"), here)
    assert (listed(here), here.db.exists(), here.runs.exists()) == (([], []), False, False)
    skipping = asked(here, "train.lr=0.1,0.2", "task.k=2,64", skip=("task.k > 2",))
    assert len(making.make(skipping, here).cells) == 2


def test_conditions_see_defaults_and_all_parts(here: Settings) -> None:
    grid = ("train.optimizer=sgd,adamw", "train.l1=0,0.1", "graft.localizer=learnt,movement")

    def left(*skip: str) -> list[dict[str, Any]]:
        return [c.at for c in making.make(asked(here, *grid, skip=skip), here, queue=False).cells]

    def of(kept: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        return [point for point in left() if kept(point)]

    both = left("train.optimizer=adamw and train.l1=0")
    assert both == of(lambda p: not (p["train.optimizer"] == "adamw" and p["train.l1"] == 0))
    assert left("train.l1>0", "task=SST-2 and graft.localizer=movement") == of(
        lambda p: p["train.l1"] == 0 and p["graft.localizer"] == "learnt"
    )
    assert left("graft.sparsity=0.5 or train.steps!=1000") == of(lambda p: True)
    for query, said in (("status=failed", "no run yet"), ("film", "no condition")):
        with pytest.raises(UsageError, match=said):
            left(query)
    with pytest.raises(UsageError, match="No cell is left"):
        left("train.steps=1000")


def test_a_recipe_brings_its_axes(here: Settings) -> None:
    text = f'{RECIPE}\n[sweep.axes]\ntrain.lr = [0.1, 0.2]\n[sweep]\nskip = "train.lr > 0.1"'
    sweep = making.make(asked(here, "train.seed=13,21", text=text), here).sweep
    assert [cell.at for cell in sweep.cells] == [
        {"train.lr": 0.1, "train.seed": seed} for seed in (13, 21)
    ]
    stored = resolve(here, sweep.id)
    assert stored == sweep, "what is read is what was written"
    assert recipes.loads(recipes.dumps(stored.made_from()), "mine") == stored.made_from()
    # Without axes and [sweep] there is nothing to do.
    with pytest.raises(UsageError, match="Nothing varies"):
        asked(here)
    assert len(plans.plan(recipes.loads(text, "mine"), here).plans) == 2, "`run` leaves it be"


def test_a_longer_axis_adds_cells_alone(here: Settings) -> None:
    first = making.make(asked(here, "train.lr=0.1,0.2"), here)
    for run in first.queued:
        end(here, run, RunStatus.failed)
    more = making.add(first.sweep, {"train.lr": (0.2, 0.3)}, here)
    assert [cell.at for cell in more.cells] == [{"train.lr": 0.3}]
    assert len(more.queued) == 2, "what failed is for `sweep run`"
    assert states(here, resolve(here, "last")) == {"queued": 1, "failed": 2}


def test_sweeps_by_name_and_files_that_are_none(here: Settings) -> None:
    sweep = making.make(asked(here, "train.lr=0.1"), here).sweep
    assert {resolve(here, ref).id for ref in (sweep.id, sweep.id[:4], "mine", "last")} == {sweep.id}
    (here.data / "sweeps" / "broken.json").write_text('{"id": 3}')
    (here.data / "sweeps" / "folder.json").mkdir()
    sweeps, unreadable = listed(here)
    assert ([s.id for s in sweeps], len(unreadable)) == ([sweep.id], 2)
    with pytest.raises(UsageError, match="broken.json is no sweep"):
        resolve(here, "broken")
    with pytest.raises(UsageError, match="There is no sweep 'none'"):
        resolve(here, "none")


def test_a_file_whose_parts_do_not_go_together_is_none_and_spoils_no_other(here: Settings) -> None:
    good = making.make(asked(here, "train.lr=0.1"), here).sweep
    path = here.data / "sweeps" / f"{good.id}.json"
    bad: dict[str, dict[str, Any]] = {
        "id": {"id": "../../victim"}, "now": {"created_at": float("nan")},
        "late": {"created_at": 1e300}, "text": {"text": "not = [toml"},
        "cell": {"cells": [{"at": {"train.lr": 0.1}, "runs": {}}]},
        "twice": {"axes": {"grid": {"train.lr": [0.1, 0.1]}}}, "draw": {"axes": {"random": -1}},
    }  # fmt: skip
    for name, wrong in bad.items():
        raw = {**json.loads(path.read_text()), "id": name, **wrong}
        path.with_stem(name).write_text(json.dumps(raw))
    sweeps, unreadable = listed(here)
    assert ([s.id for s in sweeps], {u.path.stem for u in unreadable}) == ([good.id], set(bad))
    for name in bad:
        with pytest.raises(UsageError, match=f"{name}.json is no sweep"):
            resolve(here, name)


def test_a_sweep_is_looked_at_where_the_registry_cannot_be_written(
    here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = making.make(asked(here, "train.lr=0.1,0.2"), here).sweep
    monkeypatch.setattr(Store, "open", lambda path: pytest.fail("it was opened to write"))
    with view(here)[0] as store:
        assert counts(standings(sweep, here, store=store))[CellState.queued] == 2


def test_files_of_a_cell_that_are_no_files_are_not_waited_for(here: Settings) -> None:
    made = making.make(asked(here, "train.lr=0.1"), here)
    os.mkfifo(here.root / "pipe")
    cell = replace(made.sweep.cells[0], files={"graft": ["pipe", "zero\0byte", "."]})
    assert states(here, replace(made.sweep, cells=(cell,))) == {"missing": 1}


def test_a_sweep_in_a_query_is_its_runs(here: Settings) -> None:
    outside = submit(here, plans.plan(recipes.loads(RECIPE, "x"), here).plans)
    made = making.make(asked(here, "train.lr=0.1,0.2"), here)

    def met(text: str) -> set[str]:
        with Store.open(here.db) as store:
            return {run.id for run in store.list(where=by_identity(parse(text), here))}

    own = {run.id for run in made.queued}
    assert met(f"sweep = {made.sweep.id}") == met("sweep in (mine, last)") == own
    assert met("not sweep=mine") == met("sweep != mine") == {run.id for run in outside}
    assert met("sweep=mine and kind=graft") == {r.id for r in made.queued if r.kind == "graft"}
    with pytest.raises(UsageError, match="in a sweep or it is not"):
        met("sweep ~ mine")
    with pytest.raises(UsageError, match="no sweep 'none'"):
        met("sweep = none")
    many = Condition("hash", "=", (*(str(n) for n in range(5000)), made.queued[0].config_hash))
    with Store.open(here.db) as store:
        assert [run.id for run in store.list(where=many)] == [made.queued[0].id]


def test_many_cells_ask_each_question_once(here: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    for module, name in ((preflight, "_check"), (identities, "alike")):
        kept = getattr(module, name)

        def counted(*given: Any, kept: Any = kept, name: str = name) -> Any:
            looked.append(name)
            return kept(*given)

        monkeypatch.setattr(module, name, counted)
    making.make(asked(here, "train.lr=0.1"), here)  # so that there is a registry
    looked.clear()
    grid = ("graft.seed=1,2,3,4,5,6,7", "train.lr=0.1,0.2,0.3", "graft.sparsity=0.1,0.2")
    assert len(making.make(asked(here, *grid), here, queue=False).cells) == 42
    assert (looked.count("_check"), looked.count("alike")) == (1, 1)


def test_what_was_seen_is_kept_for_the_block_alone(here: Settings) -> None:
    own = Path("data/tasks/own.toml")
    own.parent.mkdir(parents=True)
    ships = tasks()["pocket-film"].model_dump(mode="json", exclude={"name"}, exclude_none=True)
    with looking_once():
        before = tasks()
        own.write_text("[unfinished")
        assert tasks() == before
    with pytest.raises(ValueError, match="TOML"):
        tasks()
    assert ships
