"""Several files for one role: named by runs or by paths, and what they count for in an identity."""

from pathlib import Path

import pytest

from engine.contract.kinds.evaluate import EvaluateConfig
from graftui.cli.common import store_to_read
from graftui.errors import UsageError
from graftui.planning import plans, recipes
from graftui.planning.overrides import parse
from graftui.scheduler.submit import Plan, submit
from graftui.settings import Settings, at
from tests.cli import study

RECIPE = '[evaluate]\ntask.name = "pocket-film"\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A folder with a graft that is done, and two skill files."""
    monkeypatch.chdir(tmp_path)
    study.add(tmp_path, "aaaaaa", "graft", study.grafted(1e-3, 0.9, 0.8))
    at(tmp_path).run_dir("aaaaaa").skill().write_bytes(b"of a run")
    with store_to_read(at(tmp_path)):  # it takes in what lies there
        pass
    for name in ("one", "two"):
        Path(f"{name}.safetensors").write_bytes(name.encode())
    return at(tmp_path)


def planned(settings: Settings, *sets: str) -> Plan:
    (plan,) = plans.plan(recipes.loads(RECIPE, "mine"), settings, parse(sets)).plans
    return plan


def config(settings: Settings, *sets: str) -> EvaluateConfig:
    made = planned(settings, *sets).config
    assert isinstance(made, EvaluateConfig)
    return made


def test_each_file_is_had_by_its_path_or_its_run(here: Settings) -> None:
    made = config(here, 'evaluate.skills=["one.safetensors", "aaaaaa"]')
    inside = "data/runs/aaaaaa/skill.safetensors"
    assert made.skills[0] == "one.safetensors"
    assert made.skills[1].endswith(inside)
    assert len(set(made.skill_hashes)) == 2
    (run,) = submit(here, [planned(here, 'evaluate.skills=["one.safetensors", "aaaaaa"]')])
    assert [given.role for given in run.inputs] == ["skills"], "a bare name is no path"
    assert run.inputs[0].source.endswith(inside)


def test_files_count_by_their_content(here: Settings) -> None:
    first, second = (config(here, f'evaluate.skills=["{n}.safetensors"]') for n in ("one", "two"))
    assert first.skill_hashes != second.skill_hashes
    Path("two.safetensors").write_bytes(b"one")
    assert config(here, 'evaluate.skills=["two.safetensors"]').skill_hashes == first.skill_hashes


def test_a_file_that_is_not_there_is_refused_when_it_is_planned(here: Settings) -> None:
    with pytest.raises(UsageError, match="neither a file .* nor a run"):
        planned(here, 'evaluate.skills=["one.safetensors", "of-nobody"]')
