"""Training steps against updates written out by hand."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from engine import data
from engine.batches import collate, shuffled_batches
from engine.contract import events as ev
from engine.contract.kinds.finetune import TrainConfig
from engine.errors import Cancelled
from engine.session import Session
from engine.training.best import BestWeights
from engine.training.loop import backward, train
from engine.training.moving import Whole
from engine.training.optimizer import make_optimizer
from tests.engine.engine_bench import NeverStop, session_of
from tests.engine.engine_zoo import FAMILIES

CPU = torch.device("cpu")
Weights = dict[str, torch.Tensor]
# The bias of the keys moves all scores of a query alike, so the softmax forgets it.
NO_GRADIENT = "key.bias"


@pytest.fixture
def session(task: data.TaskData, tmp_path: Path) -> Session:
    """Without dropout, so that a pass can be done again."""
    still = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    return session_of(FAMILIES["roberta"].build(**still), task, tmp_path)


def weights(session: Session) -> Weights:
    return {n: p.detach().clone() for n, p in session.model.lm.named_parameters()}


def test_micro_batches_give_the_gradient_of_the_whole_batch(session: Session) -> None:
    session.model.double()  # else rounding, which differs from processor to processor, decides
    batch = collate(session.data.train, session.data.pad_id, CPU)
    found = []
    for size in (len(batch), 3, 1):
        session.model.zero_grad()
        loss = backward(session, batch, size)
        found.append((loss, {n: p.grad.clone() for n, p in trained(session).items()}))
    session.model.zero_grad()
    oracle = F.cross_entropy(session.model(batch), batch.label)
    oracle.backward()
    for loss, grads in found:
        assert loss == pytest.approx(oracle.item(), abs=1e-6)
        for name, parameter in trained(session).items():
            torch.testing.assert_close(grads[name], parameter.grad, atol=1e-7, rtol=1e-5)


def trained(session: Session) -> dict[str, Any]:
    return {n: p for n, p in session.model.lm.named_parameters() if p.requires_grad}


def by_hand(session: Session, config: TrainConfig) -> Weights:
    """SGD with a clipped gradient; weight decay on matrices alone, after clipping."""
    batches = shuffled_batches(
        session.data.train, config.batch_size, config.seed, session.data.pad_id, CPU
    )
    values = weights(session)
    for _ in range(config.steps):
        session.model.lm.load_state_dict(values, strict=False)
        batch = next(batches)
        loss = F.cross_entropy(session.model(batch), batch.label)
        names, parameters = zip(*trained(session).items(), strict=True)
        grads = torch.autograd.grad(loss, parameters)
        norm = torch.cat([g.flatten() for g in grads]).norm()
        scale = min(1.0, config.clip / float(norm)) if config.clip else 1.0
        for name, grad in zip(names, grads, strict=True):
            decay = config.weight_decay if values[name].ndim > 1 else 0.0
            values[name] = values[name] - config.lr * (scale * grad + decay * values[name])
    return values


@pytest.mark.parametrize("clip", [0.0, 0.05, 100.0])
def test_sgd_steps_are_those_written_by_hand(session: Session, clip: float) -> None:
    config = TrainConfig(lr=0.2, steps=3, batch_size=4, weight_decay=0.1, clip=clip, eval_every=99)
    start = weights(session)
    expected = by_hand(session, config)
    session.model.lm.load_state_dict(start, strict=False)
    train(session, config, BestWeights(trained(session)))
    for name, value in weights(session).items():
        if name in trained(session):
            torch.testing.assert_close(value, expected[name], atol=2e-6, rtol=1e-5, msg=name)
            assert NO_GRADIENT in name or not torch.equal(value, start[name]), name
        else:
            assert torch.equal(value, start[name]), f"{name} is frozen"


def curve(session: Session, name: str) -> list[float]:
    said, _ = ev.read(session.run_dir.events.read_bytes())
    return [e.values[name] for e in said if isinstance(e, ev.Metric) and name in e.values]


def test_adamw_falls_linearly_and_matches_torchs_own(session: Session) -> None:
    config = TrainConfig(
        optimizer="adamw", lr=0.01, steps=4, batch_size=8, weight_decay=0.1, clip=0, eval_every=99
    )
    start = weights(session)
    train(session, config, BestWeights(trained(session)))
    found = weights(session)
    assert curve(session, "train/lr") == pytest.approx([0.01, 0.0075, 0.005, 0.0025])

    session.model.lm.load_state_dict(start, strict=False)
    matrices = [p for p in trained(session).values() if p.ndim > 1]
    vectors = [p for p in trained(session).values() if p.ndim == 1]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda done: 1 - done / 4)
    batch = collate(session.data.train, session.data.pad_id, CPU)
    for _ in range(4):  # a batch of all rows: their order does not matter
        optimizer.zero_grad()
        F.cross_entropy(session.model(batch), batch.label).backward()
        optimizer.step()
        schedule.step()
    for name, value in weights(session).items():
        if NO_GRADIENT not in name:  # Adam makes large steps of rounding noise
            torch.testing.assert_close(value, found[name], atol=1e-4, rtol=1e-3, msg=name)


def test_sgd_keeps_its_rate(session: Session) -> None:
    config = TrainConfig(lr=0.05, steps=3, batch_size=4, eval_every=99)
    train(session, config, BestWeights(trained(session)))
    assert curve(session, "train/lr") == [0.05] * 3


def test_norms_and_biases_do_not_decay(session: Session) -> None:
    decayed, plain = make_optimizer(
        Whole(session.model.lm), TrainConfig(weight_decay=0.3)
    ).param_groups
    names = {id(p): n for n, p in session.model.lm.named_parameters()}
    assert (decayed["weight_decay"], plain["weight_decay"]) == (0.3, 0.0)
    assert {names[id(p)].rsplit(".", 1)[1] for p in decayed["params"]} == {"weight"}
    assert not any("LayerNorm" in names[id(p)] for p in decayed["params"])
    assert len(decayed["params"]) + len(plain["params"]) == len(session.maskable)


def test_the_best_step_is_kept_and_the_later_wins_ties() -> None:
    weight = torch.nn.Parameter(torch.zeros(3))
    best = BestWeights({"w": weight})
    for step, score in enumerate([0.5, 0.7, 0.6, 0.7, 0.1]):
        with torch.no_grad():
            weight.fill_(step)
        best.offer(score, step)
    best.restore()
    assert (best.step, best.score) == (3, 0.7)
    assert weight.tolist() == [3.0] * 3


def test_dropout_is_on_in_training_and_off_in_evaluation(
    task: data.TaskData, tmp_path: Path
) -> None:
    """Two seeds of dropout give two losses of the same weights and rows, and one dev score."""
    found = []
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        folder.mkdir()
        session = session_of(FAMILIES["roberta"].build(), task, folder)
        torch.manual_seed(seed)
        config = TrainConfig(lr=1e-30, steps=1, batch_size=8, eval_every=1)
        train(session, config, BestWeights(trained(session)))
        found.append((curve(session, "train/loss"), curve(session, "dev/loss")))
    assert found[0][0] != found[1][0]
    assert found[0][1] == found[1][1]


def test_a_request_to_stop_ends_training_before_the_next_step(session: Session) -> None:
    config = TrainConfig(lr=0.1, steps=50, batch_size=4, eval_every=2)
    best = BestWeights(trained(session))
    stop, emit = session.stop, session.emit.progress
    assert isinstance(stop, NeverStop)

    def progress(phase: str, step: int, total: int) -> None:
        emit(phase, step, total)
        if step == 5:
            stop.ask()

    session.emit.progress = progress  # type: ignore[method-assign]
    with pytest.raises(Cancelled, match="SIGTERM"):
        train(session, config, best)
    assert len(curve(session, "train/loss")) == 5
    assert best.step in (2, 4)
