"""Identity: what stored configs mean does not change with the code."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from engine.contract import config as configs
from engine.contract.identity import config_hash

GOLDEN = Path(__file__).with_name("golden") / "configs-v1.jsonl"
"""Configs and their hashes, of both kinds and every setting, written by the code of the first
version. Never made anew: add others beside it."""
HOME = Path(__file__).parents[1] / "golden" / "home"

OLD: list[dict[str, Any]] = [json.loads(line) for line in GOLDEN.read_text().splitlines()]


@pytest.mark.parametrize("old", OLD, ids=[old["what"] for old in OLD])
def test_old_configs_keep_their_hash(old: dict[str, Any]) -> None:
    assert config_hash(configs.loads(json.dumps(old["config"]))) == old["hash"]


def test_runs_that_are_stored_keep_their_hash() -> None:
    with sqlite3.connect(f"file:{HOME / 'runs.db'}?mode=ro", uri=True) as db:
        stored = dict(db.execute("SELECT id, config_hash FROM runs"))
    now = {
        path.parent.name: config_hash(configs.loads(path.read_bytes()))
        for path in HOME.glob("data/runs/*/config.json")
    }
    assert now == stored
    assert len(now) == 9
