"""Results collected over seeds on the screen: a table, what is to be known of it, its curves."""

from collections.abc import Mapping, Sequence

from graftui.errors import UsageError
from graftui.results import groups
from graftui.results.chart import Chart
from graftui.results.group_charts import charts
from graftui.results.groups import Collected
from graftui.results.over_seeds import shown
from graftui.results.score_table import GAP
from graftui.show import charts as printing
from graftui.terminal import Console, Table, Text

# Left out in this order where there is no room; every other format has them.
_LEAST = ("chosen", "median", "metric", groups.TRIALS, "weights")


def show(collected: Collected, console: Console, plot: bool = False) -> None:
    """A table on the screen, what is to be known of it, and on demand its curves.

    Raises UsageError where `plot` has nothing to draw.
    """
    drawn = charts(collected.groups, collected.by, intervals=True) if plot else ()
    if plot:
        refuse_nothing(drawn)
    titles, rows = groups.table(collected)
    wide = {
        title: max(map(len, (*title.split(" ("), *column)))
        for title, *column in zip(titles, *rows, strict=True)
    }
    for title in _LEAST:
        if _room(wide, GAP) > console.width:
            wide.pop(title, None)
    kept = list(wide)
    gap = GAP if _room(wide, GAP) <= console.width else 1
    console.print(collected.about, style="dim")
    console.print(_table(collected, kept, gap))
    if "chosen" not in kept:
        _show_chosen(collected, console)
    if any(group.short for group in collected.groups):
        text = "fewer seeds than another row (2 of 3): their means do not compare"
        console.print(text, style="yellow")
    for note in collected.notes:
        console.print(note, style="yellow")
    printing.show(drawn, console)
    if drawn:
        console.print("band: the 95 % t interval of the mean over seeds", style="dim")


def refuse_nothing(drawn: Sequence[Chart]) -> None:
    """Raises UsageError where there is no chart."""
    if not drawn:
        raise UsageError(
            "There is no curve to draw: no graft is among what was collected.",
            "Collect grafts of several sparsities: --filter kind=graft.",
        )


def _room(wide: Mapping[str, int], gap: int) -> int:
    return sum(wide.values()) + gap * (len(wide) - 1)


def _table(collected: Collected, kept: Sequence[str], gap: int) -> Table:
    titles, rows = groups.table(collected)
    keys = titles[: len(shown(collected.groups, collected.by))]
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    for title in kept:
        left = title in keys or title == "chosen"
        table.add_column(
            title.replace(" (", "\n("),
            justify="left" if left else "right",
            no_wrap=title not in keys,
        )
    for group, row in zip(collected.groups, rows, strict=True):
        cells = dict(zip(titles, row, strict=True))
        uneven = group.a_seed[0] < group.a_seed[1]
        styles = {"seeds": group.short is not None, groups.TRIALS: uneven}
        table.add_row(*(Text(cells[t], "yellow" if styles.get(t) else "") for t in kept))
    return table


def _show_chosen(collected: Collected, console: Console) -> None:
    keys = [key for key in shown(collected.groups, collected.by) if key != "metric"]
    for group in collected.groups:
        if group.chosen:
            cells = (groups.key_cell(key, group) for key in keys)
            console.print(f"{' '.join(filter(None, cells))}: {groups.chosen(group)}")
