"""Every example of docs/extending.md, run as it stands there."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.__main__ import main as engine
from engine.contract import kinds
from engine.contract import localizers as entries
from engine.contract.localizers import localizers
from engine.contract.task_spec import HubSource, TaskSpec
from engine.graft.skill import load
from graftui import kinds as shown_kinds
from graftui.models import RunStatus
from graftui.planning import plans, recipes
from graftui.registry.store import Store
from graftui.results.export import runs as exporting
from graftui.scheduler import executors
from graftui.scheduler.cancel import cancel
from graftui.scheduler.submit import submit
from graftui.scheduler.supervise import Supervisor
from graftui.settings import at
from tests.cli.workplace import Workplace, typed
from tests.engine.engine_bench import finetuning, grafting, run_here
from tests.scheduler.scheduler_bench import Bench, plan

PAGE = (Path(__file__).parents[2] / "docs" / "extending.md").read_text()
FILES = dict(re.findall(r"^`([\w/.]+)`\n\n```\w+\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
"""File -> what the page has in it."""
Loader = Callable[[str], ModuleType]


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> Loader:
    """Loads an example by its file, as if that file were there; forgotten after the test."""

    def load_example(path: str) -> ModuleType:
        name = path.removesuffix(".py").replace("/", ".")
        module = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(FILES[path], f"<{path}>", "exec"), module.__dict__)
        return module

    return load_example


def test_no_example_is_passed_over() -> None:
    assert PAGE.count("```") == 2 * len(FILES)
    tested = Path(__file__).read_text()
    assert not [path for path in FILES if f'"{path}"' not in tested]


def test_a_localizer(loaded: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "_ENTRIES", localizers())
    loaded("engine/contract/localizers/loudest.py")
    loaded("engine/graft/localizers/loudest.py")
    model, task = Path("pocket:masked-lm"), {"name": "pocket-film", "k": 2, "test_rows": 8}
    steps = finetuning(model, tmp_path, steps=2, eval_every=2) | {"task": task}
    tuned = run_here(tmp_path / "tuned", steps).place.checkpoint
    raw = grafting(model, tmp_path, tuned, sparsity=50)
    ran = run_here(tmp_path / "graft", {**raw, "task": task, "localizer": "loudest"})
    assert ran.code == 0, ran.place.events.read_text()
    skill = load(ran.place.skill())
    kept = torch.cat([abs(values) for values in skill.values.values()])
    weights = load_file(tuned / "model.safetensors")
    every = torch.cat([weights[name].abs().flatten() for name in skill.info.tensors])
    assert torch.equal(kept.sort().values, every.topk(50).values.sort().values)


def test_every_key_of_a_task_is_told() -> None:
    told = re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE)))
    assert told == [name for name in TaskSpec.model_fields if name != "name"]
    (hub,) = re.findall(r"^\| `hub` \| .*: (.*) \|$", PAGE, re.MULTILINE)
    assert re.findall(r"`(\w+)`", hub) == list(HubSource.model_fields)


def test_a_task(work: Workplace) -> None:
    own = work.path / "data" / "tasks"
    own.mkdir(parents=True)
    (own / "weather.toml").write_text(FILES["data/tasks/weather.toml"])
    shown = work.json("tasks", "show", "weather")["task"]
    assert (shown["text"], shown["label"]) == ([0], 1)
    assert shown["masked"]["label_words"] == {"rain": "terrible", "sun": "great"}
    rows = work.path / "data" / "k-shot" / "weather" / "16-13"
    rows.mkdir(parents=True)
    for split in ("train", "dev", "test"):
        lines = [f"the day is {n}\t{('rain', 'sun')[n % 2]}\n" for n in range(40)]
        (rows / f"{split}.tsv").write_text("".join(lines))
    sets = ["--set", "task.name=weather", "--set", "task.data=data/k-shot"]
    work.run("run", "pocket", *sets, "--detach")
    assert work.json("ls", "-f", "task=weather")


def test_a_kind_of_run(loaded: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_ENTRIES", kinds.kinds())
    loaded("engine/contract/kinds/drift.py")
    loaded("engine/kinds/drift.py")
    recipe = recipes.loads(FILES["drift.toml"], "drift")
    assert recipe.kinds["drift"] == "drift"
    planned = plans.plan(recipe, at(tmp_path))
    first, second, drift = submit(at(tmp_path), planned.plans)
    assert drift.sources == (first.id, second.id)
    for run, weight in ((first, 3.0), (second, 7.0)):
        checkpoint = at(tmp_path).run_dir(run.id).checkpoint
        checkpoint.mkdir()
        save_file({"w": torch.tensor([weight])}, checkpoint / "model.safetensors")
    monkeypatch.chdir(tmp_path)
    folder = at(tmp_path).run_dir(drift.id)
    assert engine([str(folder.path)]) == 0, folder.events.read_text()
    assert json.loads(folder.result.read_text()) == {"distance": 4.0}
    monkeypatch.setattr(shown_kinds, "_ENTRIES", dict(shown_kinds._ENTRIES))
    loaded("graftui/kinds/drift.py")
    shown = typed(monkeypatch, ["show", drift.id])
    assert re.search(r"^ +distance\nweights between the two +4$", shown, re.MULTILINE), shown


def test_an_exporter(loaded: Loader, seen: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "FORMATS", dict(exporting.FORMATS))
    to_tsv = loaded("graftui/results/export/tsv.py").to_tsv
    assert exporting.FORMATS["tsv"] is to_tsv
    with Store.open(seen.path / "runs.db") as store:
        runs = store.list()
        text = to_tsv(runs, store.scores([run.id for run in runs]))
    assert isinstance(text, str)
    titles, *lines = (line.split("\t") for line in text.splitlines())
    assert [line[titles.index("id")] for line in lines] == [run.id for run in runs]
    assert {len(line) for line in lines} == {len(titles)}


def test_a_verb(loaded: Loader, seen: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    verb = loaded("graftui/cli/tally.py")
    assert list(verb.VERBS) == [verb.tally]
    from graftui.cli import app

    monkeypatch.setattr(app, "registered_commands", [*app.registered_commands])
    app.command()(verb.tally)
    monkeypatch.chdir(seen.path)
    assert typed(monkeypatch, ["tally"]) == "     3  finished\n"
    assert '"finished": 3' in typed(monkeypatch, ["tally", "--json"])


@pytest.fixture
def nohup(loaded: Loader) -> Iterator[None]:
    loaded("graftui/scheduler/executors/nohup.py")
    yield
    del executors.EXECUTORS["nohup"]


@pytest.mark.usefixtures("nohup")
def test_an_executor(bench: Bench) -> None:
    done, endless = bench.submit(
        *(replace(plan(does), executor="nohup") for does in ("finish", "sleep"))
    )
    supervisor = Supervisor(replace(bench.settings, jobs=2))
    end = time.monotonic() + 300
    while supervisor.tick():
        assert time.monotonic() < end
        if bench.get(endless.id).status is RunStatus.running:
            cancel(bench.settings, endless.id)
        time.sleep(0.05)
    assert bench.get(done.id).status is RunStatus.finished
    assert bench.get(endless.id).status is RunStatus.cancelled
    assert bench.get(done.id).attempt.executor == "nohup"
