"""Whole fine-tuning runs through `python -m engine`: the same twice, stopped, and failed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForMaskedLM, AutoTokenizer

from engine.contract import config as configs
from engine.contract import events as ev
from engine.contract.layout import RunDir
from engine.failure import failure
from tests.engine.engine_bench import (
    Ran,
    exit_code,
    finetuning,
    prepare,
    rows,
    run_here,
    write_model,
)

Raw = dict[str, Any]


@pytest.fixture
def raw(model_folder: Path, task_folder: Path) -> Raw:
    return finetuning(model_folder, task_folder)


@contextmanager
def started(folder: Path, raw: Raw) -> Iterator[tuple[RunDir, "subprocess.Popen[bytes]"]]:
    """An engine at work, which is gone after the block whatever happens in it."""
    place = prepare(folder, raw)
    command = [sys.executable, "-m", "engine", str(folder)]
    with place.output.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield place, process
    finally:
        process.kill()
        process.wait()


def weights(place: RunDir) -> dict[str, torch.Tensor]:
    return load_file(place.checkpoint / "model.safetensors")


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return set(one) == set(two) and all(torch.equal(one[n], two[n]) for n in one)


def test_the_same_config_gives_the_same_bits_in_another_process(
    tmp_path: Path, raw: Raw, fork: Callable[[RunDir], int]
) -> None:
    """In this one, in a new one, and in one that a warm engine forked."""
    with started(tmp_path / "there", raw) as (place, process):
        here = run_here(tmp_path / "here", raw)
        again = run_here(tmp_path / "again", raw)
        forked = prepare(tmp_path / "forked", raw)
        warm = Ran(forked, exit_code(fork(forked)))
        there = Ran(place, process.wait(300))
    assert (here.code, again.code, there.code) == (0, 0, 0), place.output.read_text()
    assert warm.code == 0, forked.output.read_text()
    for other in (again, there, warm):
        assert other.without_times() == here.without_times()
        assert same(weights(other.place), weights(here.place))
    name = "model.safetensors"
    assert (forked.checkpoint / name).read_bytes() == (place.checkpoint / name).read_bytes()


def test_another_seed_differs(tmp_path: Path, raw: Raw) -> None:
    one = run_here(tmp_path / "0", raw)
    two = run_here(tmp_path / "1", {**raw, "train": {**raw["train"], "seed": 1}})
    assert not same(weights(one.place), weights(two.place))


def test_a_run_in_full(tmp_path: Path, raw: Raw, model_folder: Path) -> None:
    ran = run_here(tmp_path, raw)
    kinds = [e.event for e in ran.events]
    assert (kinds[0], kinds[-1]) == ("started", "finished")
    assert [e.seq for e in ran.events] == list(range(len(kinds)))
    steps = [e.step for e in ran.events if isinstance(e, ev.Metric) and "train/loss" in e.values]
    assert steps == list(range(1, 13))
    dev = [e for e in ran.events if isinstance(e, ev.Metric) and "dev/accuracy" in e.values]
    assert [e.step for e in dev] == [0, 4, 8, 12]
    found = json.loads(ran.place.result.read_text())
    best = max(dev, key=lambda e: (e.values["dev/accuracy"], e.step))
    assert found["summary"]["best_step"] == best.step
    assert found["summary"]["dev"] == best.values["dev/accuracy"]
    for event in ran.events:
        if isinstance(event, ev.Artifact):
            path = tmp_path / event.path
            files = path.rglob("*") if path.is_dir() else [path]
            assert event.bytes == sum(f.stat().st_size for f in files)
    before = load_file(model_folder / "model.safetensors")
    moved = {n for n, new in weights(ran.place).items() if not torch.equal(new, before[n])}
    assert moved
    assert {n for n in moved if ".encoder.layer." not in n} == set(), "frozen, bit for bit"


def test_the_checkpoint_is_that_of_the_best_step(tmp_path: Path, raw: Raw) -> None:
    """A run that ends at the best step of a longer one has the same checkpoint."""
    raw["train"] |= {"optimizer": "sgd", "lr": 0.1, "eval_every": 1, "steps": 30}
    long = run_here(tmp_path / "long", raw)
    summary = json.loads(long.place.result.read_text())["summary"]
    best = int(summary["best_step"])
    assert 0 < best < 30, "choose another rate: this one shows nothing"
    raw["train"] |= {"steps": best}
    short = run_here(tmp_path / "short", raw)
    assert json.loads(short.place.result.read_text())["summary"] == summary
    assert same(weights(short.place), weights(long.place))


def test_sigterm_writes_the_best_so_far(
    tmp_path: Path, raw: Raw, fork: Callable[[RunDir], int]
) -> None:
    raw["train"] |= {"steps": 1_000_000, "eval_every": 5}
    place = prepare(tmp_path, raw)
    pid = fork(place)
    deadline = time.monotonic() + 300
    while b'"step":20,"values"' not in (
        place.events.read_bytes() if place.events.exists() else b""
    ):
        assert os.waitpid(pid, os.WNOHANG) == (0, 0), place.output.read_text()
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)  # else it would go on for hours
            pytest.fail("no step 20 within minutes")
        time.sleep(0.05)
    os.kill(pid, signal.SIGTERM)
    assert exit_code(pid) == 3
    last = Ran(place, 3).events[-1]
    assert isinstance(last, ev.Cancelled)
    assert last.message == "stopped by SIGTERM"
    lm = AutoModelForMaskedLM.from_pretrained(place.checkpoint)
    assert AutoTokenizer.from_pretrained(place.checkpoint).mask_token == "<mask>"
    assert sum(p.numel() for p in lm.parameters()) > 0
    assert "Traceback" not in place.output.read_text()


def failing(tmp_path: Path, raw: Raw, capfd: pytest.CaptureFixture[str]) -> ev.Failed:
    ran = run_here(tmp_path / "run", raw)
    said = "".join(capfd.readouterr())
    assert ran.code == 1
    assert "Traceback" not in said
    assert ran.failed.message in said
    kept = ran.failed.reason == "diverged"  # the best that it passed before
    assert ran.place.checkpoint.exists() == kept
    return ran.failed


@pytest.mark.parametrize(
    ("section", "change", "reason", "words"),
    [
        ("model", {"name": "/no/where"}, "config", ["/no/where", "config.json"]),
        ("model", {"name": "nobody/nothing"}, "config", ["nobody/nothing", "hub"]),
        ("task", {"name": "SST3"}, "config", ["SST3", "SST-2"]),
        ("task", {"data": "/no/where"}, "config", ["/no/where"]),
        ("task", {"label_words": {"0": "dreadful"}}, "config", ["'dreadful'", "not one token"]),
        ("task", {"prompt": "*cls**snt_0**mask*"}, "config", ["*snt_0*"]),
        ("task", {"prompt": "*cls**sent_0*"}, "config", ["no *mask*"]),
        ("task", {"k": 5}, "data", ["5-13"]),
        ("freeze", {"layers": 2}, "config", ["freeze.layers = 2", "2 layers"]),
        ("compute", {"device": "cuda:99"}, "config", ["cuda:99"]),
        ("train", {"lr": 1e30}, "diverged", ["train/"]),
        ("train", {"lr": 1e30, "steps": 1}, "diverged", ["dev/loss"]),
    ],
)
def test_a_failure_names_its_cause(
    tmp_path: Path,
    raw: Raw,
    capfd: pytest.CaptureFixture[str],
    section: str,
    change: Raw,
    reason: str,
    words: list[str],
) -> None:
    raw[section] = {**raw.get(section, {}), **change}
    failed = failing(tmp_path, raw, capfd)
    assert failed.reason == reason
    assert [word for word in words if word not in failed.message] == []
    assert failed.hint


def test_k_larger_than_the_data(
    tmp_path: Path, raw: Raw, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "SST-2"
    folder.mkdir()
    for split in ("train", "dev"):
        (folder / f"{split}.tsv").write_text("\n".join(["sentence\tlabel", *rows(20, 1)]))
    raw["task"] |= {"data": str(tmp_path), "k": 10}
    failed = failing(tmp_path, raw, capfd)
    assert failed.reason == "data"
    assert "task.k = 10 leaves no dev rows for label" in failed.message
    assert "has 10" in failed.message
    assert "task.k to 9 or less" in failed.hint


def test_a_label_that_the_task_does_not_have(
    tmp_path: Path, raw: Raw, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "SST-2" / "4-13"
    folder.mkdir(parents=True)
    for split in ("train", "dev", "test"):
        (folder / f"{split}.tsv").write_text("sentence\tlabel\nthe film\tpositive\n")
    raw["task"] |= {"data": str(tmp_path)}
    failed = failing(tmp_path, raw, capfd)
    assert failed.reason == "data"
    assert "'positive'" in failed.message


def test_a_model_of_the_other_kind(
    tmp_path: Path, raw: Raw, capfd: pytest.CaptureFixture[str]
) -> None:
    raw["model"]["name"] = str(write_model(tmp_path / "gpt2", "gpt2"))
    failed = failing(tmp_path, raw, capfd)
    assert failed.reason == "config"
    assert "AutoModelForMaskedLM" in failed.message


def test_a_model_without_a_head(
    tmp_path: Path, raw: Raw, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = write_model(tmp_path / "headless")
    body = {n: t for n, t in load_file(folder / "model.safetensors").items() if "lm_head" not in n}
    save_file(body, folder / "model.safetensors", {"format": "pt"})
    raw["model"]["name"] = str(folder)
    failed = failing(tmp_path, raw, capfd)
    assert failed.reason == "config"
    assert "lm_head" in failed.message
    assert str(folder) in failed.message


def test_weights_that_are_cut_off(
    tmp_path: Path, raw: Raw, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = write_model(tmp_path / "cut")
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    raw["model"]["name"] = str(folder)
    failed = failing(tmp_path, raw, capfd)
    assert failed.reason == "config"
    assert str(folder) in failed.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"kind": "graft", "lr": -1}', ["graft.lr = -1"]),
        ('{"kind": "finetune", "train": {"stepz": 1}}', ["train.stepz", "train.steps"]),
        ('{"kind": "graft", "version": 99}', ["version = 99", "a newer graftui"]),
        ('{"kind": "sing"}', ["'sing'", "finetune", "graft"]),
        ("{", ["JSON"]),
    ],
)
def test_a_config_that_is_none(tmp_path: Path, text: str, words: list[str]) -> None:
    with pytest.raises(ValueError, match="validation error") as caught:
        configs.loads(text)
    failed = failure(caught.value)
    assert failed.reason == "config"
    assert [word for word in words if word not in failed.message] == []
