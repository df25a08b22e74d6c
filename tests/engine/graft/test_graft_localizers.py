"""Localizers: exact budgets, scores against slow loops, and masks that learn on a budget."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import nn

from engine import data
from engine.contract.kinds.graft import GraftConfig
from engine.contract.localizers import Localizer, localizers
from engine.errors import ConfigError
from engine.graft import delta as delta_module
from engine.graft.base import BasePatch
from engine.graft.delta import Delta
from engine.graft.gradients import accumulate
from engine.graft.learn import Search, learn
from engine.graft.localizers import check_scores, hard_concrete, layerwise, learner, scorer
from engine.graft.localizers import straight_through as straight
from engine.graft.localizers.hard_concrete import HardConcrete
from engine.graft.localizers.learnt import LearntMask
from engine.graft.localizers.start import relative_movement
from engine.graft.localizers.straight_through import StraightThrough
from engine.graft.mask import top
from engine.session import Session
from tests.engine.graft.graft_bench import SlowModel, batches_of, grafting_session

Bench = tuple[Session, Delta]
SCORERS = {name: scorer(entry) for name, entry in localizers().items() if entry.scorer}
LEARNERS = {name: learner(entry) for name, entry in localizers().items() if entry.learner}
ON_BUDGET = sorted(set(LEARNERS) - {"learnt"})


@pytest.fixture
def bench(task: data.TaskData, tmp_path: Path) -> Bench:
    return grafting_session(task, tmp_path)


def numbers(count: int, levels: int, seed: int = 0) -> Delta:
    """Weights in two tensors whose movements tie when there are few levels; no model."""
    draw = torch.Generator().manual_seed(seed)
    lm = nn.ParameterList([torch.zeros(count // 3), torch.zeros(count - count // 3)])
    return Delta(
        lm,
        {n: torch.randint(levels, p.shape, generator=draw) / 4 for n, p in lm.named_parameters()},
    )


def test_all_but_movement_rate_or_learn() -> None:
    """It is the base patch itself."""
    assert set(localizers()) - {*SCORERS, *LEARNERS} == {"movement"}


@pytest.mark.parametrize("name", sorted(SCORERS))
def test_scorers_give_any_budget_and_leave_no_gradient(bench: Bench, name: Any) -> None:
    session, delta = bench
    config = GraftConfig()
    score = SCORERS[name](session, delta, config)
    assert score.shape == (len(delta),)
    assert delta.grad.eq(0).all()
    assert not session.model.training
    before = torch.empty(0, dtype=torch.int64)
    for s in (1, 2, 77, len(delta) - 1, len(delta)):
        mask = top(score, s)
        assert len(mask) == s
        assert torch.equal(mask, mask.unique()), "sorted, each once"
        assert torch.isin(before, mask).all(), "a smaller budget is part of a larger one"
        before = mask
    assert torch.equal(SCORERS[name](session, delta, config), score), "the same again"


def test_saliency_is_that_of_a_slow_loop(bench: Bench) -> None:
    session, delta = bench
    slow, rows = SlowModel(session, delta), list(session.data.train)
    grad = slow.gradient(delta.pre, batches_of(session, 1)) / len(rows)
    found = SCORERS["saliency"](session, delta, GraftConfig())
    torch.testing.assert_close(found, (grad * (delta.tuned - delta.pre)).abs())
    assert found.max() > 1e-3


def test_saliency_tells_what_one_weight_changes(bench: Bench) -> None:
    """In the loss of the pretrained model, for a fine-tuning that moved little."""
    session, delta = bench
    delta.tuned.copy_(delta.pre + 0.01 * (delta.tuned - delta.pre))
    slow, batches = SlowModel(session, delta), batches_of(session)
    found = SCORERS["saliency"](session, delta, GraftConfig())
    before = slow.loss(delta.pre, batches).item()
    one = int(found.argmax())
    theta = delta.pre.clone()
    theta[one] = delta.tuned[one]
    change = abs(slow.loss(theta, batches).item() - before) / len(session.data.train)
    assert change == pytest.approx(found[one].item(), rel=0.1)


def test_fisher_is_the_mean_of_squared_gradients_of_single_examples(bench: Bench) -> None:
    session, delta = bench
    slow = SlowModel(session, delta)
    each = [slow.gradient(delta.tuned, [one]) for one in batches_of(session, 1)]
    fisher = torch.stack(each).square().mean(0)
    found = SCORERS["fisher"](session, delta, GraftConfig())
    expected = (delta.tuned - delta.pre).square() * fisher
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-6 * expected.max().item())
    together = slow.gradient(delta.tuned, batches_of(session)).square()
    assert not torch.equal(top(found, 50), top(expected / fisher * together, 50))


def test_chance_hangs_on_the_seed_alone_and_picks_evenly(bench: Bench) -> None:
    session, delta = bench
    one, other = (SCORERS["random"](session, delta, GraftConfig(seed=seed)) for seed in (1, 2))
    assert one.sort().values.tolist() == list(range(len(delta)))
    shared = torch.isin(top(one, 1000), top(other, 1000)).sum().item()
    expected = 1000 * 1000 / len(delta)
    assert abs(shared - expected) < 5 * math.sqrt(expected)
    picked = torch.stack(
        [SCORERS["random"](session, numbers(9, 2), GraftConfig(seed=s)) > 5 for s in range(600)]
    )
    assert picked.float().mean(0).sub(1 / 3).abs().max() < 0.1


@settings(max_examples=30)
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    levels=st.sampled_from([1, 2, 50]),
    seed=st.integers(0, 99),
)
@example(sizes=[4, 4, 4], levels=1, seed=0)
def test_layerwise_deals_weights_out_by_webster(sizes: list[int], levels: int, seed: int) -> None:
    """One by one to the tensor with the least (dealt + 1/2) / size, the first among equals."""
    draw = torch.Generator().manual_seed(seed)
    lm = nn.ParameterList([torch.zeros(n) for n in sizes])
    tuned = {
        n: torch.randint(levels, p.shape, generator=draw) * 1.0 for n, p in lm.named_parameters()
    }
    delta = Delta(lm, dict(tuned))
    score = layerwise.score(None, delta, GraftConfig())  # type: ignore[arg-type]
    dealt = [0] * len(sizes)
    for s in range(1, len(delta) + 1):
        quotients = [
            (got + 0.5) / n if got < n else math.inf for got, n in zip(dealt, sizes, strict=True)
        ]
        dealt[quotients.index(min(quotients))] += 1
        mask = top(score, s)
        for (name, at), count in zip(delta.places(), dealt, strict=True):
            inside = mask[(mask >= at.start) & (mask < at.stop)] - at.start
            assert torch.equal(inside, top(tuned[name], count))


@settings(max_examples=25)
@given(
    levels=st.sampled_from([1, 2, 5, 10**6]),
    share=st.floats(0, 1),
    stored=st.booleans(),
    seed=st.integers(0, 99),
)
def test_masks_start_at_the_base_patch(levels: int, share: float, stored: bool, seed: int) -> None:
    delta = numbers(60, levels, seed)
    draw = torch.Generator().manual_seed(seed)
    for s in {0, 1, round(share * 60), 60}:
        base = torch.randperm(60, generator=draw)[:s].sort().values
        if not stored:
            base = top(delta.movement(), s)
        start = relative_movement(delta, base)
        assert torch.isfinite(start).all()
        assert torch.equal(top(start, s), base)
        for name in LEARNERS:
            mask = LEARNERS[name](delta, base, GraftConfig(seed=seed))
            assert torch.equal(mask.candidates()[0], base), name


@settings(max_examples=12)
@given(
    name=st.sampled_from(ON_BUDGET),
    levels=st.sampled_from([1, 2, 10**6]),
    share=st.floats(0, 1),
    seed=st.integers(0, 99),
)
def test_the_budget_holds_at_every_update(name: Any, levels: int, share: float, seed: int) -> None:
    """Whatever the gradients: none, tied, or of any scale."""
    delta, draw = numbers(60, levels, seed), torch.Generator().manual_seed(seed)
    for s in {0, 1, round(share * 60), 60}:
        mask = LEARNERS[name](delta, top(delta.movement(), s), GraftConfig(seed=seed))
        mask.put()
        for scale in (1.0, 0.0, 1e-30, 1e12):
            delta.grad.copy_(scale * torch.randint(-2, 3, (60,), generator=draw))
            mask.update()
            assert delta.grad.eq(0).all()
            assert len(mask.candidates()[0].unique()) == s
            assert torch.isfinite(delta.theta).all()


@pytest.mark.parametrize("name", ["saliency", "fisher", *ON_BUDGET])
def test_chunks_change_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch, name: Any) -> None:
    session, delta = bench
    base, found = top(delta.movement(), 90), []
    for chunk in (1 << 17, 1 << 17, 501):
        monkeypatch.setattr(delta_module, "CHUNK", chunk)
        if name in SCORERS:
            found.append(SCORERS[name](session, delta, GraftConfig()))
            continue
        mask = LEARNERS[name](delta, base, GraftConfig())
        mask.put()
        for _ in range(3):
            accumulate(session, list(session.data.train))
            mask.update()
        found.append(mask.candidates()[0])
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def shown(delta: Delta) -> torch.Tensor:
    """Where the model has the fine-tuned value; every weight moved."""
    return (delta.theta == delta.tuned).nonzero().flatten()


@pytest.mark.parametrize("share", [math.inf, 1.0, 0.3])
def test_straight_through_steps_are_those_of_a_slow_loop(bench: Bench, share: float) -> None:
    """And the model has exactly s fine-tuned weights each time, all the others pretrained.

    A step is halved while it promises more than half of the loss, of which `share` is told.
    """
    session, delta = bench
    base, slow = top(delta.movement(), 200), SlowModel(session, delta)
    moved, batches = delta.tuned - delta.pre, batches_of(session)
    mask = StraightThrough(delta, base, GraftConfig())
    state, kept, seen = delta.movement() / delta.movement()[base].min(), base, set()
    halvings = 0
    mask.put()
    for _ in range(10):
        assert torch.equal(shown(delta), kept)
        assert len(kept) == 200
        assert delta.theta.eq(delta.pre).sum() == len(delta) - 200
        theta = delta.pre.clone()
        theta[kept] = delta.tuned[kept]
        slope = slow.gradient(theta, batches) * moved / len(session.data.train)
        lost = share * accumulate(session, list(session.data.train))
        rate, before = straight.RATE / slope[kept].abs().mean(), kept
        for halved in range(straight.HALVINGS + 1):
            after = state - rate / 2**halved * slope
            kept = torch.sort(after, descending=True, stable=True).indices[:200].sort().values
            if (slope[before].sum() - slope[kept].sum()) <= lost / 2:
                break
        state, halvings = after, max(halvings, halved)
        mask.update(lost)
        assert torch.equal(mask.candidates()[0], kept)
        seen.add(tuple(kept.tolist()))
    assert (halvings > 0) == (share < math.inf), "or it shows nothing"
    assert len(seen) > 5, "the mask went on"


def test_gates_open_as_often_as_the_budget_says_and_the_step_is_their_gradient(
    bench: Bench,
) -> None:
    """Gates as drawn, put into autograd with the noise worked out of them."""
    session, delta = bench
    base = top(delta.movement(), 300)
    mask = HardConcrete(delta, base, GraftConfig(seed=5))
    moved = delta.tuned - delta.pre
    for _ in range(5):
        mask.put()
        gate = ((delta.theta - delta.pre) / moved).clamp(0, 1)
        assert abs((gate > 1e-6).sum().item() - 300) < 6 * math.sqrt(300)
        start = mask.state.clone()
        noise = _noise(mask, len(delta))
        state = start.clone().requires_grad_()
        soft = torch.sigmoid((state + noise) / hard_concrete.TEMPERATURE)
        again = (1.2 * soft - 0.1).clamp(0, 1)
        torch.testing.assert_close(again.detach(), gate, atol=1e-4, rtol=1e-4)
        (again * torch.cos(torch.arange(len(delta))) * moved).sum().backward()
        delta.grad.copy_(torch.cos(torch.arange(len(delta))))
        mask.update()
        assert state.grad is not None
        step = state.grad * hard_concrete.RATE * math.sqrt(300) / state.grad.norm()
        change = mask.state - (start - step)
        assert change.std() < 1e-4, "but for the penalty, the same shift everywhere"
        opened = torch.sigmoid(mask.state - hard_concrete.OPEN).sum().item()
        assert opened == pytest.approx(300, rel=0.05)


def _noise(mask: HardConcrete, total: int) -> torch.Tensor:
    generator = torch.Generator()
    generator.set_state(mask._drawn)
    parts = [
        torch.rand(at.stop - at.start, generator=generator) for at in delta_module.chunks(total)
    ]
    return torch.cat(parts).logit()


@pytest.mark.parametrize("name", sorted(LEARNERS))
def test_learners_are_told_apart_by_seed_alone(
    task: data.TaskData, tmp_path: Path, name: Any
) -> None:
    found: dict[int, list[Any]] = {0: [], 1: []}
    for number, seed in enumerate((0, 0, 1)):
        folder = tmp_path / str(number)
        folder.mkdir()
        session, delta = grafting_session(task, folder, scale=0.3)
        base = BasePatch(150, top(delta.movement(), 150))
        config = GraftConfig(localizer=name, steps=3, examples=4, seed=seed, lr=1e6)
        found[seed].append(learn(Search(session, delta, base, config)))
    assert torch.equal(found[0][0].mask, found[0][1].mask)
    assert found[0][0].loss == found[0][1].loss
    assert not torch.equal(found[0][0].mask, found[1][0].mask)


@pytest.mark.parametrize("name", sorted({*SCORERS, *LEARNERS}))
def test_settings_that_are_idle_change_nothing(
    task: data.TaskData, tmp_path: Path, name: str
) -> None:
    """An entry says what it uses; what it does not say, it must not read."""
    plain = GraftConfig(localizer=name, steps=3, examples=4, seed=1)
    others = {"steps": 1, "lr": 1e6, "examples": 2, "sigmoid_bias": 3.0, "eval_every": 2, "seed": 5}
    odd = plain.model_copy(update={setting: others[setting] for setting in plain.idle()})
    found = []
    for number, config in enumerate((plain, odd)):
        (folder := tmp_path / str(number)).mkdir()
        session, delta = grafting_session(task, folder, scale=0.3)
        base = BasePatch(150, top(delta.movement(), 150))
        if name in SCORERS:
            found.append(SCORERS[name](session, delta, config))
        else:
            found.append(learn(Search(session, delta, base, config)).mask)
    assert torch.equal(*found)


@pytest.mark.parametrize("name", ["saliency", "fisher", *sorted(LEARNERS)])
def test_in_bfloat16_nearly_the_same_weights_are_chosen(
    task: data.TaskData, tmp_path: Path, name: Any
) -> None:
    found = []
    for kind in (None, torch.bfloat16):
        folder = tmp_path / str(kind)
        folder.mkdir()
        session, delta = grafting_session(task, folder, scale=0.3, shown=kind)
        base = top(delta.movement(), 200)
        if name in SCORERS:
            score = SCORERS[name](session, delta, GraftConfig())
            assert score.dtype == torch.float32
            found.append(top(score, 200))
            continue
        mask = LEARNERS[name](delta, base, GraftConfig(localizer=name, steps=3))
        mask.put()
        for _ in range(3):
            mask.update(accumulate(session, list(session.data.train)))
        found.append(mask.candidates()[0])
        assert not torch.equal(found[-1], base), "it has learnt"
    shared = torch.isin(found[0], found[1]).sum().item()
    assert shared >= 0.9 * max(map(len, found))


@pytest.mark.parametrize("name", ON_BUDGET)
def test_learning_on_a_budget_beats_the_base_patch(bench: Bench, name: Any) -> None:
    session, delta = bench
    base = BasePatch(100, top(delta.movement(), 100))
    zero = learn(Search(session, delta, base, GraftConfig(localizer=name, steps=1, eval_every=9)))
    found = learn(Search(session, delta, base, GraftConfig(localizer=name, steps=10)))
    assert len(found.mask) == 100
    assert (found.train_dev, -found.loss) > (zero.train_dev, -zero.loss)


@pytest.mark.parametrize("steps", [1, 5, 50])
@pytest.mark.parametrize("scale", [1e-6, 1.0])
def test_without_a_learning_rate_about_the_budget_crosses(steps: int, scale: float) -> None:
    """Whatever the gradient's scale and the number of updates; half of the slopes point inwards."""
    torch.manual_seed(0)
    lm = torch.nn.Linear(200, 100, bias=False)
    delta = Delta(lm, {"weight": lm.weight.detach() + torch.randn(100, 200)})
    base = top(delta.movement(), 200)
    mask = LearntMask(delta, base, GraftConfig(lr=0.0, steps=steps))
    slopes = scale * torch.randn(len(delta))
    for _ in range(steps):
        delta.grad.copy_(slopes / (delta.tuned - delta.pre))
        mask.update()
    added = ~torch.isin(mask.rounded(), base)
    assert 0.2 * 200 < added.sum() < 1.5 * 200


@pytest.mark.parametrize(
    ("scores", "says"),
    [
        (torch.zeros(5), r"have the shape \(5,\), not \(4,\)"),
        (torch.tensor([0.0, torch.nan, torch.inf, 1.0]), "NaN or infinite for 2 of 4"),
    ],
)
def test_scores_that_cut_no_graft_are_refused_by_name(scores: torch.Tensor, says: str) -> None:
    with pytest.raises(ConfigError, match=f"mine: its scores.*{says}"):
        check_scores(scores, torch.zeros(4), "mine")


def test_minus_infinity_keeps_a_weight_out() -> None:
    check_scores(torch.tensor([-torch.inf, 1.0]), torch.zeros(2), "mine")


@pytest.mark.parametrize("code", ["engine.graft.localizers.nowhere:score", "engine.graft.mask:no"])
def test_an_entry_of_what_is_not_there_is_refused_by_name(code: str) -> None:
    with pytest.raises(ConfigError, match=code):
        scorer(Localizer("mine", "all", "none", "none", scorer=code))
