"""How kinds are shown: what graftui/kinds says holds for what the contract says of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.contract import schema
from engine.contract.kinds import kinds as contract
from engine.contract.kinds.graft import GraftConfig
from engine.contract.localizers import localizers
from graftui import kinds
from graftui.kinds import Stage
from graftui.results.side_by_side import used

ROOT = Path(__file__).parents[2]
COLUMNS = {
    "graftui/results/columns.py", "graftui/results/chosen_columns.py",
    "graftui/registry/query/keys.py", "graftui/registry/query/completing.py",
    "graftui/tui/cells.py", "graftui/tui/runs/views.py",
}  # fmt: skip
"""The columns of lists, one of which is called "graft"."""
TYPES = {"graftui/cli/commands/catalog.py"}
"""A type of task is called "finetune", as the reference calls it."""


@pytest.mark.parametrize("name", contract())
def test_every_stage_is_one_that_the_kind_scores(name: str) -> None:
    shown = kinds.shown(name)
    assert tuple(stage.name for stage in shown.stages) == contract()[name].stages
    judges = (judge for stage in shown.stages for judge in stage.judged_by)
    assert {*shown.result, *judges, shown.dev_of or shown.result[0]} <= {*contract()[name].stages}


@pytest.mark.parametrize("name", contract())
def test_every_role_and_setting_is_one_that_the_kind_has(name: str) -> None:
    shown = kinds.shown(name)
    roles = {role.name for role in contract()[name].roles}
    assert {stage.of for stage in shown.stages if stage.of} <= roles
    named = [path for stage in shown.stages for path in (*stage.settings, stage.localizer) if path]
    named += [path for paths in shown.labels.values() for path in paths]
    assert {*named} <= {setting.path for setting in schema.settings(name)}


def test_a_kind_that_nobody_knows_is_shown_by_its_own_words() -> None:
    shown = kinds.shown("of-tomorrow")
    assert (shown.stages, shown.makes({})) == ((), "")
    assert kinds.stage_of("of-tomorrow", "merged") == Stage("merged", "merged")
    assert kinds.stage_of("graft", "merged") == Stage("merged", "merged")


CONFIGS = [
    ({}, "learnt graft"),
    ({"localizer": None, "learn": None}, "learnt graft"),
    ({"localizer": "fisher"}, "fisher graft"),
    ({"localizer": "{x}", "learn": True}, "{x} graft"),
    ({"localizer": 7}, "7 graft"),
    ({"localizer": "fisher", "learn": False}, "base patch"),
]


@pytest.mark.parametrize(("config", "made"), CONFIGS)
def test_a_graft_is_called_by_its_localizer(config: dict[str, object], made: str) -> None:
    assert kinds.shown("graft").makes(config) == made


def texts(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_nothing_else_in_graftui_names_a_kind() -> None:
    names = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "graftui").rglob("*.py")
        if {*contract()} & {*texts(path)}
    }
    elsewhere = {name for name in names if not name.startswith("graftui/kinds/")}
    assert elsewhere == COLUMNS | TYPES


def test_what_a_graft_makes_no_use_of_is_what_the_contract_says_is_idle() -> None:
    for name in localizers():
        for more in ({}, {"necessity": True}, {"learn": False}):
            config = GraftConfig.model_validate({"localizer": name, **more})
            unused = kinds.shown("graft").unused(config.model_dump(mode="json"))
            assert {*unused} == {*config.idle()}
    assert kinds.shown("graft").unused({"localizer": "of-tomorrow"}) == ()
    assert used({"localizer": "movement", "steps": 50}, "graft") == {"graft.localizer": "movement"}
