"""An update's profile: counts of units against steps of nextafter, and the singular values."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from engine.analysis import spectrum as spectra
from engine.analysis.movement import Movement
from engine.analysis.spectrum import spectrum
from engine.contract.model_folder import pocket_folder
from engine.contract.questions.messages import Answered, Refused
from engine.contract.questions.profile import UpdateProfile
from engine.graft.stream import same_model
from engine.tools.answering import answered

DTYPES = [torch.float32, torch.float16, torch.bfloat16]
QUERY = "roberta.encoder.layer.0.attention.self.query.weight"


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def stepped(values: torch.Tensor, steps: int) -> torch.Tensor:
    """Each so many numbers of its dtype further from 0."""
    away = torch.full_like(values, torch.inf) * values.sign()
    for _ in range(steps):
        values = torch.nextafter(values, away)
    return values


@pytest.mark.parametrize("dtype", DTYPES)
def test_units_are_steps_to_the_next_number(dtype: torch.dtype) -> None:
    # From 1 to 1.5, so that no step leaves the octave.
    before = (1 + drawn(600).abs().clamp(max=0.5)).to(dtype) * drawn(600, seed=1).sign().to(dtype)
    parts = before.split(100)
    movement = Movement()
    for steps, part in enumerate(parts):  # 0 to 5 steps
        movement.add(part, stepped(part, steps))
    moved = movement.moved()
    assert (moved.weights, moved.changed, moved.beyond) == (600, 500, (400, 300, 100))
    eps = torch.finfo(dtype).eps
    assert moved.norm == pytest.approx(eps * (100 * (1 + 4 + 9 + 16 + 25)) ** 0.5)
    assert moved.unseen == pytest.approx(eps / 2 * 100**0.5)
    assert [size.least for size in movement.sizes()] == [1.0]
    assert movement.exact == (dtype is torch.bfloat16)


def test_counts_by_a_slow_oracle() -> None:
    before = (drawn(500) * 10.0 ** (drawn(500, seed=1) * 2)).clamp(-1e4, 1e4).half()
    after = (before.float() + drawn(500, seed=2) * 1e-3).half()
    movement = Movement()
    movement.add(before[:130], after[:130])
    other = Movement()
    other.add(before[130:], after[130:])
    movement.join(other)
    unit = np.spacing(np.abs(before.numpy())).astype(np.float64)
    far = np.abs(after.numpy().astype(np.float64) - before.numpy().astype(np.float64))
    moved = movement.moved()
    assert moved.changed == (far > 0).sum()
    assert moved.beyond == tuple((far > n * unit).sum() for n in (1, 2, 4))
    assert 0 < moved.hidden == ((before != after) & (before.bfloat16() == after.bfloat16())).sum()
    assert moved.norm == pytest.approx(np.linalg.norm(far))
    assert moved.unseen == pytest.approx(np.linalg.norm(unit[far == 0] / 2))
    for size in movement.sizes():
        inside = (before.abs() >= size.least) & (before.abs() < 2 * size.least)
        if size.least > torch.finfo(torch.float16).smallest_normal:
            assert size.weights == inside.sum()
            assert size.changed == (inside & (before != after)).sum()
    assert sum(size.weights for size in movement.sizes()) == 500


def test_a_cast_to_bfloat16_hides_what_it_was_said_to_hide() -> None:
    before = drawn(5000)
    after = before + 1e-3 * drawn(5000, seed=1)
    wide, cast = Movement(), Movement()
    wide.add(before, after)
    cast.add(before.bfloat16(), after.bfloat16())
    assert wide.moved().changed - wide.moved().hidden == cast.moved().changed
    sizes = [size for size in cast.sizes() if size.weights > 100]
    shares = [size.changed / size.weights for size in sizes]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 2 * shares[-1]


def test_the_coarser_dtype_sets_the_unit() -> None:
    movement = Movement()
    movement.add(torch.ones(3).bfloat16(), 1 + torch.tensor([0.001, 0.01, 0.03]))
    assert movement.moved().changed == 3
    assert movement.moved().beyond == (2, 1, 0)  # of 2^-7


def low_rank(rows: int, columns: int, rank: int) -> torch.Tensor:
    return drawn(rows, rank) @ drawn(rank, columns, seed=1)


def test_rank_and_norm_of_a_planted_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    change = low_rank(90, 70, 5)
    values = torch.linalg.svdvals(change)
    whole = spectrum(change)
    assert (whole.rank, whole.method, whole.at_least) == (5, "exact", False)
    assert whole.spectral == pytest.approx(float(values[0]), rel=1e-5)
    monkeypatch.setattr(spectra, "SIDE", 10)
    sketch = spectrum(change)
    assert (sketch.rank, sketch.method, sketch.at_least) == (5, "randomized", False)
    assert sketch.spectral == pytest.approx(whole.spectral, rel=1e-4)
    state = torch.get_rng_state()
    full = spectrum(drawn(200, 150))
    assert torch.equal(state, torch.get_rng_state())
    assert (full.rank, full.at_least) == (spectra.SKETCH, True)
    assert full == spectrum(drawn(200, 150))
    most = float(torch.linalg.svdvals(drawn(200, 150))[0])
    assert 0.95 * most < full.spectral <= most * (1 + 1e-5)


def test_rows_and_columns_that_did_not_change_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    change = torch.zeros(300, 200)
    assert spectrum(change) == spectra.Spectrum(0.0, 0, "exact", False)
    change[7:10, 40:44] = drawn(3, 4)
    monkeypatch.setattr(spectra, "SIDE", 3)
    about = spectrum(change)
    assert (about.rank, about.method) == (3, "exact")
    assert about.spectral == pytest.approx(float(torch.linalg.svdvals(change)[0]), rel=1e-6)


def profiled(base: Path, tuned: Path, heard: list[int]) -> Answered | Refused:
    question = {"name": "skill.profile", "pretrained": str(base), "finetuned": str(tuned)}
    return answered(json.dumps(question), lambda far: heard.append(far.done))


def test_two_checkpoints(tmp_path: Path) -> None:
    base, tuned, heard = tmp_path / "base", tmp_path / "tuned", list[int]()
    for folder in (base, tuned):
        shutil.copytree(pocket_folder("pocket:masked-lm"), folder)
    tensors = safetensors.torch.load_file(tuned / "model.safetensors")
    before = tensors[QUERY].clone()
    rows, columns = before.shape
    tensors[QUERY] = (before.float() + low_rank(rows, columns, 2)).to(before.dtype)
    safetensors.torch.save_file(tensors, tuned / "model.safetensors", {"format": "pt"})
    said = profiled(base, tuned, heard)
    assert isinstance(said, Answered)
    about = said.answer
    assert isinstance(about, UpdateProfile)
    shapes = same_model(base, tuned)[1]
    assert {t.name: list(t.shape) for t in about.tensors} == shapes
    assert heard[-1] == about.total.weights == sum(t.weights for t in about.tensors)
    by_name = {tensor.name: tensor for tensor in about.tensors}
    query = by_name.pop(QUERY)
    change = tensors[QUERY].float() - before.float()
    assert query.changed == about.total.changed == int((change != 0).sum())
    assert query.norm == about.total.norm == pytest.approx(float(change.norm()), rel=1e-5)
    assert query.spectral == pytest.approx(float(torch.linalg.svdvals(change)[0]), rel=1e-5)
    assert query.rank == int(torch.linalg.matrix_rank(change))
    assert all((t.changed, t.norm, t.rank or 0) == (0, 0.0, 0) for t in by_name.values())
    assert {t.spectral is None for t in by_name.values() if len(t.shape) != 2} == {True}
    assert profiled(base, tuned, []) == said
    tensors[QUERY][0, 0] = torch.nan
    safetensors.torch.save_file(tensors, tuned / "model.safetensors", {"format": "pt"})
    refused = profiled(base, tuned, [])
    assert isinstance(refused, Refused)
    assert QUERY in refused.message
    assert "not finite" in refused.message
