"""Grafts cut from folders, tensor by tensor, against the same cut in memory."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.sections import FreezeConfig
from engine.errors import ConfigError
from engine.graft.delta import Delta
from engine.graft.mask import top
from engine.graft.stream import Best, cut
from engine.models import weight_map
from tests.engine.engine_zoo import FAMILIES

INFO = {
    "base": "base", "task": "any", "prompt": "", "label_words": {}, "scores": {},
    "config_hash": "", "versions": {},
}  # fmt: skip


def pair(folder: Path, name: str, dtype: torch.dtype, shard: str) -> tuple[Path, Path]:
    """A model and a tuned one as folders; movements are multiples of 1/64, so that many tie."""
    lm = FAMILIES[name].build().to(dtype)
    lm.save_pretrained(folder / "base", max_shard_size=shard)
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in lm.parameters():
            steps = torch.randint(-4, 5, parameter.shape, generator=draw)
            parameter.add_((steps / 64).to(dtype))
    lm.save_pretrained(folder / "tuned", max_shard_size=shard)
    return folder / "base", folder / "tuned"


def in_memory(base: Path, tuned: Path, name: str) -> Delta:
    kind = type(FAMILIES[name].build())
    lm, other = (kind.from_pretrained(f, dtype=torch.float32) for f in (base, tuned))
    names = weight_map(lm).maskable(FreezeConfig())
    weights = dict(other.named_parameters())
    return Delta(lm, {n: weights[n].detach() for n in names})


def largest(delta: Delta, s: int) -> dict[str, Any]:
    """By tensor, where the weights are that moved most, and their tuned values."""
    mask = top(delta.movement(), s)
    found = {}
    for tensor, place in delta.places():
        inside = mask[(mask >= place.start) & (mask < place.stop)]
        if len(inside):
            found[tensor] = ((inside - place.start).tolist(), delta.tuned[inside].tolist())
    return found


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shard", ["50GB", "8KB"])
@pytest.mark.parametrize("name", ["roberta", "gpt2", "llama"])
def test_the_cut_is_that_in_memory(
    tmp_path: Path, name: str, shard: str, dtype: torch.dtype
) -> None:
    base, tuned = pair(tmp_path, name, dtype, shard)
    assert (len(list(base.glob("*.safetensors"))) > 1) == (shard == "8KB")
    delta = in_memory(base, tuned, name)
    total = len(delta)
    for s in (1, 500, total):
        made = cut(base, tuned, s, FreezeConfig(), lambda *_: None, **INFO)
        expected = largest(delta, s)
        skill = made.skill
        assert {n: i.tolist() for n, i in skill.indices.items()} == {
            n: at for n, (at, _) in expected.items()
        }
        assert {n: v.float().tolist() for n, v in skill.values.items()} == {
            n: v for n, (_, v) in expected.items()
        }
        assert {v.dtype for v in skill.values.values()} == {dtype}
        assert (skill.info.weights, skill.info.maskable) == (s, total)


def test_two_models_are_refused(tmp_path: Path) -> None:
    base, _ = pair(tmp_path / "one", "roberta", torch.float32, "50GB")
    _, other = pair(tmp_path / "two", "gpt2", torch.float32, "50GB")
    with pytest.raises(ConfigError, match="is not a fine-tuned"):
        cut(base, other, 10, FreezeConfig(), lambda *_: None, **INFO)


@given(
    values=st.lists(st.integers(0, 6), min_size=1, max_size=60),
    cuts=st.lists(st.integers(1, 20), min_size=1, max_size=6),
    room=st.integers(1, 10),
    data=st.data(),
)
def test_the_best_of_a_stream(
    values: list[int], cuts: list[int], room: int, data: st.DataObject
) -> None:
    """Whatever the pieces it comes in, and the room to keep candidates; ties go to the first."""
    s = data.draw(st.integers(1, len(values)))
    score = torch.tensor(values, dtype=torch.float32)
    beside = torch.arange(len(values)) * 10
    best, start = Best(s, room), 0
    while start < len(values):
        size = cuts[start % len(cuts)]
        best.add(score[start : start + size], beside[start : start + size])
        start += size
    found, where, carried = best.rows()
    ranked = sorted(range(len(values)), key=lambda at: (-values[at], at))[:s]
    assert where.tolist() == sorted(ranked)
    assert found.tolist() == [values[at] for at in sorted(ranked)]
    assert carried.tolist() == [10 * at for at in sorted(ranked)]
