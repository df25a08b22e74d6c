"""A kind of run that is added from outside goes the whole way, without a change elsewhere."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.__main__ import main as engine
from engine.contract import kinds as contract
from engine.contract.config import loads
from graftui.planning import plans, recipes, reruns
from graftui.planning.overrides import parse
from graftui.registry.store import Store
from graftui.scheduler.submit import submit
from graftui.settings import at
from tests.cli import study
from tests.cli.workplace import typed

RECIPE = """
[first]
kind = "finetune"
train.lr = 0.01
[second]
kind = "finetune"
train.lr = 0.02
[probe]
inputs.models = ["first", "second"]
depth = 3
"""


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The kind is registered, for as long as the test takes."""
    before = dict(contract._ENTRIES)
    from tests.kinds import probe

    contract.register_kind(contract.Kind(config=probe.ProbeConfig, title="Reads models",
                                         roles=(probe.ROLE,), stages=("probe",)))  # fmt: skip
    yield
    contract._ENTRIES.clear()
    contract._ENTRIES.update(before)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two fine-tunings that are done."""
    monkeypatch.chdir(tmp_path)
    for id, lr in (("aaaaaa", 0.01), ("bbbbbb", 0.02)):
        study.add(tmp_path, id, "finetune", study.tuned(0.9, 0.8), train__lr=lr)
        folder = at(tmp_path).run_dir(id)
        folder.checkpoint.mkdir()
        folder.digests.write_text("{}")
    return tmp_path


@pytest.mark.usefixtures("known")
def test_it_goes_the_whole_way(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = at(here)
    recipe = recipes.loads(RECIPE, "probing")
    assert recipes.loads(recipes.dumps(recipe), "probing").inputs == recipe.inputs
    planned = plans.plan(recipe, settings, parse(["probe.depth=4"]))
    assert [run.id for run in planned.reused] == ["aaaaaa", "bbbbbb"]
    (run,) = submit(settings, planned.plans)
    assert run.sources == ("aaaaaa", "bbbbbb")
    folder = settings.run_dir(run.id)
    assert loads(folder.config.read_bytes()).model_dump()["models"] == (
        "data/runs/aaaaaa/checkpoint",
        "data/runs/bbbbbb/checkpoint",
    )
    assert engine([str(folder.path)]) == 0, folder.events.read_text()

    def said(*words: str) -> str:
        return typed(monkeypatch, list(words))

    (row,) = json.loads(said("ls", "-f", "kind=probe", "-f", "probe.depth > 3", "--json"))
    assert (row["id"], row["status"], row["parent"]) == (run.id, "finished", "aaaaaa")
    assert json.loads(said("ls", "-f", "probe.depth > 4", "--json")) == []
    assert "probe" in said("ls", "-f", "kind=probe")
    shown = said("show", run.id)
    assert all(word in shown for word in ("aaaaaa", "left", "right", "54.0", "64.0"))
    told = said("compare", run.id, "aaaaaa")
    assert "64" in told
    exported = json.loads(said("export", "--runs", run.id, "--format", "json"))
    assert "0.64" in json.dumps(exported)
    with Store.open(settings.db) as store:
        again, changes = reruns.rerun(store.get(run.id), parse(["probe.depth=5"]), settings)
    assert [one.id for one in again.reused] == ["aaaaaa", "bbbbbb"]
    assert changes == {"probe.depth": (4, 5)}
    assert "aaaaaa" in said("rm", "aaaaaa", "-y"), "what needs it is said"
