"""Tables of skill files: where the weights of one lie, by module and layer."""

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from engine.contract.questions.skills import SkillShown
from graftui.terminal import Console, Table

_OUTSIDE = -1
"""Stands for the layer of a tensor that is in none."""


def where(shown: SkillShown, width: int) -> list[Table]:
    """Entries by module and layer: one table, or in a narrow terminal one for each.

    Shares are of all maskable weights, or for a file that does not tell their places, of the
    touched tensors.
    """
    entries: Counter[tuple[str, int]] = Counter()
    for tensor in shown.tensors:
        layer, module = _located(tensor.name)
        entries[module, layer] += tensor.entries
    weights: Counter[str | int] = Counter()  # of a module, and of a layer
    known = shown.info.tensors or {tensor.name: tensor.weights for tensor in shown.tensors}
    for name, number in known.items():
        for side in _located(name):
            weights[side] += number
    share = "of maskable" if shown.info.tensors else "of touched"
    grid = _grid(entries, weights, sum(known.values()), share)
    if Console(width=10_000).measure(grid).minimum <= width and entries:
        return [grid]
    return [_one_way(entries, weights, share, way) for way in ("layer", "tensor")]


def _grid(
    entries: Mapping[tuple[str, int], int],
    weights: Mapping[str | int, int],
    every: int,
    share: str,
) -> Table:
    """A row a module and a column a layer, with their sums; of `every` weight."""
    layers = sorted({layer for _, layer in entries})
    grid = numbers_table("tensor", *map(_named, layers), "all", share)
    for module in dict.fromkeys(module for module, _ in entries):
        row = [entries.get((module, layer), 0) for layer in layers]
        cells = [f"{count:,}" if count else "" for count in row]
        grid.add_row(module, *cells, *_sum(sum(row), weights[module]))
    grid.add_section()
    columns = [sum(n for (_, at), n in entries.items() if at == layer) for layer in layers]
    grid.add_row("all", *(f"{n:,}" for n in columns), *_sum(sum(columns), every))
    return grid


def _one_way(
    entries: Mapping[tuple[str, int], int],
    weights: Mapping[str | int, int],
    share: str,
    way: Literal["layer", "tensor"],
) -> Table:
    """A row a layer, or a module."""
    sums: Counter[str | int] = Counter()
    for (module, layer), count in entries.items():
        sums[layer if way == "layer" else module] += count
    made = numbers_table(way, "weights", share)
    for each in sorted(sums, key=int) if way == "layer" else sums:
        made.add_row(_named(each) if isinstance(each, int) else each,
                     *_sum(sums[each], weights[each]))  # fmt: skip
    return made


def _located(name: str) -> tuple[int, str]:
    """Layer of a tensor and what it is there: the name on either side of its first number."""
    parts = name.split(".")
    at = next((i for i, part in enumerate(parts) if part.isdigit()), None)
    return (_OUTSIDE, name) if at is None else (int(parts[at]), ".".join(parts[at + 1 :]))


def _named(layer: int) -> str:
    return "outside" if layer == _OUTSIDE else str(layer)


def _sum(entries: int, weights: int) -> tuple[str, str]:
    return f"{entries:,}", f"{100 * entries / max(1, weights):.3g} %"


def numbers_table(*columns: str) -> Table:
    """A table of numbers, all but the first column."""
    table = Table(header_style="bold", box=None, pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    return table
