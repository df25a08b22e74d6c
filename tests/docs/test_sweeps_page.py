"""The examples of docs/sweeps.md, typed: each comes to as many cells and runs as it says."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.cli.workplace import in_process

PAGE = (Path(__file__).parents[2] / "docs" / "sweeps.md").read_text()
EXAMPLES = re.findall(r"^graftui (sweep .*?)  # (\d+) cells, (\d+) runs$", PAGE, re.MULTILINE)
SEARCHES = re.findall(r"^graftui (sweep .*--search .*)$", PAGE, re.MULTILINE)
RECIPE = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)[0]


def test_the_examples_are_read() -> None:
    every = len(re.findall(r"^graftui ", PAGE, re.MULTILINE))
    assert (len(EXAMPLES), len(SEARCHES)) == (7, every - 7)


@pytest.mark.parametrize("line", SEARCHES)
def test_searches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.chdir(tmp_path)
    code, text = in_process(monkeypatch, [*shlex.split(line), "--dry-run", "--json"])
    assert code == 0, text
    assert len(json.loads(text)["space"]) == line.split(" --")[1].count("=")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("line", "cells", "runs"), EXAMPLES)
def test_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, cells: str, runs: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(RECIPE)
    code, text = in_process(monkeypatch, [*shlex.split(line), "--dry-run", "--json"])
    assert code == 0, text
    plan = json.loads(text)
    assert (plan["cells"], len(plan["plans"])) == (int(cells), int(runs))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.toml"]
