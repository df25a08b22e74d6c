"""What an attempt notes in its run folder, and that it never makes a run fail or wait."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given

from engine.__main__ import main
from engine.contract import events as ev
from engine.contract.layout import RunDir
from engine.contract.provenance import understood
from engine.provenance import Notes, digest_of_engine, machine, memory, trees
from tests.engine.engine_bench import Ran, finetuning, prepare
from tests.strange import VALUES


@pytest.fixture
def run_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """A run folder, and a working folder that is in no tree of git."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    return RunDir(tmp_path / "run")


def noted(run_dir: RunDir, attempt: int = 1) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(run_dir.provenance(attempt).read_text())
    return content


def test_a_whole_run_notes_what_it_computed_with(
    tmp_path: Path, model_folder: Path, task_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    place = prepare(tmp_path / "data" / "runs" / "r", finetuning(model_folder, task_folder))
    try:
        assert main([str(place.path), "--attempt", "2"]) == 0
    finally:
        torch.use_deterministic_algorithms(False)
    facts = noted(place, 2)
    assert facts["code"]["engine"] == digest_of_engine()
    assert facts["packages"]["torch"] == torch.__version__
    assert {"python", "tokenizers", "numpy", "safetensors"} <= facts["packages"].keys()
    assert facts["hardware"]["device"] == "CPU"
    assert facts["hardware"]["threads"] == 1
    assert facts["random"]["deterministic kernels"] == "where there are"
    assert facts["environment"]["HF_HUB_OFFLINE"] == "1"
    assert facts["data"]["model.commit"] is None, "a folder"
    caches = {path.stem for path in place.cache.glob("*.safetensors")}
    assert {facts["data"][f"rows.{split}"] for split in ("train", "dev", "test")} == caches
    assert {*understood(facts)} == {*facts} - {"v", "at"}


def test_one_that_fails_before_it_computes_notes_what_there_is(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "runs" / "r"
    place = prepare(folder, finetuning(tmp_path / "no-model", tmp_path))
    assert main([str(folder), "--attempt", "1"]) == 1
    assert Ran(place, 1).failed.peak_gpu_bytes is None
    facts = noted(place)
    assert facts["hardware"]["host"] == os.uname().nodename
    assert "device" not in facts["hardware"], "never got that far"


def test_the_environment_is_a_list_of_allowed_names() -> None:
    allowed = {
        "CUDA_VISIBLE_DEVICES": "0", "OMP_NUM_THREADS": "2", "GRAFTUI_JOBS": "3",
        "HF_HOME": "/h", "SLURM_JOB_ID": "77",
    }  # fmt: skip
    secrets = {
        "HF_TOKEN": "x", "WANDB_API_KEY": "x", "AWS_SECRET_ACCESS_KEY": "x", "PGPASSWORD": "x",
        "GRAFTUI_NOTIFY": "x", "GRAFTUI_TOKEN": "x", "GRAFTUI_DATA": "https://me:pass@host/",
        "HOME": "/root", "SSH_AUTH_SOCK": "x", "SLURM_JOB_USER": "x",
    }  # fmt: skip
    assert machine.environment({**allowed, **secrets}) == allowed


def test_values_that_are_no_utf8_are_spelt_out(
    run_dir: RunDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HOME", os.fsdecode(b"/a\xff"))
    Notes(run_dir, 1).close()
    assert noted(run_dir)["environment"]["HF_HOME"] == "/a\\udcff"


def test_nothing_is_said_of_no_attempt(run_dir: RunDir) -> None:
    Notes(run_dir, 0).close()
    assert not run_dir.attempts.exists()


def test_a_folder_that_takes_no_file_is_no_trouble(run_dir: RunDir) -> None:
    run_dir.attempts.touch()  # not a folder
    notes = Notes(run_dir, 1)
    notes.computing({"data": {}})
    notes.close()
    assert not notes._looking.is_alive()


def test_the_end_of_a_run_does_not_wait_for_git(
    run_dir: RunDir, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What git started holds on to its output, though git itself has been ended."""
    (tmp_path / ".git").touch()
    (tmp_path / "git").write_text("#!/bin/sh\nsleep 2\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(trees, "LONGEST_S", 0.1)
    monkeypatch.setattr("engine.provenance._PATIENCE_S", 0.2)
    since = time.monotonic()
    notes = Notes(run_dir, 1)
    notes.computing({"hardware": {"device": "here"}})
    assert time.monotonic() - since < 0.1, "it looks beside"
    notes.close()
    assert time.monotonic() - since < 1.5
    assert noted(run_dir)["hardware"]["device"] == "here"


def test_the_last_words_tell_the_memory_of_all_gpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda number: 5 + number)
    place = prepare(tmp_path / "r", finetuning(tmp_path / "no-model", tmp_path))
    assert main([str(place.path)]) == 1
    assert Ran(place, 1).failed.peak_gpu_bytes == 11
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", _gone)
    assert memory.peak_gpu_bytes() is None


def _gone(number: int) -> int:
    raise RuntimeError("CUDA error: device lost")


def test_last_words_of_before_are_read_as_they_were() -> None:
    line = b'{"v":2,"event":"finished","seconds":1.0,"summary":{},"peak_gpu_bytes":-1}\n'
    (event,), _ = ev.read(line)
    assert isinstance(event, ev.Finished)
    assert event.peak_gpu_bytes is None, "no count of bytes, and no reason to lose the end"
    assert b"peak" not in ev.dumps(event)


@given(VALUES)
def test_any_json_is_understood_as_far_as_it_can_be(value: Any) -> None:
    good = {"code": {"engine": "x", "n": None, "yes": True, "many": 3, "share": 0.5}}
    assert understood({**good, "packages": value})["code"] == good["code"]
    known = understood(value)
    assert all(isinstance(group, dict) for group in known.values())
    json.dumps(known, allow_nan=False)
