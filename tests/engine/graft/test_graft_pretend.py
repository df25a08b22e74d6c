"""A localizer is its file: imported, it runs, and is known wherever localizers are named."""

import importlib
import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file

from engine.contract import config as configs
from engine.contract import localizers as entries
from engine.contract import remarks, schema
from engine.contract.identity import config_hash
from engine.contract.localizers import Localizer, localizers
from engine.contract.model_folder import pocket_folder
from engine.graft.skill import load
from tests.contract.test_contract_localizers import row
from tests.engine.engine_bench import finetuning, grafting, run_here

ROOT = Path(__file__).parents[3]
FILE = Path(__file__).with_name("stillest.py")


@pytest.fixture
def stillest(monkeypatch: pytest.MonkeyPatch) -> Iterator[Localizer]:
    """Its entry; forgotten again after the test."""
    name = f"{__package__}.stillest"
    monkeypatch.setattr(entries, "_ENTRIES", localizers())
    sys.modules.pop(name, None)
    importlib.import_module(name)
    yield localizers()["stillest"]
    del sys.modules[name]


def test_it_is_short_and_a_stranger_to_the_rest() -> None:
    assert len(FILE.read_text().splitlines()) < 30
    for package in ("engine", "graftui", "docs"):
        for path in (ROOT / package).rglob("*.*"):
            assert path.suffix == ".pyc" or b"stillest" not in path.read_bytes()


def test_it_runs_on_the_pocket_model(stillest: Localizer, tmp_path: Path) -> None:
    model, task = Path("pocket:masked-lm"), {"name": "pocket-film", "k": 2, "test_rows": 8}
    tuning = run_here(
        tmp_path / "tuning", finetuning(model, tmp_path, steps=2, eval_every=2) | {"task": task}
    )
    raw = grafting(model, tmp_path, tuning.place.checkpoint, sparsity=50)
    ran = run_here(tmp_path / "graft", {**raw, "task": task, "localizer": stillest.name})
    assert ran.code == 0, ran.place.events.read_text()
    (graft,) = json.loads(ran.place.result.read_text())["grafts"]
    assert graft["learnt_graft"]["test"]["weights"] == 50
    skill = load(ran.place.skill())
    moves = torch.cat([abs(skill.values[name] - skill.base[name]) for name in skill.indices])
    pre = load_file(pocket_folder(str(model)) / "model.safetensors")
    tuned = load_file(tuning.place.checkpoint / "model.safetensors")
    every = torch.cat([abs(tuned[n] - pre[n]).flatten() for n in pre if ".encoder." in n])
    assert torch.equal(moves.sort().values, every[every > 0].sort().values[:50])


def test_it_is_known_wherever_localizers_are_named(stillest: Localizer) -> None:
    (setting,) = [one for one in schema.settings("graft") if one.path == "graft.localizer"]
    assert stillest.name in setting.choices
    assert "`stillest`" in runpy.run_path(str(ROOT / "docs" / "settings.py"))["text"]()
    assert row(stillest).startswith(r"| `stillest` | the smallest \|tuned - pretrained\| that")
    config = configs.parse({"kind": "graft", "localizer": "stillest", "steps": 9, "lr": 1e6})
    assert remarks.without_effect(config) == [
        "graft.steps, graft.lr: no effect with graft.localizer = stillest"
    ]
    assert config_hash(config) == config_hash(
        configs.parse({"kind": "graft", "localizer": "stillest"})
    )
    assert configs.loads(configs.dumps(config)) == config


def test_without_it_its_name_is_unknown() -> None:
    with pytest.raises(ValidationError, match="name that is registered"):
        configs.parse({"kind": "graft", "localizer": "stillest"})
