"""Retraining: a region moves, nothing else does, and everything is the fine-tuning, bit for bit."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForMaskedLM

from engine import data
from engine.contract.kinds.finetune import TrainConfig
from engine.contract.kinds.retrain import RetrainConfig, check_settings
from engine.contract.regions import region_sources
from engine.contract.regions.section import RegionConfig
from engine.contract.sections import Finetuned
from engine.graft.skill import Skill, load
from engine.session import Session
from engine.training import moving
from engine.training.best import BestWeights
from engine.training.loop import Training, backward, train
from engine.training.moving import Whole, Within, trained
from engine.training.optimizer import set_lr
from graftui import kinds
from tests.engine.engine_bench import Ran, finetuning, run_here, session_of
from tests.engine.engine_zoo import FAMILIES
from tests.engine.graft.graft_bench import tuned_from
from tests.engine.test_engine_resume import check_same, in_pieces, points

Weights = dict[str, torch.Tensor]
SHORT = {"steps": 4, "eval_every": 2}


def retraining(model: Path, task: Path, tuned: Path | str = "", **more: Any) -> dict[str, Any]:
    """A raw config; `region` and `signs` among others."""
    train = {**SHORT, **more.pop("train", {})}
    return {
        **finetuning(model, task, **train),
        "kind": "retrain",
        "finetuned": {"path": str(tuned)},
        "region": {"source": "everything"},
        **more,
    }


def values(lm: Any) -> Weights:
    return {name: p.detach().clone() for name, p in lm.named_parameters()}


def result(ran: Ran) -> dict[str, Any]:
    assert ran.code == 0, ran.place.events.read_text()
    parsed: dict[str, Any] = json.loads(ran.place.result.read_text())
    return parsed


OPTIMIZERS = {
    "sgd": {"optimizer": "sgd", "lr": 0.1, "l1": 1e-4, "weight_decay": 0.1},
    "adamw": {"optimizer": "adamw", "lr": 0.01, "weight_decay": 0.1, "micro_batch": 3},
}


@pytest.fixture(scope="module", params=OPTIMIZERS)
def whole(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    model_folder: Path,
    task_folder: Path,
) -> tuple[Ran, dict[str, Any]]:
    """A fine-tuning, and its settings."""
    settings = {**SHORT, **OPTIMIZERS[request.param], "keep_untrained": False}
    raw = finetuning(model_folder, task_folder, **settings)
    return run_here(tmp_path_factory.mktemp(request.param), raw), settings


@pytest.mark.parametrize("gathered", [False, True])
def test_with_everything_it_is_the_fine_tuning_bit_for_bit(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    whole: tuple[Ran, dict[str, Any]],
    model_folder: Path,
    task_folder: Path,
    gathered: bool,
) -> None:
    """Gathered: all weights of each tensor, as if they were some of it."""
    finetuned, settings = whole
    if gathered:
        monkeypatch.setattr(moving, "is_whole", lambda *_: False)
    raw = retraining(model_folder, task_folder, train=settings)
    retrained = run_here(tmp_path / "all", raw)
    skill = load(retrained.place.skill())
    tensors = load_file(finetuned.place.checkpoint / "model.safetensors")
    assert skill.indices.keys() <= tensors.keys()
    for name, value in skill.values.items():
        assert torch.equal(value, tensors[name].flatten()), name
    moved = sum(int((skill.values[n] != skill.base[n]).sum()) for n in skill.values)
    assert moved > len(next(iter(skill.values.values())))
    assert points(retrained) == points(finetuned)
    (one, other) = (result(ran) for ran in (retrained, finetuned))
    size = {"weights", "fraction"}
    scores = {k: v for k, v in one["retrained"]["test"].items() if k not in size}
    assert scores == other["finetuned"]["test"]
    assert one["pretrained"] == other["pretrained"]


@pytest.fixture
def session(task: data.TaskData, tmp_path: Path) -> Session:
    return session_of(FAMILIES["roberta"].build(), task, tmp_path)


def some_of(session: Session, share: float = 0.1) -> Weights:
    """A part of all tensors but the first two, one of which is whole."""
    draw = torch.Generator().manual_seed(4)
    sizes = {name: session.model.lm.get_parameter(name).numel() for name in session.maskable[2:]}
    kept = {
        name: torch.randperm(size, generator=draw)[: max(1, int(share * size))].sort().values
        for name, size in sizes.items()
    }
    last = next(reversed(kept))
    return {**kept, last: torch.arange(sizes[last])}


def masked_by_hand(session: Session, config: TrainConfig, indices: Weights) -> Weights:
    """Dense training in which gradients and steps outside the region are undone."""
    own = trained(session.model)
    masks = {f"lm.{n}": torch.zeros(session.model.lm.get_parameter(n).numel()) for n in indices}
    for name, index in indices.items():
        masks[f"lm.{name}"][index] = 1
    training = Training(session, config, BestWeights(own), Whole(session.model))
    optimizer, before = training._optimizer, {n: p.detach().clone() for n, p in own.items()}
    session.model.train()
    for step in range(config.steps):
        set_lr(optimizer, config, step + 1)
        backward(session, next(training._batches), config.micro_batch)
        for name, parameter in own.items():
            mask = masks.get(name, torch.zeros(parameter.numel())).view_as(parameter)
            assert parameter.grad is not None
            parameter.grad.mul_(mask)
        norms = [p.grad.flatten().double().norm() for p in own.values() if p.grad is not None]
        norm = float(torch.stack(norms).norm())
        scale = min(1.0, config.clip / norm) if config.clip else 1.0
        for parameter in own.values():
            assert parameter.grad is not None
            parameter.grad.mul_(scale)
        optimizer.step()
        optimizer.zero_grad()
        with torch.no_grad():
            for name, parameter in own.items():
                mask = masks.get(name, torch.zeros(parameter.numel())).view_as(parameter)
                parameter.copy_(torch.where(mask.bool(), parameter, before[name]))
    return values(session.model.lm)


@pytest.mark.parametrize(("optimizer", "clip"), [("sgd", 0.0), ("adamw", 0.0), ("sgd", 0.1)])
def test_only_the_region_moves_as_masked_dense_steps_move_it(
    session: Session, optimizer: str, clip: float
) -> None:
    """To the bit, where no norm is summed up in another order."""
    config = TrainConfig.model_validate(
        {**OPTIMIZERS[optimizer], "l1": 0.0, "steps": 3, "batch_size": 4, "clip": clip}
    )
    indices, start = some_of(session), values(session.model.lm)
    torch.manual_seed(3)
    expected = masked_by_hand(session, config, indices)
    session.model.lm.load_state_dict(start, strict=False)
    within = Within(session.model, indices)
    torch.manual_seed(3)
    train(session, config, BestWeights(within.parameters), moving=within)
    for name, value in values(session.model.lm).items():
        outside = torch.ones(value.numel(), dtype=torch.bool)
        outside[indices.get(name, torch.empty(0, dtype=torch.int64))] = False
        flat, before = value.flatten(), start[name].flatten()
        assert torch.equal(flat[outside], before[outside]), f"{name} outside the region"
        atol, rtol = (2e-6, 1e-5) if clip else (0.0, 0.0)
        torch.testing.assert_close(value, expected[name], atol=atol, rtol=rtol, msg=name)
    inside = within.values()
    moved = sum(int((inside[n] != start[n].flatten()[at]).sum()) for n, at in indices.items())
    assert moved > 0.9 * sum(map(len, indices.values()))


def test_state_and_gradients_are_as_large_as_the_region(session: Session) -> None:
    """Counted, at AdamW's two floats a weight."""
    indices = some_of(session)
    within = Within(session.model, indices)
    config = TrainConfig(optimizer="adamw", lr=0.01, steps=2, batch_size=4)
    training = Training(session, config, BestWeights(within.parameters), within)
    training.advance()
    size = sum(map(len, indices.values()))
    state = training._optimizer.state.values()
    assert sum(each["exp_avg"].numel() + each["exp_avg_sq"].numel() for each in state) == 2 * size
    assert sum(p.numel() for p in within.parameters.values()) == size
    stored = training.stored()["weights"].values()
    assert sum(p.numel() for p in stored) == size
    backward(session, next(training._batches), 3)
    dense = [p for n, p in session.model.named_parameters() if n not in within.parameters or
             within.parameters[n] is not p]  # fmt: skip
    assert all(p.grad is None for p in dense)
    gradients = [p.grad for p in within.parameters.values() if p.grad is not None]
    assert sum(grad.numel() for grad in gradients) == size


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_with_its_signs_a_weight_stays_on_the_side_of_the_fine_tuning(
    task: data.TaskData, tmp_path: Path, optimizer: str
) -> None:
    free, bound = (session_of(FAMILIES["roberta"].build(), task, tmp_path) for _ in range(2))
    indices, start = some_of(free), values(free.model.lm)
    dense = tuned_from(free.model.lm, free.maskable)
    tuned = {name: dense[name].flatten()[at] for name, at in indices.items()}
    still = next(iter(tuned))
    tuned[still] = start[still].flatten()[indices[still]]  # which did not move
    config = TrainConfig.model_validate({**OPTIMIZERS[optimizer], "steps": 3, "batch_size": 4})
    strayed = {}
    for session, signs in ((free, None), (bound, tuned)):
        within = Within(session.model, indices, signs)
        train(session, config, BestWeights(within.parameters), moving=within)
        came, before = within.values(), within.before()
        strayed[signs is None] = sum(
            int(((came[n] - before[n]) * (tuned[n] - before[n]) < 0).sum()) for n in indices
        )
        if signs is not None:
            assert torch.equal(came[still], before[still])
            moved = sum(int((came[n] != before[n]).sum()) for n in indices)
            assert 0 < moved < sum(map(len, indices.values()))
    assert strayed[True] > 100
    assert strayed[False] == 0


@pytest.mark.parametrize(
    ("task", "more"),
    [
        ({}, {"region": {"source": "movement", "sparsity": 0.2}, "signs": "finetuned"}),
        ({"type": "finetune"}, {"region": {"source": "random", "like": "biases", "seed": 2}}),
    ],
)
def test_in_pieces_it_is_the_whole_one(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    model_folder: Path,
    task_folder: Path,
    tuned: Path,
    task: dict[str, Any],
    more: dict[str, Any],
) -> None:
    raw = retraining(model_folder, task_folder, "" if task else tuned, **more)
    raw["task"] |= task
    check_same(in_pieces(monkeypatch, tmp_path / "pieces", raw, 3), run_here(tmp_path / "w", raw))


def installed_by_hand(skill: Skill, folder: Path) -> Weights:
    lm = AutoModelForMaskedLM.from_pretrained(folder, dtype=torch.float32)
    there = dict(lm.named_parameters())
    for name, index in skill.indices.items():
        flat = there[name].data.view(-1)
        assert torch.equal(flat[index], skill.base[name])
        flat[index] = skill.values[name]
    return values(lm)


def test_a_retrained_skill_is_a_mask_and_a_difference_from_the_pretrained_model(
    tmp_path: Path, model_folder: Path, task_folder: Path, tuned: Path
) -> None:
    raw = retraining(
        model_folder, task_folder, tuned, region={"source": "movement", "sparsity": 99}
    )
    first = run_here(tmp_path / "a", raw)
    skill, said = load(first.place.skill()), result(first)
    assert (skill.info.weights, skill.info.task, len(skill.info.tensors) > 30) == (
        99,
        "SST-2",
        True,
    )
    assert said["summary"]["weights"] == 99 == sum(said["region"]["counts"].values())
    shares = said["retrained"]["test"]
    metric = said["retrained"]["test"]["accuracy"]
    assert shares["recovery"] == pytest.approx(metric / said["finetuned"]["test"]["accuracy"])
    assert 0 <= shares["agreement"] <= 1
    on_map = json.loads(first.place.map.read_text())["grafts"]
    assert [(one["stage"], one["weights"]) for one in on_map] == [("retrained", 99)]
    own = installed_by_hand(skill, model_folder)
    pretrained = values(AutoModelForMaskedLM.from_pretrained(model_folder, dtype=torch.float32))
    changed = sum(int((own[name] != value).sum()) for name, value in pretrained.items())
    assert 0 < changed <= 99
    again = retraining(
        model_folder, task_folder, region={"source": "skill", "mask": str(first.place.skill())}
    )
    second = run_here(tmp_path / "b", again)
    other = load(second.place.skill())
    assert all(torch.equal(other.indices[n], index) for n, index in skill.indices.items())
    assert all(torch.equal(other.values[n], value) for n, value in skill.values.items())
    assert "finetuned" not in result(second)


@pytest.mark.parametrize(
    ("settings", "linked", "trouble"),
    [
        ({"source": "movement"}, (), "no fine-tuned model"),
        ({"source": "movement"}, ("finetuned",), ""),
        ({"source": "everything"}, (), ""),
        ({"source": "skill"}, (), "region.mask is empty"),
    ],
)
def test_what_a_region_needs_is_asked_for_before_it_runs(
    settings: dict[str, Any], linked: tuple[str, ...], trouble: str
) -> None:
    said = check_settings(RetrainConfig(region=RegionConfig(**settings)), linked)
    assert bool(said) == bool(trouble)
    assert said is None or trouble in said[0]


def test_what_goes_with_nothing_is_refused() -> None:
    everything = RegionConfig(source="everything")
    every = RetrainConfig(region=everything, train=TrainConfig(keep="every"))
    signed = RetrainConfig(region=everything, signs="finetuned")
    lost = RetrainConfig(region=everything, finetuned=Finetuned(path="/nowhere"))
    for config, trouble in ((every, "keep = every"), (signed, "no fine-tuned"), (lost, "/nowhere")):
        said = check_settings(config)
        assert said is not None
        assert trouble in said[0]


def test_what_a_region_does_not_read_is_not_shown_beside_it() -> None:
    for source in region_sources():
        for like in region_sources():
            config = RetrainConfig(region=RegionConfig(source=source, like=like))
            stored = config.model_dump(mode="json")
            unread = {f"region.{name}" for name in config.region.idle()}
            assert {*kinds.shown("retrain").unused(stored)} == unread
    assert kinds.shown("retrain").unused({"region": {"source": "of-tomorrow"}}) == ()
    assert kinds.shown("retrain").makes({"region": {"source": "biases"}}) == "biases retrain"
    assert kinds.shown("retrain").makes({"region": 7}) == ""
