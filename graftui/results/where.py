"""Where the weights of grafts lie, in parts of the network, as tables: of one graft or of several.

    region    share of the graft's weights that lie in the part
    part      share of the part's weights that are in the graft
    times     the same as a multiple of what a random region of that size would have there; its p is
              twice the smaller hypergeometric tail, adjusted for all parts that are shown
              (statistics/many.py). It has no interval: it counts this region, and samples nothing
    rows      how many times as unevenly as by chance the weights lie over the rows of a matrix
    columns   over its columns: the index of dispersion (docs/answers.md), over the part's matrices
              the mean, weighted by how many of the graft's weights they hold

Parts are what matrices are for (query, key, first FFN ...), layers, or modules of the tree.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from graftui.errors import UsageError
from graftui.results.cells import Cell, Row, Section, Table
from graftui.results.figures import NOT_KNOWN, figure, probability
from graftui.results.heat_tables import heat_table
from graftui.results.maps import GraftMap, RunMap, Tensor, map_of
from graftui.results.statistics.many import adjusted

RARE = 0.001
"""Of an adjusted p: what is as rare as this has a star."""
_ADJUSTED = "adjusted for {} (Benjamini and Yekutieli)"
_ORDER = (
    "embeddings", "query, key, value", "query, key", "key, value", "query", "key", "value",
    "output", "first FFN", "second FFN", "norms", "biases", "other", "head",
)  # fmt: skip


class By(StrEnum):
    """What parts are."""

    role = "role"
    layer = "layer"
    module = "module"


class Measure(StrEnum):
    """What a cell says of a part."""

    region = "region"
    part = "part"
    times = "times"
    rows = "rows"
    columns = "columns"


_SAID = {
    Measure.region: "% of the graft's weights that lie there",
    Measure.part: "% of the part's weights that are in the graft",
    Measure.times: f"times as many as a random region has there; * p < {RARE:g}, "
    f"{_ADJUSTED.format('all cells')}",
    Measure.rows: "rows: times as unevenly as by chance over rows of a matrix (dispersion)",
    Measure.columns: "columns: times as unevenly as by chance over columns of a matrix",
}


@dataclass(frozen=True, slots=True)
class Mapped:
    """A graft, and the map that it is on."""

    label: str
    run_map: RunMap
    graft: GraftMap


@dataclass(frozen=True, slots=True)
class Part:
    """What a graft has of a part of the network."""

    weights: int
    size: int
    """How many weights the part has."""
    region: int
    """How many the graft has in all."""
    every: int
    """How many could be in a graft."""
    rows: float | None = None
    columns: float | None = None

    @property
    def times(self) -> float | None:
        """As a multiple of chance; None of an empty graft or part."""
        return self.weights * self.every / (self.size * self.region) if self._told else None

    @property
    def _told(self) -> bool:
        return self.size > 0 and self.region > 0

    @property
    def p(self) -> float | None:
        """Two-sided: twice the tail on the side on which it is, of this part alone."""
        from scipy import stats

        if not self._told:
            return None
        drawn = (self.every, self.region, self.size)
        if self.weights * self.every >= self.size * self.region:
            tail = float(stats.hypergeom.sf(self.weights - 1, *drawn))
        else:
            tail = float(stats.hypergeom.cdf(self.weights, *drawn))
        return min(1.0, 2 * tail)

    def value(self, measure: Measure) -> float | None:
        """Shares in percent."""
        shares = {Measure.region: self.region, Measure.part: self.size}
        if measure in shares:
            whole = shares[measure]
            return 100 * self.weights / whole if whole else None
        return {Measure.times: self.times, Measure.rows: self.rows}.get(measure, self.columns)


def mapped(skill: Path) -> Mapped:
    """The graft of a skill file, by the map that its run wrote beside it. Raises UsageError."""
    run_map = map_of(skill.parent)
    graft = next((g for g in run_map.grafts if g.skill == skill.name), None) if run_map else None
    if run_map is None or graft is None:
        raise UsageError(
            f"There is no map of {skill}.",
            "Give a graft's run: map.json lies beside its skill.",
        )
    size = graft.labels.get("sparsity")
    at = f" at {size:g}" if isinstance(size, float) and len(run_map.grafts) > 1 else ""
    return Mapped(f"{skill.parent.name}{at}", run_map, graft)


def parts(known: Mapped, by: By, layer: int | None | str = "every") -> dict[str, Part]:
    """Name of a part -> what the graft has of it, in an order to read; of one `layer`, or every."""
    names = {name: _name(tensor, by) for name, tensor in enumerate(known.run_map.tensors)}
    order = sorted(dict.fromkeys(names.values()), key=_rank) if by is By.role else names.values()
    inside: dict[str, list[int]] = {name: [] for name in dict.fromkeys(order)}
    for number, tensor in enumerate(known.run_map.tensors):
        if layer in ("every", tensor.layer):
            inside[names[number]].append(number)
    return {name: _part(known, numbers) for name, numbers in inside.items()}


def _part(known: Mapped, numbers: Sequence[int]) -> Part:
    tensors, graft = known.run_map.tensors, known.graft
    return Part(
        sum(graft.counts[n] for n in numbers),
        sum(tensors[n].maskable for n in numbers),
        graft.weights,
        sum(tensor.maskable for tensor in tensors),
        _mean(graft.rows, graft.counts, numbers),
        _mean(graft.columns, graft.counts, numbers),
    )


def _mean(
    values: Sequence[float | None], counts: Sequence[int], numbers: Sequence[int]
) -> float | None:
    """Weighted by `counts`."""
    known = [(value, counts[n]) for n in numbers if values and (value := values[n]) is not None]
    whole = sum(count for _, count in known)
    return sum(value * count for value, count in known) / whole if whole else None


def _name(tensor: Tensor, by: By) -> str:
    if by is By.layer:
        return tensor.part if tensor.layer is None else f"layer {tensor.layer}"
    return tensor.module if by is By.module else tensor.role or tensor.module


def _rank(role: str) -> tuple[int, str]:
    return (_ORDER.index(role) if role in _ORDER else len(_ORDER), role)


def table(known: Mapped, by: By) -> Table:
    """All that there is to say of one graft, a row a part."""
    all_parts = parts(known, by)
    tails = _adjusted(list(all_parts.values()))
    rows = tuple(
        Row(name, _cells(part, tail))
        for (name, part), tail in zip(all_parts.items(), tails, strict=True)
    )
    heads = ("weights", "of", "% of region", "% of part", "x chance", "p", "rows", "columns")
    notes = (
        f"{known.label}: {known.graft.weights:,} weights; p: hypergeometric, two-sided, "
        f"{_ADJUSTED.format(f'{len(rows)} parts')}",
        "rows, columns: times as unevenly as by chance over those of a matrix (dispersion)",
    )
    return Table(heads, (Section("", rows),), f"{by}", notes)


def _adjusted(of: Sequence[Part | None]) -> list[float | None]:
    """Of each its p, adjusted for all; None where it has none."""
    tails = [part.p if part else None for part in of]
    made = iter(adjusted([p for p in tails if p is not None]))
    return [None if p is None else next(made) for p in tails]


def _cells(part: Part, p: float | None) -> tuple[Cell, ...]:
    figures = [part.value(measure) for measure in Measure]
    forms: list[Callable[[float], str]] = [_percent, _percent, _times, _times, _times]
    region, share, times, rows, columns = (
        Cell(NOT_KNOWN) if value is None else Cell(form(value), value)
        for value, form in zip(figures, forms, strict=True)
    )
    tail = Cell(NOT_KNOWN) if p is None else Cell(probability(p), p)
    sizes = (Cell(figure("weights", n), n) for n in (part.weights, part.size))
    return (*sizes, region, share, times, tail, rows, columns)


def by_layer(known: Mapped, measure: Measure) -> Table:
    """One measure of one graft: a row a role, a column a layer; shades say how much."""
    layers = known.run_map.layers
    columns = [parts(known, By.role, layer) for layer in layers]
    heads = ["-" if layer is None else f"{layer}" for layer in layers]
    return _heat(columns, heads, measure, "role", [f"{known.label}, by layer"])


def compared(skills: Sequence[Mapped], by: By, measure: Measure) -> Table:
    """One measure of several grafts: a row a part, a column a graft. Raises UsageError where they
    are of different models.
    """
    models = sorted({skill.run_map.model for skill in skills})
    if len(models) > 1:
        raise UsageError(
            f"The grafts are of different models: {', '.join(models)}.", "Give grafts of one model."
        )
    heads = [skill.label for skill in skills]
    return _heat([parts(skill, by) for skill in skills], heads, measure, f"{by}", [])


def _heat(
    columns: Sequence[dict[str, Part]],
    heads: Sequence[str],
    measure: Measure,
    corner: str,
    notes: Sequence[str],
) -> Table:
    names = list(dict.fromkeys(name for column in columns for name in column))
    here = [[column.get(name) for column in columns] for name in names]
    values = [[_value(part, measure) for part in line] for line in here]
    made = heat_table(names, heads, values, _times if measure not in _PERCENT else _percent,
                      corner, [_SAID[measure], *notes])  # fmt: skip
    return _starred(made, here) if measure is Measure.times else made


_PERCENT = (Measure.region, Measure.part)


def _value(part: Part | None, measure: Measure) -> float | None:
    return part.value(measure) if part and part.size else None


def _starred(made: Table, here: Sequence[Sequence[Part | None]]) -> Table:
    """With a star at what chance hardly explains."""
    (section,) = made.sections
    tails = iter(_adjusted([part for line in here for part in line]))
    rows = tuple(
        Row(row.name, tuple(_star(cell, next(tails)) for cell in row.cells)) for row in section.rows
    )
    return Table(made.heads, (Section("", rows),), made.corner, made.notes)


def _star(cell: Cell, p: float | None) -> Cell:
    if cell.value is None or p is None or p >= RARE:
        return cell
    return Cell(f"{cell.text}*", cell.value, cell.role, cell.level)


def _percent(value: float) -> str:
    return f"{value:.3g}"


def _times(value: float) -> str:
    return f"{value:.3g}x"
