"""Identity: what stored configs mean, and their hashes, do not change with the code."""

import json
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import Field, ValidationError, create_model

from engine.contract import config as configs
from engine.contract import kinds as registered
from engine.contract import migrations, sections
from engine.contract.config import current
from engine.contract.identity import config_hash, said_of
from engine.contract.kinds import kinds
from engine.contract.kinds.finetune import FinetuneConfig, TrainConfig
from engine.contract.kinds.graft import GraftConfig
from engine.contract.localizers import localizers
from engine.contract.migrations import FIRST, GONE, MIGRATIONS, VERSION, migrated
from engine.contract.sections import Section, TaskConfig
from tests.each import each

GOLDEN = Path(__file__).with_name("golden") / "configs-v1.jsonl"
"""Configs and their hashes, of both kinds and every setting, written by the code of the first
version. Never made anew: add others beside it."""
HOME = Path(__file__).parents[1] / "golden" / "home"

OLD: list[dict[str, Any]] = [json.loads(line) for line in GOLDEN.read_text().splitlines()]


def test_old_configs_keep_their_hash() -> None:
    now = {old["what"]: config_hash(configs.loads(json.dumps(old["config"]))) for old in OLD}
    assert now == {old["what"]: old["hash"] for old in OLD}
    assert len(now) == len(OLD) > 100


def test_runs_that_are_stored_keep_their_hash() -> None:
    with sqlite3.connect(f"file:{HOME / 'runs.db'}?mode=ro", uri=True) as db:
        stored = dict(db.execute("SELECT id, config_hash FROM runs"))
    now = {
        path.parent.name: config_hash(configs.loads(path.read_bytes()))
        for path in HOME.glob("data/runs/*/config.json")
    }
    assert now == stored
    assert len(now) == 9


def with_field(base: type[Section], name: str, field: Any, type_: Any = bool) -> Any:
    """The config as a later version may have it."""
    made: Any = create_model
    return made(f"Later{base.__name__}", __base__=base, **{name: (type_, field)})


def make_known(monkeypatch: pytest.MonkeyPatch, model: Any) -> None:
    """As the config of its kind."""
    kind = model.model_fields["kind"].default
    monkeypatch.setitem(registered._ENTRIES, kind, replace(kinds()[kind], config=model))


LATER = Field(True, json_schema_extra={"since": VERSION + 1, "origin": False})
LATER_TASK = with_field(TaskConfig, "shuffled", LATER)


@pytest.mark.parametrize(
    "model",
    [
        with_field(FinetuneConfig, "fresh", LATER),
        with_field(GraftConfig, "fresh", LATER),
        with_field(GraftConfig, "task", LATER_TASK(), LATER_TASK),
    ],
    ids=["of a fine-tuning", "of a graft", "in a section"],
)
def test_a_new_field_changes_no_old_hash(monkeypatch: pytest.MonkeyPatch, model: Any) -> None:
    """Though its default is not what was before it."""
    of_now = [configs.parse(current(old["config"])) for old in OLD]
    stored = [(configs.dumps(config), config_hash(config)) for config in of_now]
    make_known(monkeypatch, model)
    for module in (migrations, sections, configs):
        monkeypatch.setattr(module, "VERSION", VERSION + 1)
    for old in OLD:
        assert config_hash(configs.loads(json.dumps(old["config"]))) == old["hash"]
    for text, digest in stored:
        assert config_hash(configs.loads(text)) == digest
    kind = model.model_fields["kind"].default
    assert config_hash(configs.parse({"kind": kind})) not in dict(stored).values()


def test_a_changed_default_changes_no_stored_config(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its hash, nor what it means where it lacks the setting."""
    train = with_field(
        TrainConfig, "keep_untrained", Field(False, json_schema_extra={"since": 2, "origin": True})
    )
    lr = Field(1.0, json_schema_extra={"idle": 0.0})
    fisher = configs.parse({"kind": "graft", "localizer": "fisher"})
    before, text = config_hash(fisher), configs.dumps(fisher)
    make_known(monkeypatch, with_field(FinetuneConfig, "train", train(), train))
    make_known(monkeypatch, with_field(GraftConfig, "lr", lr, float))
    whole = [old for old in OLD if "seed" in {**old["config"], **old["config"].get("train", {})}]
    assert len(whole) == len(OLD) - 1
    for old in whole:
        read: Any = configs.loads(json.dumps(old["config"]))
        assert config_hash(read) == old["hash"]
        if read.kind == "finetune":
            assert read.train.keep_untrained is old["config"]["train"].get("keep_untrained", True)
        else:
            assert read.lr == old["config"]["lr"]
    assert config_hash(configs.loads(text)) == before
    changed: Any = configs.parse({"kind": "graft", "localizer": "fisher"})
    assert (changed.lr, config_hash(changed)) == (1.0, before), "it is no part of it"
    tuning: Any = configs.parse({"kind": "finetune"})
    assert tuning.train.keep_untrained is False, "what is asked for now is as it is now"


def fields(model: type[Section], path: str = "") -> dict[str, dict[str, Any]]:
    """Path -> what the field says of itself."""
    found: dict[str, dict[str, Any]] = {}
    for name, info in model.model_fields.items():
        if isinstance(info.annotation, type) and issubclass(info.annotation, Section):
            found |= fields(info.annotation, f"{path}{name}.")
        else:
            found[f"{path}{name}"] = said_of(info)
    return found


@pytest.mark.parametrize("kind", ["finetune", "graft"])
def test_every_field_since_the_first_version_says_so(kind: str) -> None:
    """A field that the first version, which had these kinds, did not have has to say what was
    before it.
    """
    defaults = next(o["config"] for o in OLD if o["what"].startswith(f"{kind} at its defaults, "))
    first = {
        f"{key}.{name}" if name else key
        for key, value in defaults.items()
        for name in (value if isinstance(value, dict) else [""])
    }
    for path, about in fields(kinds()[kind].config).items():
        if path not in (*first, "version", "task.label_words"):
            assert about.get("since", FIRST) > FIRST, path
        assert ("origin" in about) == (about.get("since", FIRST) > FIRST), path
        assert "idle" not in about or about["idle"] == defaults[path], path


@each("name", localizers())
def test_what_the_localizer_does_not_use_is_no_part_of_it(name: str) -> None:
    others = {
        "steps": 9,
        "lr": 1e6,
        "sigmoid_bias": 5.0,
        "examples": 64,
        "eval_every": 2,
        "seed": 3,
    }
    plain = config_hash(GraftConfig(localizer=name))
    for setting, value in others.items():
        config = configs.parse({"kind": "graft", "localizer": name, setting: value})
        used = setting in localizers()[name].uses
        assert (config_hash(config) != plain) == used, setting


def test_the_seed_counts_where_random_weights_are_drawn_beside() -> None:
    one, two = (GraftConfig(localizer="movement", necessity=True, seed=seed) for seed in (1, 2))
    assert config_hash(one) != config_hash(two)


def test_migrations_are_in_order_and_done_once() -> None:
    versions = [migration.version for migration in MIGRATIONS]
    assert versions == sorted(set(versions))
    assert FIRST < versions[0] <= versions[-1] <= VERSION
    for old in OLD:
        now = migrated(old["config"])
        assert now["version"] == VERSION
        assert migrated(now) == now
        assert migrated({**now, "version": FIRST}) == now
    assert set(GONE) == {"graft.micro_batch", "compute.eval_batch"}


@pytest.mark.parametrize("read", [configs.parse, lambda raw: configs.loads(json.dumps(raw))])
def test_a_config_of_a_newer_version_is_refused_by_name(read: Any) -> None:
    with pytest.raises(ValidationError, match="written by a newer graftui"):
        read({"kind": "finetune", "version": VERSION + 1})


@pytest.mark.parametrize("version", [0, "2", 1.0, None, True])
def test_a_version_is_a_whole_number(version: Any) -> None:
    with pytest.raises(ValidationError):
        configs.loads(json.dumps({"kind": "finetune", "version": version}))
