"""A pivot: one score of many runs, collected over seeds, by keys of its rows and of its columns.

Owns what a cell says: the mean over its seeds ± half its t interval, and how many seeds that is.
What is never averaged over (over_seeds.IMPLIED: stages, sizes, models ...) and tells groups of one
cell apart becomes a key of the columns.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from graftui.errors import UsageError
from graftui.registry.store import Store
from graftui.results.cells import Cell, Role, Row, Section, Table
from graftui.results.collecting import Request, collected, keys_of
from graftui.results.figures import LESS_IS_BETTER, NOT_KNOWN, figure, title
from graftui.results.groups import Collected, key_cell
from graftui.results.over_seeds import IMPLIED, Group, Spread

_APART = ("stage", *(key for key in IMPLIED if key not in ("stage", "split", "metric")))
"""Keys that columns get where a cell would else hold several groups, the first first."""

_BOLD = (
    "bold: ahead of each other that it compares with, by the 95 % intervals of their differences "
    "(bootstrap over seeds and rows; t over seeds)"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options, as typed."""

    rows: str
    cols: str
    value: str = ""
    """SPLIT.SCORE, such as test.accuracy; a split alone has each task's own score; empty: of the
    test set."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell of a pivot."""

    group: Group | None
    """None: nothing was collected here."""
    name: str
    """The score that it is of."""
    may_be: bool = True
    """Whether such weights can be: a whole model has no size."""

    @property
    def spread(self) -> Spread | None:
        """The score over the seeds."""
        return self.group.scores.get(self.name) if self.group else None

    @property
    def half(self) -> float | None:
        """Half the 95 % t interval of the mean; None of one seed."""
        from graftui.results.statistics.intervals import half_of

        over = self.spread
        return None if over is None or over.std is None else half_of(over.std, over.n)


@dataclass(frozen=True, slots=True)
class Pivot:
    """Rows and columns of keys, and an entry for each of both."""

    rows: tuple[str, ...]
    """Keys."""
    cols: tuple[str, ...]
    """Keys; those that were added last."""
    split: str
    score: str
    """Empty: each task's own."""
    heads: tuple[tuple[str, ...], tuple[str, ...]]
    """What rows and columns are called."""
    entries: tuple[tuple[Entry, ...], ...]
    """By row, then by column."""
    source: Collected
    """Of what it was made."""

    @property
    def missing(self) -> int:
        """Entries of which nothing is known and something could be."""
        return sum(e.spread is None and e.may_be for row in self.entries for e in row)


def pivot(store: Store, wanted: Wanted, request: Request) -> Pivot:
    """The pivot of what `request` collects, whose `by` is not looked at. Raises UsageError for an
    unknown key, split or score, and where nothing is there.
    """
    rows, cols = keys_of(wanted.rows, "--rows"), keys_of(wanted.cols, "--cols")
    split, _, score = (wanted.value or "test").partition(".")
    whole = collected(store, replace(request, by=",".join((*rows, *cols))))
    return pivoted(whole, rows, cols, split, score)


def pivoted(
    whole: Collected, rows: tuple[str, ...], cols: tuple[str, ...], split: str, score: str = ""
) -> Pivot:
    """The groups of `whole` on `split` by row and column. Raises UsageError, naming what there is,
    where none has such a score.
    """
    tested = [group for group in whole.groups if group.key["split"] == split]
    groups = [group for group in tested if (score or group.metric) in group.scores]
    if not groups:
        there = {f"{g.key['split']}.{name}" for g in whole.groups for name in g.scores}
        raise UsageError(
            f"--value: no run has {f'{split}.{score}' if score else split}.",
            f"There is {', '.join(sorted(there))}.",
        )
    wide = _told_apart(groups, rows, cols)
    down, across = (dict.fromkeys(_values(g, keys) for g in groups) for keys in (rows, wide))
    by_cell = {(_values(g, rows), _values(g, wide)): g for g in groups}
    known = _known_by_stage(groups, (*rows, *wide))
    entries = tuple(
        tuple(
            _entry(by_cell.get((row, col)), score, _may_be((*row, *col), (*rows, *wide), known))
            for col in across
        )
        for row in down
    )
    called = (_names(groups, rows), _names(groups, wide))
    heads = (tuple(called[0][row] for row in down), tuple(called[1][col] for col in across))
    return Pivot(rows, wide, split, score, heads, entries, whole)


def _entry(group: Group | None, score: str, may_be: bool) -> Entry:
    return Entry(group, score or (group.metric if group else ""), may_be)


_NONE = repr(None)
_Known = Mapping[tuple[str, str], set[bool]]
"""Stage and key -> whether weights of that stage have a value of it; where some do, both."""


def _known_by_stage(groups: Sequence[Group], keys: Sequence[str]) -> _Known:
    known: dict[tuple[str, str], set[bool]] = {}
    for group in groups:
        for key, value in zip(keys, _values(group, keys), strict=True):
            known.setdefault((repr(group.key["stage"]), key), set()).add(value != _NONE)
    return known


def _may_be(values: Sequence[str], keys: Sequence[str], known: _Known) -> bool:
    """Whether there can be weights with these `values` of `keys`: not where a stage that never has
    a key, such as a whole model's size, would have one, or the other way round.
    """
    if "stage" not in keys:
        return True
    stage = values[keys.index("stage")]
    return all(
        (value != _NONE) in known[stage, key] for key, value in zip(keys, values, strict=True)
    )


def _told_apart(
    groups: Sequence[Group], rows: tuple[str, ...], cols: tuple[str, ...]
) -> tuple[str, ...]:
    """`cols`, with the keys that it takes for one group a cell."""
    wide = cols
    for key in _APART:
        cells = {(_values(group, rows), _values(group, wide)) for group in groups}
        if len(cells) == len(groups):
            break
        more = {(_values(group, rows), _values(group, (*wide, key))) for group in groups}
        if key not in (*rows, *wide) and len(more) > len(cells):
            wide = (*wide, key)
    return wide


def _values(group: Group, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(repr(group.key[key]) for key in keys)


def _names(groups: Sequence[Group], keys: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """Values of these keys -> what they are called, in words."""
    return {_values(group, keys): _name(group, keys) for group in groups}


def _name(group: Group, keys: tuple[str, ...]) -> str:
    """A stage that is called by its localizer says that too."""
    if "stage" in keys:
        keys = tuple(key for key in keys if key != "graft.localizer")
    return ", ".join(filter(None, (key_cell(key, group) for key in keys))) or NOT_KNOWN


def table(made: Pivot, best: Collection[tuple[int, int]] | None = None) -> Table:
    """As a reader has it: a figure, ± half its interval, and in brackets the seeds it is of.
    `best`: row and column of those that stand out; None: nobody has asked.
    """
    names = {entry.name for row in made.entries for entry in row if entry.group}
    most = max(entry.spread.n for row in made.entries for entry in row if entry.spread)
    rows = [
        Row(head, tuple(_cell(e, most, (n, col) in (best or ())) for col, e in enumerate(row)))
        for n, (head, row) in enumerate(zip(made.heads[0], made.entries, strict=True))
    ]
    corner = ", ".join(made.rows)
    said = title(names.pop()) if len(names) == 1 else "each task's own score, %"
    notes = [*_notes(made, said, most), *([_BOLD] if best is not None else [])]
    return Table(made.heads[1], (Section("", tuple(rows)),), corner, tuple(notes))


def _cell(entry: Entry, most: int, is_best: bool) -> Cell:
    over = entry.spread
    if over is None:
        return Cell(NOT_KNOWN)
    half = "" if entry.half is None else f" ± {figure(entry.name, entry.half)}"
    few = over.n < most
    text = f"{figure(entry.name, over.mean)}{half} ({over.n}{'!' if few else ''})"
    return Cell(text, over.mean, Role.differs if few else Role.best if is_best else Role.plain)


def _notes(made: Pivot, said: str, most: int) -> list[str]:
    less = ", less is better" if made.score in LESS_IS_BETTER else ""
    where = "" if made.split == "test" else f" on {made.split}"
    notes = [f"{said}{where}{less}: mean ± 95 % t interval over seeds (seeds); {made.source.about}"]
    if any(e.spread and e.spread.n < most for row in made.entries for e in row):
        notes.append(f"!: fewer seeds than {most}, their means do not compare")
    if made.missing:
        notes.append(f"{NOT_KNOWN}: {made.missing} missing")
    return [*notes, *made.source.notes]


RECORD = ("value", "mean", "low", "high", "std", "median", "n", "flags", "runs")
"""What a record has behind the keys of row and column."""


def titles(made: Pivot) -> list[str]:
    """Of `records`."""
    return [*dict.fromkeys((*made.rows, *made.cols)), *RECORD]


def records(made: Pivot) -> list[dict[str, Any]]:
    """For programs: each entry that is known, with the values of its keys."""
    return [
        {**_keys(entry.group, made), **_figures(entry, entry.group, entry.spread, made)}
        for row in made.entries
        for entry in row
        if entry.group and entry.spread
    ]


def _keys(group: Group, made: Pivot) -> Mapping[str, Any]:
    return {key: group.key[key] for key in dict.fromkeys((*made.rows, *made.cols))}


def _figures(entry: Entry, group: Group, over: Spread, made: Pivot) -> Mapping[str, Any]:
    half = entry.half
    low, high = (None, None) if half is None else (over.mean - half, over.mean + half)
    values = (
        f"{made.split}.{entry.name}", over.mean, low, high, over.std, over.median, over.n,
        "; ".join(group.flags), " ".join(group.runs),
    )  # fmt: skip
    return dict(zip(RECORD, values, strict=True))
