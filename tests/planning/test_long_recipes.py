"""A long recipe costs what its parts cost: what is common to them is done once."""

from pathlib import Path
from typing import Any

import pytest

from engine.contract import catalog, toml
from graftui.planning import plans, recipes, reuse
from graftui.scheduler.submit import submit
from graftui.settings import at

PART = """
[f{n}]
kind = "finetune"
model.name = "pocket:masked-lm"
task = {{ name = "pocket-film", data_seed = {n} }}
[g{n}]
kind = "graft"
of = "f{n}"
"""


def heard(calls: list[object], real: Any) -> Any:
    """`real`, with the arguments of each call in `calls`."""

    def call(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        return real(*arguments, **named)

    return call


def test_files_and_registry_are_read_once_for_all_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = at(tmp_path)
    recipe = recipes.loads("".join(PART.format(n=n) for n in range(40)), "long")
    submit(settings, plans.plan(recipe, settings).plans[:2])
    read: list[object] = []
    looks: list[object] = []
    monkeypatch.setattr(reuse, "reconcile", heard(looks, reuse.__dict__["reconcile"]))
    monkeypatch.setattr(toml, "loads", heard(read, toml.loads))
    planned = plans.plan(recipe, settings)
    assert (len(planned.plans), len(planned.reused)) == (79, 1)
    assert len(looks) == 1
    assert len(read) == len(set(read)), "no task file is parsed twice"


def test_a_task_file_that_changes_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "tasks"
    own.mkdir()
    block = (
        '[films]\ntitle = "{}"\nformat = "csv"\ntext = [0]\nlabel = 1\n[films.masked]\n'
        'prompt = "*cls**sent_0**mask*"\nlabel_words = {{ a = "bad", b = "good" }}\n'
    )
    for title in ("one", "another"):
        (own / "films.toml").write_text(block.format(title))
        assert catalog.tasks(own)["films"].title == title
