"""A run that is interrupted and started again comes to the same bits as one that is not."""

import errno
import json
import math
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from engine.__main__ import YIELDED
from engine.contract import events as ev
from engine.contract.layout import RunDir
from engine.contract.saved import saved_step
from engine.emit import Emitter
from engine.errors import Diverged
from engine.training import explosion, loop, state
from engine.training.explosion import WINDOW, LossWatch
from engine.training.state import States
from tests.engine.engine_bench import Ran, content, finetuning, grafting, run_here, write_model

Raw = dict[str, Any]
Points = dict[tuple[int, str, str], float]
MADE = ("checkpoint/*", "skill*", "result.json", "answers.jsonl.gz", "map.json", "logits*")


def made(place: RunDir) -> dict[str, Any]:
    """Everything that came of a run, byte for byte."""
    files = [path for pattern in MADE for path in place.path.glob(pattern)]
    return {str(path.relative_to(place.path)): content(path) for path in sorted(files)}


def points(ran: Ran) -> Points:
    """Its curves, as the registry has them: what is said again replaces what was said."""
    return {
        (event.step, json.dumps(event.labels), name): value
        for event in ran.events
        if isinstance(event, ev.Metric)
        for name, value in event.values.items()
    }


def stop_after(monkeypatch: pytest.MonkeyPatch, points: int, number: int = signal.SIGTERM) -> None:
    """Send the signal after so many points of curves; the rest of the step goes on."""
    said, metric = [0], Emitter.metric

    def tell(self: Emitter, step: int, values: dict[str, float], labels: ev.Labels = {}) -> None:  # noqa: B006
        metric(self, step, values, labels)
        said[0] += 1
        if said[0] == points:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(Emitter, "metric", tell)


def in_pieces(monkeypatch: pytest.MonkeyPatch, folder: Path, raw: Raw, points: int) -> list[Ran]:
    """Interrupted after each so many points of curves, and started again until it is done."""
    pieces: list[Ran] = []
    while not pieces or pieces[-1].code == 3:
        assert len(pieces) < 12, "it does not get on"
        with monkeypatch.context() as patched:
            stop_after(patched, points)
            pieces.append(run_here(folder, raw))
    return pieces


def resumed(ran: Ran) -> list[int]:
    return [event.step for event in ran.events if isinstance(event, ev.Resumed)]


def check_same(pieces: list[Ran], whole: Ran) -> None:
    assert (pieces[-1].code, whole.code) == (0, 0), pieces[-1].place.events.read_text()
    assert len(pieces) > 1
    assert len(resumed(pieces[-1])) == len(pieces) - 1
    assert made(pieces[-1].place) == made(whole.place)
    assert points(pieces[-1]) == points(whole)
    assert not pieces[-1].place.state.exists(), "nothing is left to go on with"


KINDS: dict[str, tuple[str, Raw, Raw, int]] = {
    # Of four steps, two of them scored. After three points it is asked within the scoring.
    "masked, SGD and l1": ("roberta", {}, {"optimizer": "sgd", "lr": 0.1, "l1": 1e-4}, 3),
    "masked, AdamW": ("roberta", {}, {"keep": "last"}, 2),
    "causal": ("gpt2", {"type": "autoregressive"}, {}, 4),
    "linear head": ("roberta", {"type": "finetune"}, {}, 4),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fine_tuning_in_pieces_is_the_whole_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, task_folder: Path, kind: str
) -> None:
    name, task, train, points = KINDS[kind]
    model = write_model(tmp_path / "model", name)
    raw = finetuning(model, task_folder, **{"steps": 4, "eval_every": 2, **train})
    raw["task"] |= task
    whole = run_here(tmp_path / "whole", raw)
    check_same(in_pieces(monkeypatch, tmp_path / "pieces", raw, points), whole)


@pytest.mark.parametrize("kind", ["causal", "linear head"])
def test_broken_off_in_its_last_tests_it_is_not_trained_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, task_folder: Path, kind: str
) -> None:
    name, task, _, _ = KINDS[kind]
    raw = finetuning(write_model(tmp_path / "model", name), task_folder, steps=4, eval_every=2)
    raw["task"] |= task
    raw["compute"] = {**raw.get("compute", {}), "batch_tokens": 1}  # a row at a time
    pieces = tmp_path / "there/runs/pieces"  # where no answers are known yet
    whole = run_here(tmp_path / "here/runs/whole", raw)
    with monkeypatch.context() as patched:
        stop_in_the_last_tests(patched)
        stopped = run_here(pieces, raw)
    again = run_here(pieces, raw)
    check_same([stopped, again], whole)
    assert resumed(again) == [4]


def stop_in_the_last_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send the signal when the first rows are tested after training."""
    is_trained, progress = [False], Emitter.progress

    def tell(self: Emitter, phase: str, step: int, total: int) -> None:
        progress(self, phase, step, total)
        is_trained[0] |= phase == "finetune" and step == total
        if is_trained[0] and phase == "test":
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(Emitter, "progress", tell)


@pytest.mark.parametrize("localizer", ["learnt", "straight-through", "hard-concrete"])
def test_a_learnt_mask_in_pieces_is_the_whole_one(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    model_folder: Path,
    task_folder: Path,
    tuned: Path,
    localizer: str,
) -> None:
    """Of few examples an update, so that the order of the rows counts; once a curve of two."""
    raw = grafting(model_folder, task_folder, tuned, localizer=localizer, steps=3, examples=3)
    raw["eval_every"] = 2
    if localizer == "learnt":
        raw["sparsities"] = [0.02, 0.05]
        raw["compute"]["save_logits"] = True
    whole = run_here(tmp_path / "whole", raw)
    check_same(in_pieces(monkeypatch, tmp_path / "pieces", raw, points=2), whole)


def test_what_is_saved_in_between_is_gone_on_from_after_a_kill(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model_folder: Path, task_folder: Path
) -> None:
    """Nothing is written at the end: an error that nobody foresaw stands for kill -9."""
    raw = finetuning(model_folder, task_folder, steps=4, eval_every=2)
    raw["compute"]["save_every_s"] = 1e-6
    whole = run_here(tmp_path / "whole", raw)
    with monkeypatch.context() as patched:
        patched.setattr(Emitter, "progress", dies_at(3))
        patched.setattr(state, "SHARE", math.inf)  # each step is over before a save has paid
        killed = run_here(tmp_path / "killed", raw)
    assert killed.code == 1
    assert sorted(path.name for path in killed.place.state.iterdir()) == [
        "2.json", "2.safetensors", "3.json", "3.safetensors",
    ]  # fmt: skip
    damaged = killed.place.state / "3.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    again = run_here(tmp_path / "killed", raw)
    assert resumed(again) == [1], "from the older one"
    assert "3.safetensors is damaged" in warnings(again)
    assert made(again.place) == made(whole.place)
    assert points(again) == points(whole)


def dies_at(step: int) -> Any:
    def progress(self: Emitter, phase: str, at: int, total: int) -> None:
        if phase == "finetune" and at == step:
            raise RuntimeError("killed")

    return progress


def warnings(ran: Ran) -> str:
    said = [e for e in ran.events if isinstance(e, ev.Log) and e.level == "warning"]
    return "\n".join(event.message for event in said)


def test_a_state_of_another_config_is_not_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model_folder: Path, task_folder: Path
) -> None:
    raw = finetuning(model_folder, task_folder, steps=4, eval_every=2)
    with monkeypatch.context() as patched:
        stop_after(patched, 3, signal.SIGUSR1)
        assert run_here(tmp_path / "run", raw).code == 3
    other = {**raw, "train": {**raw["train"], "seed": 1}}
    begun = run_here(tmp_path / "run", other)
    assert (begun.code, resumed(begun)) == (0, [])
    assert "another config" in warnings(begun)
    assert "begins anew" in warnings(begun)
    assert made(begun.place) == made(run_here(tmp_path / "fresh", other).place)


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGTERM])
def test_one_that_yields_says_no_last_word_and_goes_on_to_the_same_bits(
    number: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    model_folder: Path,
    task_folder: Path,
) -> None:
    raw = finetuning(model_folder, task_folder, steps=4, eval_every=2)
    with monkeypatch.context() as patched:
        stop_after(patched, 3, number)
        yielded = run_here(tmp_path / "run", raw, "--attempt", "1", "--yields")
    assert yielded.code == YIELDED
    assert not any(isinstance(event, ev.TERMINAL) for event in yielded.events)
    again = run_here(tmp_path / "run", raw, "--attempt", "1", "--yields")
    whole = run_here(tmp_path / "whole", raw)
    assert (again.code, resumed(again)) == (0, [2])
    assert made(again.place) == made(whole.place)
    assert points(again) == points(whole)


def test_one_that_yields_is_cancelled_all_the_same_where_its_user_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model_folder: Path, task_folder: Path
) -> None:
    raw = finetuning(model_folder, task_folder, steps=4, eval_every=2)
    (tmp_path / "run/attempts").mkdir(parents=True)
    (tmp_path / "run/attempts/2.stop").touch()
    stop_after(monkeypatch, 3)
    cancelled = run_here(tmp_path / "run", raw, "--attempt", "2", "--yields")
    assert cancelled.code == 3
    assert isinstance(cancelled.events[-1], ev.Cancelled)


def test_states_are_written_whole_kept_two_and_not_too_often(tmp_path: Path) -> None:
    now, told = [0.0], list[str]()
    states = States(tmp_path / "state", "hash", 10.0, told.append, lambda: now[0])
    tree = {"a": torch.arange(5), "b": [{"c": torch.tensor(2.5)}, None, "text", float("-inf")]}
    assert not states.due
    for step in range(1, 5):
        now[0] += 10.0
        assert states.due
        states.save(step, tree)
        assert not states.due
    assert {path.stem for path in (tmp_path / "state").iterdir()} == {"3", "4"}
    newest = states.latest()
    assert newest is not None
    assert newest.step == 4
    assert newest.values["a"].tolist() == [0, 1, 2, 3, 4]
    assert newest.values["b"] == [{"c": torch.tensor(2.5)}, None, "text", float("-inf")]
    (tmp_path / "state" / "4.json").write_text("{")
    older = States(tmp_path / "state", "hash", 10.0, told.append).latest()
    assert older is not None
    assert older.step == 3
    assert "4.json is not used" in told[0]


def half_written(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("end", ["json", "safetensors"])
@pytest.mark.parametrize("damage", [Path.unlink, half_written])
def test_what_a_look_says_it_goes_on_from_is_what_it_goes_on_from(
    tmp_path: Path, damage: Callable[[Path], object], end: str
) -> None:
    run_dir = RunDir(tmp_path)
    states = States(run_dir.state, "hash", 10.0)
    for step in (10, 20):
        states.save(step, {"a": torch.arange(5)})
    assert saved_step(run_dir) == 20
    for number, left in ((2, 10), (1, None)):
        damage(run_dir.state / f"{number}.{end}")
        latest = states.latest()
        assert saved_step(run_dir) == (latest and latest.step) == left


@pytest.mark.parametrize(
    "edit", [{"step": math.inf}, {"step": 3}, {"saved_at": 0}, {"values": {}}, {"own_crc32": 1}]
)
def test_a_state_that_was_edited_is_not_believed(tmp_path: Path, edit: Raw) -> None:
    told = list[str]()
    states = States(tmp_path, "hash", 10.0, told.append)
    for step in (1, 2):
        states.save(step, {"a": torch.arange(5), "odd": [1e-300, float("nan"), "\ud800é"]})
    path = tmp_path / "2.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1))
    newest = states.latest()
    assert newest is not None
    assert (newest.step, told) == (2, []), "what it says counts, not how it is laid out"
    path.write_text(json.dumps(json.loads(path.read_text()) | edit))
    older = states.latest()
    assert older is not None
    assert older.step == 1
    assert told == ["state/2.json is not used: it is damaged, or was edited"]


def test_saving_takes_a_fiftieth_of_the_time_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]

    def slowly(*_: Any) -> None:
        now[0] += 4.0

    monkeypatch.setattr("engine.training.state._write", slowly)
    states, spent = States(tmp_path, "hash", 10.0, clock=lambda: now[0]), 0.0
    while now[0] < 10_000:
        now[0] += 1.0
        if states.due:
            began = now[0]
            states.save(1, {})
            spent += now[0] - began
    assert 0.015 < spent / now[0] < 0.02


def test_a_state_that_finds_no_room_ends_no_run_and_leaves_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    states = States(tmp_path / "state", "hash", 10.0, told.append)
    states.save(1, {"a": torch.ones(3)})

    def full(path: Path, _: Any) -> int:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("engine.training.state._stream", full)
        states.save(2, {"a": torch.zeros(3)})
    assert told == ["where the run stands could not be saved: No space left on device"]
    assert {path.name for path in (tmp_path / "state").iterdir()} == {"1.json", "1.safetensors"}
    left = states.latest()
    assert left is not None
    assert left.step == 1


def test_never_means_never(tmp_path: Path) -> None:
    states = States(tmp_path / "state", "hash", 0.0)
    states.save(1, {"a": torch.ones(3)})
    assert not states.due
    assert states.latest() is None
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("how", ["explodes", "is no number"])
def test_a_loss_that_is_lost_ends_the_run_with_its_best_checkpoint(
    tmp_path: Path,
    model_folder: Path,
    task_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    """The norms of a model keep its loss bounded: what is much is made little instead."""
    train = {"steps": WINDOW, "eval_every": 4, "lr": 1e-3}
    if how == "explodes":
        monkeypatch.setattr(explosion, "TIMES", 0.1)
    else:
        monkeypatch.setattr(loop, "backward", loses_its_way(step=10))
    ran = run_here(tmp_path / "run", finetuning(model_folder, task_folder, **train))
    assert ran.failed.reason == "diverged"
    assert ("exploded" if how == "explodes" else "nan at step 10") in ran.failed.message
    kept = load_file(ran.place.checkpoint / "model.safetensors")
    assert all(weight.isfinite().all() for weight in kept.values())
    pretrained = load_file(model_folder / "model.safetensors")
    assert not all(torch.equal(kept[name], pretrained[name]) for name in kept), "a later one"
    assert not ran.place.state.exists(), "it would only diverge again"


def loses_its_way(step: int) -> Any:
    steps, backward = [0], loop.backward

    def lost(*arguments: Any) -> float:
        steps[0] += 1
        loss = backward(*arguments)
        return float("nan") if steps[0] == step else loss

    return lost


def test_an_explosion_is_a_loss_that_stays_far_above_its_beginning() -> None:
    watch = LossWatch()
    for step in range(15):
        watch.see(step + 1, 0.7 * 1.4**step)
    with pytest.raises(Diverged, match="began at 0.7"):
        watch.see(16, 0.7 * 1.4**15)


@pytest.mark.parametrize("level", [0.3, 4.0])
def test_noise_is_no_explosion(level: float) -> None:
    """It would raise Diverged."""
    watch, draw = LossWatch(), random.Random(1)
    for step in range(1, 2000):
        watch.see(step, level * draw.expovariate(1.0))
