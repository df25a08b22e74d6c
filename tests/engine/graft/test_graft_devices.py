"""Grafts wherever they are computed: a GPU's are those of the CPU, but for rounding.

Each test runs on the CPU too, where nothing may differ.
"""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine import data
from engine.contract.kinds.finetune import TrainConfig
from engine.contract.kinds.graft import GraftConfig
from engine.contract.localizers import localizers
from engine.graft import delta as delta_module
from engine.graft.delta import Delta
from engine.graft.gradients import accumulate
from engine.graft.localizers.learnt import LearntMask
from engine.graft.mask import top
from engine.graft.skill import Skill, load
from engine.training.best import BestWeights
from engine.training.loop import train
from engine.training.moving import Within
from tests.engine.engine_bench import Ran, grafting, run_here, session_of
from tests.engine.engine_zoo import FAMILIES
from tests.engine.graft.graft_bench import SlowGraft, batches_of, grafting_session

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]
each_device = pytest.mark.parametrize("device", DEVICES)
REPEATED = ("learnt", "hard-concrete", "fisher", "movement")
"""Localizers of each sort, whose run is repeated on the CPU: with noise, by gradients, without."""
RUNS: list[Any] = [("cpu", name) for name in REPEATED]
RUNS += [pytest.param("cuda", name, marks=pytest.mark.gpu) for name in localizers()]


@each_device
def test_a_mask_learns_as_the_slow_graft_does(
    device: str, task: data.TaskData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delta_module, "GPU_CHUNK", 1 << 10)
    session, here = grafting_session(task, tmp_path)
    there, delta = grafting_session(task, tmp_path, device=device)
    config = GraftConfig(lr=1e5, seed=1)
    base = top(here.movement(), len(here) // 20)
    slow = SlowGraft(session, here, base, config, LearntMask(here, base, config).state)
    mask = LearntMask(delta, base.to(device), config)
    mask.put()
    for _ in range(10):
        accumulate(there, list(task.train))
        mask.update()
        slow.step(batches_of(session))
    found = marks(mask.rounded().cpu(), len(here))
    differ = (found != marks(slow.mask(), len(here))).sum().item()
    assert differ <= (0 if device == "cpu" else len(here) / 1000)
    assert not torch.equal(found, marks(base, len(here))), "a mask that stays shows nothing"


@each_device
@given(values=st.lists(st.integers(0, 9), min_size=1, max_size=200), kind=st.sampled_from("fi"))
def test_the_top_is_exact_and_ties_go_to_the_first(
    device: str, values: list[int], kind: str
) -> None:
    dtype = torch.float32 if kind == "f" else torch.int32
    score = torch.tensor(values, dtype=dtype, device=device)
    ranked = sorted(range(len(values)), key=lambda at: (-values[at], at))
    for s in {0, 1, len(values) // 2, len(values)}:
        assert top(score, s).tolist() == sorted(ranked[:s])


@pytest.mark.parametrize(("device", "localizer"), RUNS)
def test_a_run_gives_the_same_graft(
    device: str, localizer: str, tmp_path: Path, model_folder: Path, task_folder: Path, tuned: Path
) -> None:
    """With all that a run does beside it; on a GPU nearly all of its places are the same."""
    raw = grafting(model_folder, task_folder, tuned, localizer=localizer, necessity=True, lr=1e5)
    here = skill_of(run_here(tmp_path / "here", raw))
    raw["compute"] = {"device": device}
    there = skill_of(run_here(tmp_path / "there", raw))
    if localizer == "hard-concrete" and device != "cpu":
        assert there.info.weights == here.info.weights, "its noise is the device's own"
        return
    same = sum(len(places(here, name) & places(there, name)) for name in here.indices)
    assert same >= (1.0 if device == "cpu" else 0.95) * here.info.weights


def skill_of(ran: Ran) -> Skill:
    assert ran.code == 0, ran.place.events.read_text()
    return load(ran.place.skill())


def places(skill: Skill, name: str) -> set[int]:
    return set(skill.indices[name].tolist()) if name in skill.indices else set()


def marks(mask: torch.Tensor, total: int) -> torch.Tensor:
    return torch.zeros(total, dtype=torch.bool).index_fill_(0, mask, True)


@each_device
def test_a_mask_is_put_and_taken_back(device: str) -> None:
    lm = torch.nn.Linear(4, 3).to(device)
    before = [p.detach().clone() for p in lm.parameters()]
    delta = Delta(lm, {n: p.detach() + 1 for n, p in lm.named_parameters()})
    delta.put(torch.tensor([0, 5], device=device))
    assert delta.theta.sum().item() == pytest.approx(sum(p.sum().item() for p in before) + 2)
    delta.put(torch.tensor([], dtype=torch.int64, device=device))
    assert all(torch.equal(p, old) for p, old in zip(lm.parameters(), before, strict=True))


@each_device
def test_a_region_retrains_as_on_the_cpu(device: str, task: data.TaskData, tmp_path: Path) -> None:
    config = TrainConfig(lr=0.1, steps=3, batch_size=8, micro_batch=3, eval_every=99)
    values = []
    for number, there in enumerate(("cpu", device)):
        folder = tmp_path / str(number)
        folder.mkdir()
        lm = FAMILIES["roberta"].build(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
        session = session_of(lm, task, folder, there)
        sizes = {name: lm.get_parameter(name).numel() for name in session.maskable}
        every_third = {name: torch.arange(0, size, 3) for name, size in sizes.items()}
        within = Within(session.model, every_third)
        train(session, config, BestWeights(within.parameters), moving=within)
        values.append((within.before(), within.values()))
        now = within.values()
        for name in session.maskable:
            shown = lm.get_parameter(name).detach().cpu().flatten()
            assert torch.equal(shown[::3], now[name]), "the model computes with them"
    (before, here), (_, elsewhere) = values
    for name, value in here.items():
        torch.testing.assert_close(elsewhere[name], value, rtol=1e-4, atol=1e-5)
    assert any(not torch.equal(here[name], before[name]) for name in here)
