"""Learning keeps the best mask that it passes, and never one below the base patch."""

from pathlib import Path

import pytest
import torch

from engine import data
from engine.contract import events as ev
from engine.contract.kinds.graft import GraftConfig
from engine.graft.base import BasePatch
from engine.graft.delta import Delta
from engine.graft.gradients import accumulate
from engine.graft.learn import Search, learn
from engine.graft.localizers.learnt import LearntMask
from engine.graft.mask import top
from engine.session import Session
from tests.engine.engine_bench import NeverStop
from tests.engine.graft.graft_bench import grafting_session


def score(session: Session, delta: Delta, mask: torch.Tensor) -> tuple[float, float]:
    """Mean train and dev accuracy and loss of the model with `mask` put in by hand."""
    theta = delta.pre.clone()
    theta[mask] = delta.tuned[mask]
    delta.theta.copy_(theta)
    both = [session.evaluate(rows).scores() for rows in (session.data.train, session.data.dev)]
    return sum(s["accuracy"] for s in both) / 2, sum(s["loss"] for s in both) / 2


@pytest.mark.parametrize(("lr", "seed"), [(1e5, 0), (1e7, 1), (1e9, 2)])
def test_never_below_the_base_patch(
    task: data.TaskData, tmp_path: Path, lr: float, seed: int
) -> None:
    session, delta = grafting_session(task, tmp_path, scale=0.3)
    base = top(delta.movement(), 100)
    floor, floor_loss = score(session, delta, base)
    found = learn(
        Search(session, delta, BasePatch(100, base), GraftConfig(steps=8, lr=lr, seed=seed))
    )
    assert (found.train_dev, -found.loss) >= (floor, -floor_loss)
    said, _ = ev.read(session.run_dir.events.read_bytes())
    passed = [e.values["graft/train_dev"] for e in said if isinstance(e, ev.Metric)]
    assert len(passed) == 8
    assert found.train_dev >= max(floor, *passed), "the best of all that were passed"
    again = score(session, delta, found.mask)
    assert again == pytest.approx((found.train_dev, found.loss)), "that of the kept mask"
    assert not session.model.training


def test_more_weights_than_the_base_patch_must_pay(task: data.TaskData, tmp_path: Path) -> None:
    """Each update's two candidates scored again: a grown mask is kept for a better score alone."""
    session, delta = grafting_session(task, tmp_path, scale=0.3)
    base = top(delta.movement(), 100)
    config = GraftConfig(steps=8, lr=1e6)
    found = learn(Search(session, delta, BasePatch(100, base), config))
    mask, passed = LearntMask(delta, base, config), [base]
    mask.put()
    for _ in range(8):
        accumulate(session, list(session.data.train))
        mask.update()
        passed += mask.candidates()
        mask.put()
    assert max(map(len, passed)) > 100, "the mask grew"
    scored = [(score(session, delta, one), one) for one in passed]
    fit = [one for one in scored if len(one[1]) <= 100]
    highest = max(accuracy for (accuracy, _), _ in fit)
    if any(accuracy > highest for (accuracy, _), _ in scored):
        assert len(found.mask) > 100
        return
    least = min(loss for (accuracy, loss), _ in fit if accuracy == highest)
    assert len(found.mask) <= 100
    assert (found.train_dev, found.loss) == pytest.approx((highest, least))


def test_a_request_to_stop_gives_the_best_so_far(task: data.TaskData, tmp_path: Path) -> None:
    session, delta = grafting_session(task, tmp_path)
    stop, metric = session.stop, session.emit.metric
    assert isinstance(stop, NeverStop)

    def asks_to_stop(step: int, values: dict[str, float], labels: ev.Labels = {}) -> None:  # noqa: B006
        metric(step, values, labels)
        stop.ask()

    session.emit.metric = asks_to_stop  # type: ignore[method-assign]
    base = top(delta.movement(), 30)
    found = learn(Search(session, delta, BasePatch(30, base), GraftConfig(steps=9)))
    assert str(found.stopped) == "stopped by SIGTERM"
    assert found.step <= 1
    stop._signal = ""
    assert score(session, delta, found.mask) == pytest.approx((found.train_dev, found.loss))


def test_the_same_seed_learns_the_same_mask(task: data.TaskData, tmp_path: Path) -> None:
    found = []
    for at in range(2):
        folder = tmp_path / str(at)
        folder.mkdir()
        session, delta = grafting_session(task, folder)
        base = top(delta.movement(), 60)
        # Fewer examples an update than rows: the order of the rows counts too.
        config = GraftConfig(steps=6, examples=3)
        found.append(learn(Search(session, delta, BasePatch(60, base), config)))
    assert torch.equal(found[0].mask, found[1].mask)
    assert (found[0].train_dev, found[0].loss) == (found[1].train_dev, found[1].loss)


@pytest.mark.parametrize("share", [0.001, 0.1, 0.6])
def test_no_update_promises_more_than_half_the_loss(
    task: data.TaskData, tmp_path: Path, share: float
) -> None:
    """Taken over all weights at once; a rate is halved no more often than it must be."""
    session, delta = grafting_session(task, tmp_path, scale=0.3)
    base = top(delta.movement(), round(share * len(delta)))
    sign = torch.ones(len(delta)).index_fill_(0, base, -1)
    mask, halved = LearntMask(delta, base, GraftConfig(steps=6)), 0
    mask.put()
    for _ in range(6):
        lost = accumulate(session, list(session.data.train))
        start, slopes = mask.state.clone(), sign * delta.grad * (delta.tuned - delta.pre)
        soft = torch.sigmoid(start - mask.bias)
        gradient = slopes * soft * (1 - soft)  # dL/dS
        mask.update(lost)
        most = gradient.abs().argmax()
        rate = float((start - mask.state)[most] / gradient[most])
        promised, doubled = (
            float(slopes @ (soft - torch.sigmoid(start - lr * gradient - mask.bias)))
            for lr in (rate, 2 * rate)
        )
        assert promised <= 1.01 * lost / 2
        if rate < 0.9 * mask._crossing:
            halved += 1
            assert doubled > 0.99 * lost / 2
    assert halved or share == 0.001, "or it shows nothing"
