"""Rich tables of runs, results and settings. Prints nothing itself."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import ConsoleOptions, RenderResult

from graftui.measured import Score
from graftui.models import Attempt, Run, RunStatus
from graftui.planning.values import written
from graftui.results import attempts as told_attempts
from graftui.results.columns import Column, for_ls
from graftui.results.figures import NOT_KNOWN, stands_out
from graftui.results.made import figures_of
from graftui.results.score_table import GAP, score_table
from graftui.show import lines
from graftui.show.lines import Lines
from graftui.show.states import Tone, counted_states, state
from graftui.terminal import Console, Table, Text
from graftui.text import visible

if TYPE_CHECKING:  # it imports pydantic, which a list of runs has no time for
    from graftui.kinds import Card
    from graftui.results.origins import Told
    from graftui.results.run_groups import RunGroup

STYLES = {
    Tone.dim: "dim", Tone.active: "cyan", Tone.good: "green", Tone.bad: "red",
    Tone.warning: "yellow", Tone.unsure: "magenta",
}  # fmt: skip
_LEAST = {"id": 6}
"""Cells that a column keeps in the narrowest terminal: every verb asks for an id."""
_WIDE = 120
"""Cells of a terminal from which on there is room for the localizer of a graft."""


def status(run: Run) -> Text:
    """Glyph and word of a run's state, and how far it is."""
    look = state(run)
    text = Text(f"{look.glyph} {look.word}", STYLES[look.tone])
    if run.condition and look.word != run.condition:
        text.append(f" {run.condition}", "dim")
    if run.status in (RunStatus.failed, RunStatus.cancelled) and run.reason:
        text.append(f" ({run.reason})")
    if run.status is RunStatus.running and run.total:
        whole = "" if run.done is None else f" {100 * run.done:.0f} %"
        text.append(f"{whole} {visible(run.phase)} {run.step}/{run.total}", "dim")
    return text


def runs(listed: Sequence[Run], width: int, chosen: Sequence[Column] = ()) -> Lines:
    """One line a run, of the `chosen` columns; if there are none, of those that matter most at
    that width.
    """
    now = time.time()
    shown = chosen or for_ls(width)
    heads = [lines.Column(c.name, c.right, _LEAST.get(c.name, 1)) for c in shown]
    rows = [[_cell(column, run, now, width < _WIDE) for column in shown] for run in listed]
    return Lines(heads, rows)


def run_groups(
    groups: "Sequence[RunGroup]", width: int, now: float, chosen: Sequence[Column] = ()
) -> Lines:
    """One line a group: what it is, how its runs stand, and of the columns mean and deviation."""
    shown = [c for c in chosen or for_ls(width) if c.name not in ("id", "name", "status", "age")]
    heads = [lines.Column("group", least=12), lines.Column("runs", right=True)]
    heads += [lines.Column("status"), *(lines.Column(c.name, c.right) for c in shown)]
    rows = [
        [group.label, str(len(group.runs)), counted_states(group.states),
         *(group.cell(column, now) for column in shown)]
        for group in groups
    ]  # fmt: skip
    return Lines(heads, rows)


def _cell(column: Column, run: Run, now: float, narrow: bool) -> str | Text:
    if column.name == "status":
        return status(run)
    return (column.narrow if narrow and column.narrow else column.read)(run, now)


@dataclass(frozen=True, slots=True)
class Results:
    """Scores on the test sets: pretrained, fine-tuned, and for each sparsity patch and graft.

    In a narrow terminal the columns that matter least are left out.
    """

    scores: Sequence[Score]
    title: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table at the console's width."""
        scored = score_table(self.scores, options.max_width)
        table = Table(
            box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold",
            title=self.title or None, title_justify="left",
        )  # fmt: skip
        for index, title in enumerate(scored.titles):
            table.add_column(visible(title), justify="right" if index else "left", no_wrap=True)
        for stage, row in zip(scored.stages, scored.rows, strict=True):
            table.add_row(*row, style="bold" if stands_out(stage) else "")
        yield table


def origins(told: "Sequence[Told]") -> Table:
    """Each setting of a run, and where its value came from if not from its default; of one that was
    set for this run, what it would be otherwise.
    """
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    table.add_column(style="dim")
    for line in told:
        own = line.origin == "set"
        value = Text(f"{written(line.value)} {line.unit}".rstrip(), "bold yellow" if own else "")
        known = "" if line.origin == "default" else str(line.origin)
        otherwise = f", otherwise {written(line.otherwise) or NOT_KNOWN}" if own else ""
        table.add_row(line.path, value, known + otherwise)
    return table


def attempts(run: Run, started: Sequence[Attempt], now: float) -> Table:
    """A line each start of a run, at the time `now` (seconds since the epoch)."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in told_attempts.TITLES:
        table.add_column(title, no_wrap=title != "where")
    for row in told_attempts.rows(run, started, now):
        table.add_row(*map(visible, row))
    return table


def cards(shown: "Sequence[Card]") -> list[Text]:
    """What a run's kind says of its result, a line each."""
    lines = []
    for card in shown:
        line = Text(f"{visible(card.title)}  ", "bold")
        for name, text in figures_of(card):
            line.append(f"{visible(name)} ", "dim").append(f"{visible(text)}   ")
        lines.append(line)
    return lines


def settings(values: dict[str, Any]) -> Table:
    """path = value, one a line."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for path, value in values.items():
        table.add_row(path, written(value))
    return table
