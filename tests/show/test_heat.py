"""Heat maps: more is darker, with and without colours, and nothing is lost in a narrow terminal."""

import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftui.results.chart import Axis
from graftui.results.heat import LEVELS, HeatMap
from graftui.results.maps import GraftMap, RunMap, Tensor
from graftui.show.heat import SHADES, Heat
from graftui.terminal import Console
from graftui.text import FALLBACK, spelt

AXES = (Axis(), Axis(log=True))
amounts = st.one_of(st.none(), st.floats(0, 1e9), st.just(math.nan))


def drawn(heat: HeatMap, width: int, encoding: str = "utf-8") -> list[str]:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors=FALLBACK)
    console = Console(width=width, file=file, force_terminal=False)
    console.print(Heat(heat))
    file.flush()
    return file.buffer.getvalue().decode(encoding).splitlines()  # type: ignore[attr-defined]


@given(st.lists(amounts, min_size=1, max_size=20), st.sampled_from(AXES))
def test_more_is_never_lighter(row: list[float | None], axis: Axis) -> None:
    heat = HeatMap("t", ("r",), tuple(map(str, range(len(row)))), (tuple(row),), axis)
    told = [(a, heat.level(a)) for a in row if a is not None and not math.isnan(a)]
    assert all(level is not None and (level == 0) == (amount == 0) for amount, level in told)
    for amount, level in told:
        assert all(level >= other for less, other in told if less <= amount)  # type: ignore[operator]
        if level:
            assert amount <= heat.bounds[level - 1] * (1 + 1e-9)
    assert heat.level(None) is heat.level(math.nan) is None
    assert len(heat.bounds) in (0, LEVELS)


WIDE = HeatMap(
    "share of each module", ("attention", "output"), tuple(map(str, range(8, 14))),
    ((0.0, 1.0, 2.0, 3.0, 4.0, None), (4.0, 4.0, 4.0, 4.0, 4.0, 4.0)), Axis(unit="%"),
)  # fmt: skip


def test_it_is_read_without_colours() -> None:
    title, head, first, second, scale = drawn(WIDE, 80)
    assert title == "share of each module"
    assert head.split() == ["8", "9", "10", "11", "12", "13"]
    assert first.rstrip() == "attention ·· ░░ ▒▒ ▓▓ ██"
    assert second == "output   " + " ██" * 6
    assert scale == "· none   ░ up to 1 %   ▒ up to 2 %   ▓ up to 3 %   █ up to 4 %"
    # Each cell is below the end of its heading.
    assert all(second[head.index(name) + len(name) - 1] == "█" for name in ("8", "10", "13"))


def test_equal_ratios() -> None:
    heat = HeatMap("t", ("r",), tuple("abcde"), ((1e-4, 1e-3, 1e-2, 1e-1, 1.0),), Axis(log=True))
    assert [heat.level(a) for a in heat.cells[0]] == [1, 1, 2, 3, 4]
    assert heat.bounds == pytest.approx((1e-3, 1e-2, 1e-1, 1.0))


def test_in_ascii_the_shades_tell_apart() -> None:
    twins = [spelt(shade, "ascii") for shade in SHADES]
    assert len(set(twins)) == len(SHADES)
    assert all(len(twin) == 1 for twin in twins)
    assert drawn(WIDE, 80, "ascii")[2].split() == ["attention", *(2 * twin for twin in twins)]


@given(st.integers(10, 60))
def test_what_has_no_room_beside_goes_on_below(width: int) -> None:
    lines = drawn(WIDE, width)
    heads = [line.split() for line in lines if line.replace(" ", "").isdigit()]
    assert [name for head in heads for name in head] == list(WIDE.columns)
    assert sum(line.count("██") for line in lines) == 7


def test_nothing_to_show() -> None:
    empty = HeatMap("t", ("r",), ("a",), ((None,),))
    assert drawn(empty, 40)[-1] == "· none"


def test_the_map_of_a_graft_is_shares_of_modules_by_layer() -> None:
    tensors = (
        Tensor("e.weight", "embeddings", None, "embeddings", "weight", 50),
        Tensor("l.0.q.weight", "layer", 0, "q", "weight", 90),
        Tensor("l.0.q.bias", "layer", 0, "q", "bias", 10),
        Tensor("l.1.q.weight", "layer", 1, "q", "weight", 100),
        Tensor("l.1.k.weight", "layer", 1, "k", "weight", 100),
    )
    graft = GraftMap("model", "learnt_graft", {"sparsity": 0.01}, "s", (1, 4, 1, 0, 25))
    heat = RunMap("m", tensors, (graft,)).heat(graft, "t")
    assert (heat.rows, heat.columns) == (("embeddings", "q", "k"), ("-", "0", "1"))
    assert heat.cells == ((2.0, None, None), (None, 5.0, 0.0), (None, None, 25.0))
    assert drawn(heat, 80) == [
        "t", "           - 0 1", "embeddings ░    ", "q            ░ ·", "k              █",
        "· none   ░ up to 6.25 %   ▒ up to 12.5 %   ▓ up to 18.75 %   █ up to 25 %",
    ]  # fmt: skip
