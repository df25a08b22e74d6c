"""A run in words and figures: summary, configuration, log. Pure functions that give Content."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual.content import Content

from graftui.kinds import Grid
from graftui.measured import Artifact, Score
from graftui.models import Run, RunStatus
from graftui.planning.values import written
from graftui.results import attempts as told_attempts
from graftui.results import provenance
from graftui.results.facts import facts
from graftui.results.figures import NOT_KNOWN, compact, file_size, stands_out
from graftui.results.made import figures_of
from graftui.results.score_table import GAP, score_table
from graftui.results.times import time_left
from graftui.show.grids import texts
from graftui.show.states import STATES, state
from graftui.text import visible, visible_lines
from graftui.tui.run import evidence
from graftui.tui.run.curves import Curves
from graftui.tui.run.feed import Detail
from graftui.tui.text import TONES, bar, data

if TYPE_CHECKING:  # it imports pydantic, which the first paint does not wait for
    from graftui.results.origins import Told

_FOLDED = 6
"""Constant curves that are named; the rest are counted."""
_ORIGINS = {"set": "bold $warning", "recipe": "bold", "input": "$secondary"}
"""Where a setting came from -> how it is shown; a default is plain."""
_PADDING = 4
"""Cells of the pane, left and right, that hold no text."""
_ELSEWHERE = ("tags", "config hash")
"""In the headline; and what is there for programs to compare."""
Cell = tuple[str, str]
"""Text and style."""


def summary(detail: Detail, width: int) -> Content:
    """Status, what went wrong, scores, files."""
    run, now = detail.run, detail.now
    parts = [_headline(run, now), _about(run, now)]
    if run.status is RunStatus.running and run.total:
        parts.append(_progress(run, width))
    if run.message or run.hint:
        parts.append(_trouble(run))
    if table := scores(detail.scores, width - _PADDING):
        parts += [Content(""), table]
    if cards := _cards(detail):
        parts += [Content(""), *cards]
    for made in detail.grids:
        parts += [Content(""), data(made.title, "bold $accent"), _grid(made)]
    if detail.evidence:
        parts += [Content(""), evidence.content(detail.evidence, width - _PADDING)]
    if detail.artifacts:
        parts += [Content(""), _files(detail.artifacts)]
    return Content("\n").join(parts)


def _headline(run: Run, now: float) -> Content:
    look = state(run)
    reason = f" ({run.reason})" if run.reason else ""
    pieces: list[Any] = [
        (f"{look.glyph} {look.word}{reason}", f"bold ${TONES[look.tone]}"), "  ",
        data(run.id, "bold"), "  ", data(run.name, "bold $primary"), "  ",
        data(run.kind, "$text-muted"),
    ]  # fmt: skip
    if run.tags:
        pieces += ["  ", data("#" + " #".join(run.tags), "$secondary")]
    return Content.assemble(*pieces)


def _about(run: Run, now: float) -> Content:
    pieces: list[Any] = []
    for name, value in facts(run, now).items():
        if name not in _ELSEWHERE:
            pieces += [(f"{name} ", "$text-muted"), data(value), "   "]
    return Content.assemble(*pieces)


def _progress(run: Run, width: int) -> Content:
    done, left = bar(run.progress, max(10, min(60, width - 44)))
    return Content.assemble(
        (done, "$accent"), (left, "$panel-lighten-2"), (f" {int(100 * run.progress)} %  ", "bold"),
        (f"{time_left(run.left_s)}  " if run.left_s is not None else "", "$text-muted"),
        data(f"{run.phase} {run.step}/{run.total}", "$text-muted"),
    )  # fmt: skip


def _trouble(run: Run) -> Content:
    colour = TONES[STATES[run.status].tone]
    parts = [_lines(run.message, f"${colour}")] if run.message else []
    if run.hint:
        parts.append(Content.assemble(("→ ", "$accent"), _lines(run.hint)))
    parts += [data(f"│ {line}", "$text-muted") for line in run.log_tail.splitlines()]
    return Content("\n").join(parts)


def _lines(text: str, style: str = "") -> Content:
    """Data that may have lines of its own."""
    return Content.styled(visible_lines(text).expandtabs(), style)


def scores(scored: Sequence[Score], width: int) -> Content | None:
    """The table of scores on the test sets, in `width` cells; None where there are none."""
    table = score_table(scored, width)
    if not table.rows:
        return None
    lines: list[list[Cell]] = [[(visible(title), "bold") for title in table.titles]]
    for stage, row in zip(table.stages, [list(map(visible, r)) for r in table.rows], strict=True):
        style = "bold $accent" if stands_out(stage) else ""
        lines.append([(row[0], style or "$text-muted"), *((cell, style) for cell in row[1:])])
    return grid(lines)


def grid(rows: Sequence[Sequence[Cell]], gap: int = GAP) -> Content:
    """Rows in columns: the first to the left, the others to the right."""
    widths = [max(len(row[i][0]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = []
        for i, (text, style) in enumerate(row):
            fitted = text.ljust(widths[i]) if i == 0 else text.rjust(widths[i])
            cells.append(Content.styled(fitted, style))
        lines.append(Content(" " * gap).join(cells))
    return Content("\n").join(lines)


def _files(artifacts: Sequence[Artifact]) -> Content:
    sizes = [file_size(a.bytes) + (", gone" if a.gone else "") for a in artifacts]
    files = [
        Content.assemble(data(f"{a.path} "), (size, "$text-muted"))
        for a, size in zip(artifacts, sizes, strict=True)
    ]
    return Content.assemble(("files  ", "$text-muted"), Content("   ").join(files))


def looked_at(event: Curves.Described) -> Content:
    """Below the curves: those that have no chart, and how the others are looked at."""
    pieces: list[Any] = []
    if event.constant:
        pieces.append(("the same all along  ", "$text-muted"))
    for name, value in event.constant[:_FOLDED]:
        pieces += [data(name, "$text-muted"), f" {compact(value)}  "]
    if more := len(event.constant) - _FOLDED:
        pieces.append((f"and {more:,} more  " if more > 0 else "", "$text-muted"))
    return Content.assemble(" ", (event.text, "$text-muted"), "   ", *pieces)


def config(detail: Detail, width: int) -> Content:
    """All settings by section, and where each came from; what was set for this run stands out."""
    if detail.settings is None:
        return Content.styled("Reading its recipe …", "$text-muted")
    lines: list[Content] = []
    section = ""
    for line in detail.settings:
        head, _, name = line.path.rpartition(".")
        if head != section:
            section = head
            lines += [Content(""), data(head, "bold $primary")]
        lines.append(_setting(line, name))
    of = f", or its recipe {detail.run.recipe}" if detail.run.recipe else ""
    note = f"hash {detail.run.config_hash}   • set for this run: its default{of}, has another value"
    return Content("\n").join([data(note, "$text-muted"), *lines])


def _setting(line: "Told", name: str) -> Content:
    own, style = line.origin == "set", _ORIGINS.get(line.origin, "")
    pieces: list[Any] = [
        ("• " if own else "  ", "$warning"), data(f"{name:<18}", "$text-muted"),
        data(written(line.value) or NOT_KNOWN, style),
        (f" {line.unit}" if line.unit else "", "$text-muted"),
    ]  # fmt: skip
    if line.origin != "default":
        pieces.append((f"   {line.origin}", "$text-disabled"))
    if own:
        pieces.append(
            data(f"   otherwise {written(line.otherwise) or NOT_KNOWN}", "$text-disabled")
        )
    return Content.assemble(*pieces)


def attempts(detail: Detail, width: int) -> Content:
    """Each start, and what the last one noted of code, packages and machine."""
    if not detail.attempts:
        return Content.styled("It was not started yet.", "$text-muted")
    titles = [(title, "bold") for title in told_attempts.TITLES]
    told = told_attempts.rows(detail.run, detail.attempts, detail.now)
    table = [[(visible(cell), "") for cell in row] for row in told]
    lines = [grid([titles, *table]), Content("")]
    noted = provenance.told(detail.provenance)
    for name, text in noted.items():
        lines.append(Content.assemble((f"{name:<16}", "$text-muted"), data(text)))
    return Content("\n").join(lines)


def _grid(made: Grid) -> Content:
    heads, *rows = texts(made)
    lines = [[(cell, "bold") for cell in heads]]
    return grid([*lines, *([(cell, "") for cell in row] for row in rows)])


def _cards(detail: Detail) -> list[Content]:
    """What the run's kind says of its result."""
    lines = []
    for card in detail.cards:
        pieces: list[Any] = [data(f"{card.title}  ", "bold $accent")]
        for name, text in figures_of(card):
            pieces += [data(f"{name} ", "$text-muted"), data(text), "   "]
        lines.append(Content.assemble(*pieces))
    return lines
