"""What the compare screen has the engine answer, which takes seconds: a job each.

The imports within are those that need pydantic. What cannot be answered is said in the pane, not
over it: who compares runs without skills looks at something else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from graftui.errors import GraftuiError
from graftui.models import Run
from graftui.registry.store import Store
from graftui.results.cells import Table
from graftui.results.chart import Chart
from graftui.scheduler.settle import directory
from graftui.settings import Settings
from graftui.tui.messages import Told

if TYPE_CHECKING:
    from engine.contract.questions.skills import SkillsShared
    from graftui.results.answer_pairs import Pairs

TABLE_ENDINGS = {
    ".csv": "csv", ".json": "json", ".jsonl": "jsonl", ".md": "md", ".tex": "latex",
    ".parquet": "parquet",
}  # fmt: skip
"""Ending of a file -> the format of a table in it."""
PICTURE_ENDINGS = (".pdf", ".svg", ".png")
CHART_ENDINGS = (".csv", *PICTURE_ENDINGS)


@dataclass
class OverlapKnown(Message):
    """What the skills of the runs share."""

    shared: "SkillsShared | None"
    labels: Sequence[str]
    """Of the skills."""
    problem: str = ""
    """Why it is not known, and what to do about it."""


def overlap(settings: Settings, ids: Sequence[str]) -> OverlapKnown:
    """Ask the engine what the skills of these runs share."""
    from engine.contract.questions.skills import DiffSkills
    from graftui.results.overlaps import skills_of
    from graftui.scheduler.questions import Engine

    with Store.open(settings.db) as store:
        runs = [run for run in map(store.find, ids) if run is not None]
    skills = skills_of(settings, runs)
    if len(skills) < 2:
        return OverlapKnown(None, (), "Mark two grafts or more that have a skill file.")
    try:
        with Engine(settings) as engine:
            shared = engine.ask(DiffSkills(skills=tuple(skill.path for skill in skills)))
    except GraftuiError as error:
        return OverlapKnown(None, (), said(error))
    return OverlapKnown(shared, [skill.label for skill in skills])


@dataclass
class DifferencesTested(Message):
    """The differences from a baseline, with intervals and tests."""

    of: Table
    """The differences that were seen, of which these are."""
    table: Table


def differences(
    settings: Settings, ids: Sequence[str], baseline: str, of: Table
) -> DifferencesTested:
    """Read the answers, and have them resampled: too long for the reader, which all panes ask."""
    from graftui.results.answered import Answered
    from graftui.results.collecting import entries_of
    from graftui.results.paired import differences
    from graftui.results.peers import peers

    with Store.open(settings.db) as store:
        there = (store.find(id) for id in ids)
        runs = sorted((run for run in there if run), key=lambda run: run.created_at)
        entries = entries_of(store, runs)
    scores = {entry.run.id: entry.scores for entry in entries}
    answered = Answered(lambda run: directory(settings, run).path)
    table = differences(peers(entries), scores, baseline, answered=answered)
    return DifferencesTested(of, table)


@dataclass
class AnswersRead(Message):
    """What two sets of weights answered."""

    ids: Sequence[str]
    """The runs that were asked for."""
    pairs: "Pairs | None"
    texts: Mapping[str, Sequence[str]]
    """What the rows say, by id; empty while that is not known."""
    problem: str = ""
    """Why it is not known, and what to do about it."""


def answers(settings: Settings, ids: Sequence[str]) -> AnswersRead:
    """Read the answers of a run, or of two."""
    from graftui.results.answer_pairs import pairs_of

    try:
        pairs = pairs_of([(run, directory(settings, run).path) for run in _runs(settings, ids)])
    except GraftuiError as error:
        return AnswersRead(ids, None, {}, said(error))
    return AnswersRead(ids, pairs, {})


def texts(settings: Settings, known: AnswersRead) -> AnswersRead:
    """Ask the engine what the rows say."""
    from graftui.results.answer_pairs import MOST, question
    from graftui.scheduler.questions import Engine

    pairs = known.pairs
    if pairs is None:
        return known
    # Most of what any filter shows; what changed stands first.
    rows = [row.id for row in pairs.rows[: 2 * MOST]]
    try:
        (run, *_) = _runs(settings, known.ids)
        with Engine(settings) as engine:
            answer = engine.ask(question(run, pairs, rows))
    except GraftuiError as error:
        return AnswersRead(known.ids, pairs, {}, said(error))
    return AnswersRead(known.ids, pairs, {row.id: row.texts for row in answer.rows})


def _runs(settings: Settings, ids: Sequence[str]) -> list[Run]:
    with Store.open(settings.db) as store:
        return [store.get(id) for id in ids]


def said(error: GraftuiError) -> str:
    """What is wrong, and what to do about it, in one line."""
    return " ".join(filter(None, (error.message, error.hint)))


def export(path: Path, what: Table | Sequence[Chart], title: str) -> Told:
    """Write what is on the screen as the file's ending says."""
    from engine.contract.layout import write_whole
    from graftui.text import FALLBACK

    data = _table(what, path) if isinstance(what, Table) else _charts(what, path, title)
    write_whole(path, data if isinstance(data, bytes) else data.encode(errors=FALLBACK))
    return Told(f"Wrote {title} to {path}.")


def _table(what: Table, path: Path) -> str | bytes:
    from graftui.results.export import cells
    from graftui.show.press import matrices

    ending = path.suffix.lower()
    if ending in PICTURE_ENDINGS:
        return matrices.of_table(what, ending.removeprefix("."))
    return cells.FORMATS[TABLE_ENDINGS[ending]](what)


def _charts(what: Sequence[Chart], path: Path, title: str) -> str | bytes:
    """An SVG is of the terminal's cells where there is no matplotlib."""
    from graftui.results.export import charts
    from graftui.show.pictures import to_svg
    from graftui.show.press import charts as figures

    ending = path.suffix.lower()
    if ending == ".csv":
        return charts.to_csv(what)
    if ending == ".svg" and not figures.there():
        return to_svg(what, title)
    return figures.figure(what, ending.removeprefix("."))
