"""One bad value costs that value: whatever stands in a run's files, all other runs are listed."""

import errno
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from engine.contract import events as ev
from engine.contract.layout import RunDir
from engine.contract.migrations import VERSION
from graftui.models import Attempt, Run, RunStatus
from graftui.registry import card as cards
from graftui.registry import ingest as module
from graftui.registry.card import amend_card, card_of, read_card, write_card
from graftui.registry.folders import shut
from graftui.registry.store import Store
from graftui.scheduler.reads import stored
from graftui.settings import Settings, at
from tests.registry.registry_rows import a_life, make, place, text_of
from tests.strange import VALUES

WORDS = ("id", "name", "created_at", "recipe", "tags", "parent", "pid", "boot_id", "verdict")
VERDICT = {"status": "failed", "ended_at": 5.0, "reason": "killed", "message": "m", "signal": 9}


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Settings]]:
    """A registry and its folder, emptied by `adopted`."""
    settings = at(tmp_path_factory.mktemp("poison"))
    with Store.open(settings.db) as opened:
        yield opened, settings


def folder(settings: Settings, id: str, **fields: Any) -> tuple[Run, RunDir]:
    """A finished run as it lies on the disk."""
    run = make(id=id, name=f"run {id}", created_at=10.0, **fields)
    run_dir = place(settings.runs, run)
    write_card(run_dir, card_of(run))
    run_dir.events.write_bytes(text_of(a_life()))
    return run, run_dir


def adopted(registry: tuple[Store, Settings]) -> dict[str, Run]:
    """All runs that the registry has after a look, by id; the folders are gone then."""
    store, settings = registry
    module.adopt(store, settings)
    runs = {run.id: run for run in store.list()}
    for id in runs:
        store.delete(id)
    for run_dir in settings.runs.iterdir():
        for path in run_dir.iterdir():
            path.unlink()
        run_dir.rmdir()
    return runs


@hypothesis_settings(max_examples=20)
@given(field=st.sampled_from(WORDS), value=VALUES)
def test_any_value_in_a_card(registry: tuple[Store, Settings], field: str, value: object) -> None:
    _, run_dir = folder(registry[1], "aaaaaa")
    folder(registry[1], "bbbbbb")
    raw = json.loads(run_dir.card.read_text())
    run_dir.card.write_text(json.dumps({**raw, field: value}))
    runs = adopted(registry)
    assert set(runs) == {"aaaaaa", "bbbbbb"}
    spoilt = runs["aaaaaa"]
    assert spoilt.status is RunStatus.finished, "its events say so"
    if field != "name":
        assert spoilt.name == "run aaaaaa", "the other fields are read"
    if field == "name" and not isinstance(value, str):
        assert spoilt.name == "aaaaaa", "what the folder says without it"
        assert "run.json: name" in spoilt.warnings[0]


@hypothesis_settings(max_examples=20)
@given(field=st.sampled_from(sorted(VERDICT)), value=VALUES)
def test_any_value_in_a_verdict(
    registry: tuple[Store, Settings], field: str, value: object
) -> None:
    _, run_dir = folder(registry[1], "aaaaaa")
    run_dir.events.unlink()
    raw = json.loads(run_dir.card.read_text())
    run_dir.card.write_text(json.dumps({**raw, "verdict": {**VERDICT, field: value}}))
    (spoilt,) = adopted(registry).values()
    if field != "status":
        assert spoilt.status is RunStatus.failed


@hypothesis_settings(max_examples=20)
@given(data=st.data())
def test_any_value_in_an_event(registry: tuple[Store, Settings], data: st.DataObject) -> None:
    lines = [json.loads(line) for line in text_of(a_life()).splitlines()]
    line = data.draw(st.sampled_from(lines))
    line[data.draw(st.sampled_from(sorted(line)))] = data.draw(VALUES)
    _, run_dir = folder(registry[1], "aaaaaa")
    run_dir.events.write_text("".join(json.dumps(raw) + "\n" for raw in lines))
    (spoilt,) = adopted(registry).values()
    assert spoilt.status is RunStatus.finished or line is lines[-1]


@hypothesis_settings(max_examples=20)
@given(key=st.sampled_from(["kind", "model", "train", "micro_batch", "compute", "novelty"]),
       value=VALUES)  # fmt: skip
def test_any_value_in_a_config(registry: tuple[Store, Settings], key: str, value: object) -> None:
    run, run_dir = folder(registry[1], "aaaaaa")
    folder(registry[1], "bbbbbb")
    run_dir.config.write_text(json.dumps({**run.config, key: value}))
    assert "bbbbbb" in adopted(registry)


def test_what_was_not_understood_is_counted_and_quoted(
    registry: tuple[Store, Settings],
) -> None:
    _, run_dir = folder(registry[1], "aaaaaa")
    bad = b'{"event":"metric","step":9223372036854775808,"values":{}}\n'
    run_dir.events.write_bytes(bad * 5 + text_of(a_life()) + b"half a li")
    (run,) = adopted(registry).values()
    assert run.bad_events == 5
    assert len(run.warnings) == 3
    assert "events.jsonl: metric: step" in run.warnings[0]
    assert run.summary["accuracy"] == 0.7


def test_a_file_put_right_takes_its_warnings_with_it(store: Store, tmp_path: Path) -> None:
    run = make(status=RunStatus.starting)
    store.add([run])
    run_dir = place(tmp_path / "runs", run)
    run_dir.events.write_bytes(b"garbage\n" * 400)
    module.ingest(store, run.id, run_dir)
    assert store.get(run.id).bad_events == 400
    run_dir.events.write_bytes(text_of(a_life()))
    module.ingest(store, run.id, run_dir)
    now = store.get(run.id)
    assert (now.bad_events, now.warnings, now.status) == (0, (), RunStatus.finished)


def test_a_key_that_nobody_knows_is_kept_and_told(registry: tuple[Store, Settings]) -> None:
    run, run_dir = folder(registry[1], "aaaaaa")
    later = {**run.config, "train": {**run.config["train"], "warmup": 0.1}}
    run_dir.config.write_text(json.dumps(later))
    (listed,) = adopted(registry).values()
    assert listed.config == later
    assert "train.warmup" in listed.warnings[0]
    assert listed.config_hash != run.config_hash, "it may have computed something else"


def test_a_config_of_a_newer_version_is_kept_and_told(registry: tuple[Store, Settings]) -> None:
    """As far as it is understood: what it knows beside that may change what it means."""
    run, run_dir = folder(registry[1], "aaaaaa")
    later = {**run.config, "version": VERSION + 1, "train": {**run.config["train"], "warmup": 0.1}}
    run_dir.config.write_text(json.dumps(later))
    (listed,) = adopted(registry).values()
    assert listed.config == later
    told = " ".join(listed.warnings)
    assert "written by a newer graftui" in told
    assert "train.warmup" in told
    assert listed.config_hash != run.config_hash, "it may have computed something else"


def test_folders_that_are_none_are_named_and_cost_no_other(
    registry: tuple[Store, Settings],
) -> None:
    store, settings = registry
    folder(settings, "bbbbbb")
    _, odd = folder(settings, "cccccc")
    os.rename(os.fsencode(odd.path), os.fsencode(settings.runs) + b"/\xff\xfe")
    _, wrong = folder(settings, "dddddd")
    wrong.config.write_text('{"kind": "finetune", "train": {"steps": "many"}}')
    _, deep = folder(settings, "eeeeee")
    deep.config.write_text("[" * 100_000)
    _, pipe = folder(settings, "ffffff")
    pipe.config.unlink()
    os.mkfifo(pipe.config)
    skipped = {each.folder.rsplit("/")[-1]: each for each in module.adopt(store, settings).skipped}
    assert set(skipped) == {"\\xff\\xfe", "dddddd", "eeeeee", "ffffff"}
    assert "train.steps = 'many'" in skipped["dddddd"].why
    assert all(len(each.why) < 400 and each.hint for each in skipped.values())
    assert set(adopted(registry)) == {"bbbbbb"}


def test_a_folder_that_may_not_be_read(
    registry: tuple[Store, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for a user who is not root, whom no mode shuts out."""
    store, settings = registry
    _, locked = folder(settings, "cccccc")
    stat = os.stat

    def refusing(path: Any, *rest: Any, **options: Any) -> os.stat_result:
        if Path(path).parent == locked.path:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return stat(path, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", refusing)
        patch.setattr(os, "access", lambda path, mode: Path(path) != locked.path)
        (skipped,) = module.adopt(store, settings).skipped
        assert [each.folder for each in shut(settings.runs)] == [skipped.folder]
    assert "permission" in skipped.why
    adopted(registry)


def test_a_card_that_is_none(tmp_path: Path) -> None:
    run_dir = RunDir(tmp_path)
    for text in ("[", "[]", "null", "\xff", "[" * 100_000):
        run_dir.card.write_text(text, encoding="latin-1")
        troubles: list[str] = []
        assert read_card(run_dir, troubles.append) is None
        assert len(troubles) == 1


def test_every_field_of_a_card_survives_its_file(tmp_path: Path) -> None:
    made = make(id=tmp_path.name, tags=("a", "b"), parent="pppppp", recipe="r", executor="x")
    only = Attempt(run=made.id, n=1, host="h", boot_id="b", pid=7, pid_ticks=9, exit_code=0)
    card = replace(card_of(made), only_attempt=only)
    write_card(RunDir(tmp_path), card)
    troubles: list[str] = []
    assert read_card(RunDir(tmp_path), troubles.append) == card
    assert troubles == []


def test_a_folder_moved_under_another_clock_is_dated_by_its_file(
    registry: tuple[Store, Settings],
) -> None:
    _, run_dir = folder(registry[1], "aaaaaa")
    raw = json.loads(run_dir.card.read_text())
    run_dir.card.write_text(json.dumps({**raw, "created_at": 1e300}))
    written = run_dir.card.stat().st_mtime
    (run,) = adopted(registry).values()
    assert run.created_at == written


def test_an_end_without_a_time_is_that_of_the_last_sign_of_life(
    registry: tuple[Store, Settings],
) -> None:
    _, run_dir = folder(registry[1], "aaaaaa")
    lines = text_of(a_life()[:-1]) + b'{"event":"finished","seconds":1,"t":"now"}\n'
    run_dir.events.write_bytes(lines)
    (run,) = adopted(registry).values()
    assert run.ended_at == a_life()[-2].t
    assert isinstance(ev.read(lines)[0][-1], ev.Finished)


@pytest.mark.parametrize("name", ["card", "output", "digests"])
def test_a_pipe_where_a_file_should_be_is_waited_for_by_nobody(
    registry: tuple[Store, Settings], name: str
) -> None:
    _, run_dir = folder(registry[1], "pipe22")
    path = getattr(run_dir, name)
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    folder(registry[1], "fine22")
    assert set(adopted(registry)) == {"pipe22", "fine22"}
    assert stored(run_dir) is None


def test_a_card_that_may_not_be_written_stops_nobody(
    registry: tuple[Store, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user's folder; root would write to it all the same."""
    _, run_dir = folder(registry[1], "shut22")

    def refuse(number: int) -> None:
        def write(*_: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(cards, "write_json", write)

    refuse(errno.EACCES)
    amend_card(run_dir, verdict=None)
    refuse(errno.ENOSPC)
    with pytest.raises(OSError, match="No space"):
        amend_card(run_dir, verdict=None)
    adopted(registry)
