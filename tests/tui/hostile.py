"""Screens full of texts that their writers did not mean well: a maker for each of them."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from engine.contract.schema import Setting
from graftui import settings as knobs
from graftui import turns
from graftui.kinds import Card
from graftui.measured import Artifact, CurveExtent, CurveKey, Score, Series
from graftui.models import Attempt, Input, Run, RunReason, RunStatus
from graftui.planning.library import RecipeInfo
from graftui.planning.recipes import Recipe
from graftui.planning.sweeps.axes import Axes
from graftui.planning.sweeps.states import CellState, Standing
from graftui.planning.sweeps.sweep import Cell, Sweep, Unreadable
from graftui.planning.values import written
from graftui.results.chosen_columns import Choice
from graftui.results.maps import GraftMap, RunMap, Tensor
from graftui.results.origins import Origin, Told
from graftui.results.peer_figures import figures
from graftui.results.peers import each_alone
from graftui.results.side_by_side import compare
from graftui.results.sweep_matrix import Layout, matrix
from graftui.scheduler.admission.machine import Machine
from graftui.scheduler.executors.slurm.snapshot import Snapshot
from graftui.scheduler.queue.outlook import Line, Outlook
from graftui.settings import Settings
from graftui.text import visible
from graftui.tui.compare.feed import FiguresSeen
from graftui.tui.compare.screen import CompareScreen
from graftui.tui.dialogs.choice import ChoiceScreen, Option
from graftui.tui.dialogs.confirm import ConfirmScreen
from graftui.tui.dialogs.help import HelpScreen
from graftui.tui.dialogs.line import LineScreen
from graftui.tui.dialogs.opening import OpeningScreen
from graftui.tui.dialogs.saving import SavingScreen
from graftui.tui.dialogs.tagging import TagScreen
from graftui.tui.dialogs.writing import NameScreen, NoteScreen
from graftui.tui.form import Entry, Form, Group
from graftui.tui.keys import Key
from graftui.tui.new.picking import RecipeScreen
from graftui.tui.new.screen import NewRunScreen
from graftui.tui.queue.feed import QueueSeen
from graftui.tui.queue.screen import QueueScreen
from graftui.tui.reader import Reader
from graftui.tui.run.detail import TABS
from graftui.tui.run.feed import Detail, RunPage
from graftui.tui.run.log import Log, LogLine
from graftui.tui.run.screen import RunScreen
from graftui.tui.runs.choosing import ColumnsScreen
from graftui.tui.runs.feed import RunLine, RunsPage, RunsSeen
from graftui.tui.runs.views import View, ViewsScreen
from graftui.tui.sweep.axes import AxesScreen
from graftui.tui.sweep.feed import SweepSeen
from graftui.tui.sweep.panel import SweepPanel
from graftui.tui.sweep.screen import SweepScreen
from graftui.tui.sweeps.feed import SweepsSeen
from graftui.tui.sweeps.screen import SweepsScreen
from graftui.turns import Knobs
from tests.tui import world

TOKENS = (
    "[/x]", "[b]", "[INST]..[/INST]", ":100:", "[@click=app.quit]x[/]", "[red]r", "\\[b]",
    "$x[/$y]",
    "\x1b[2J", "\x1b]0;t\x07", "\x1b]8;;u\x1b\\", "\x9b31m", "a\nb", "c\rd", "e\tf", "\x00", "\x7f",
    "\udc80", "\ud800", "\u202eabc", "\u2066x", "\u200bz", "e\u0301", "日本",
)  # fmt: skip
LONG = "long" * 2500
SIZE = (220, 70)


def hostile_run(text: str, number: int = 0) -> Run:
    """A run in which all that can be text is `text`."""
    config = {"task": {"name": text, "prompt": text}, "model": {"name": text}, text: number}
    return Run(
        id=f"{number:02d}{text}", name=text, kind=text, config=config, config_hash=text,
        created_at=world.NOW - 60, status=RunStatus.failed, reason=RunReason.crashed, message=text,
        hint=text, recipe=text, tags=(text, text), inputs=(Input(text, text),),
        started_at=world.NOW - 50,
        phase=text, device=text, log_tail=f"{text}\n{text}", ended_at=world.NOW - 9,
    )  # fmt: skip


def snapshots(texts: tuple[str, ...]) -> Iterator[tuple[str, RunsSeen, Detail]]:
    """Each tab of the details, and each state in which the table has a cell for a text."""
    seen = [hostile_run(text, number) for number, text in enumerate(texts)]
    keys = tuple(CurveKey(f"{text}/{text}", ((text, text),)) for text in texts)
    detail = Detail(
        hostile_run(" ".join(texts)), world.NOW,
        tuple(Score(t, t, {}, {"accuracy": 0.5, t: 1.0}) for t in texts),
        tuple(Artifact(text, text, 1) for text in texts),
        tuple(CurveExtent(key, 1, 2) for key in keys),
        tuple(Series(key, (1, 2), (0.0, 1.0)) for key in keys),
        log=Log(tuple(LogLine(world.NOW, text, at=n) for n, text in enumerate(texts))),
        cards=(Card(" ".join(texts), ((texts[0], texts[0], 0.5),)),),
        settings=(Told(" ".join(texts), " ".join(texts), Origin.set, " ".join(texts)),),
        attempts=tuple(
            Attempt(n=n, job="7", host=" ".join(texts[n : n + 6])) for n in range(0, len(texts), 6)
        ),
        files=tuple(Artifact(text, text, 1) for text in texts), folder=" ".join(texts),
        map=RunMap("m", tuple(Tensor(t, "layer", 0, t, "weight", 9) for t in texts),
                   (GraftMap("", texts[0], {}, "", (1,) * len(texts)),)),
    )  # fmt: skip
    states = (RunStatus.failed, RunStatus.queued, RunStatus.running, RunStatus.lost)
    for tab, status in zip(TABS, cycle(states), strict=False):
        rows = tuple(replace(run, status=status, total=0) for run in seen)
        lines = tuple(map(RunLine, rows))
        yield tab, RunsSeen(RunsPage(), world.NOW, lines, len(rows), len(rows)), detail


def comparing(texts: tuple[str, ...]) -> CompareScreen:
    """Runs that no registry holds, compared."""
    runs = [hostile_run(text, number) for number, text in enumerate(texts)]
    nowhere = knobs.at(Path("none"))
    screen = CompareScreen(nowhere, Reader(nowhere, print, print), ())
    seen = FiguresSeen(len(runs), figures(compare(runs, {}), each_alone(runs)))
    screen.call_later(setattr, screen, "answers", {"figures": seen})
    return screen


def tagging(texts: tuple[str, ...]) -> TagScreen:
    """Runs that are called so, and tags that there are."""
    name = replace(hostile_run(""), id=" ".join(texts), name=" ".join(texts))
    return TagScreen([name], dict.fromkeys(texts[:4], 1))


def inspecting(texts: tuple[str, ...]) -> RunScreen:
    """A run that no registry holds."""
    _, _, detail = next(snapshots(texts))
    screen = RunScreen(
        knobs.at(Path("none")), Reader(knobs.at(Path("none")), print, print), RunPage("")
    )
    screen.call_later(setattr, screen, "detail", detail)
    return screen


def form_of(texts: tuple[str, ...]) -> Form:
    settings = [Setting(f"{t}.{t}", (t,), t, (), "text", "", "help") for t in texts]
    entries = tuple(
        Entry(s.path, t, s, written(t), t) for t, s in zip(texts, settings, strict=True)
    )
    about = (
        Entry("name", "name", settings[0], written(texts[0])),
        Entry("tags", "tags", settings[0], written(" ".join(texts))),
    )
    return Form(
        " ".join(texts),
        Recipe("x", "x", {}, {}, {}),
        (Group(" ".join(texts), about), Group("x", entries)),
    )


OVER = threading.Event()
"""Ends the jobs that go on until they are told."""


def own_key(text: str) -> Key:
    """A key that somebody has given such a name."""
    return Key(f"runs.{abs(hash(text))}", text, text, text, "help", Static())


def _endless() -> Message:
    OVER.wait(60)
    return Message()


def swept(texts: tuple[str, ...]) -> Sweep:
    """A sweep of which all names and values are texts."""
    cells = tuple(Cell({text: text, "task.name": text}, {"graft": text}) for text in texts)
    return Sweep(id=texts[0], name=" ".join(texts), created_at=world.NOW, recipe=texts[0], text="",
                 axes=Axes({text: (text,) for text in texts}), cells=cells)  # fmt: skip


def sweep_list(texts: tuple[str, ...]) -> SweepsScreen:
    screen = SweepsScreen(knobs.at(Path("none")), Reader(knobs.at(Path("none")), print, print))
    listed = tuple((replace(swept((text,)), id=text), {CellState.done: 1}) for text in texts)
    bad = (Unreadable(Path(texts[0]), texts[0]),)
    screen.call_later(setattr, screen, "seen", SweepsSeen(world.NOW, listed, bad))
    return screen


def sweep_matrix(texts: tuple[str, ...]) -> SweepScreen:
    """Rows that are texts, results that are hostile runs."""
    settings = knobs.at(Path("none"))
    screen = SweepScreen(settings, Reader(settings, print, print), [texts[0]])
    whole = swept(texts)
    results = [
        (Standing(replace(cell, at={"task.name": text}), "graft", CellState.failed,
                  hostile_run(text, n), text),)
        for n, (cell, text) in enumerate(zip(whole.cells, texts, strict=True))
    ]  # fmt: skip
    seen = SweepSeen(whole, world.NOW, matrix(results), {CellState.failed: len(texts)}, None,
                     texts, texts, texts)  # fmt: skip
    screen.call_later(lambda: screen.query_one(SweepPanel).show(seen))
    return screen


def queued(texts: tuple[str, ...]) -> QueueScreen:
    """A queue of hostile runs, which wait for hostile reasons."""
    settings = knobs.at(Path("none"))
    screen = QueueScreen(settings, Reader(settings, print, print))
    lines = [Line(replace(hostile_run(text, n), status=RunStatus.queued), text, None)
             for n, text in enumerate(texts)]  # fmt: skip
    groups = {text: turns.Group(1) for text in texts[:4]}
    seen = Outlook(Knobs(groups=groups), {}, True, [], {}, lines, len(lines), 0)
    machine = Machine(2, 1 << 30, 1 << 29)
    answer = QueueSeen(0, world.NOW, seen, machine, Snapshot(), texts[0])
    screen.call_later(setattr, screen, "seen", answer)
    return screen


MADE: dict[type[Screen[Any]], Callable[[Settings, tuple[str, ...]], Screen[Any]]] = {
    ChoiceScreen: lambda _, texts: ChoiceScreen(
        " ".join(texts), [Option(f"{n}", text, text) for n, text in enumerate(texts)]
    ),
    ViewsScreen: lambda _, texts: ViewsScreen({text: View(text, text) for text in texts}, View()),
    ColumnsScreen: lambda _, texts: ColumnsScreen(
        [Choice(text, text) for text in texts], tuple((text, 0) for text in texts[::2])
    ),
    CompareScreen: lambda _, texts: comparing(texts),
    RecipeScreen: lambda _, texts: RecipeScreen(
        [RecipeInfo(text, text, text, (text,), text, text) for text in texts],
        {text: text for text in texts},
    ),
    SavingScreen: lambda settings, texts: SavingScreen(
        settings, " ".join(texts), visible(texts[0]), [".csv"]
    ),
    ConfirmScreen: lambda _, texts: ConfirmScreen(" ".join(texts), " ".join(texts), "Delete"),
    HelpScreen: lambda _, texts: HelpScreen([own_key(text) for text in texts]),
    LineScreen: lambda _, texts: LineScreen(" ".join(texts), "".join(texts), lambda _: Message()),
    NewRunScreen: lambda settings, texts: NewRunScreen(settings, form_of(texts)),
    NameScreen: lambda _, texts: NameScreen(" ".join(texts), [" ".join(texts)]),
    NoteScreen: lambda _, texts: NoteScreen(" ".join(texts), [" ".join(texts)]),
    OpeningScreen: lambda _, texts: OpeningScreen(" ".join(texts), _endless),
    AxesScreen: lambda _, texts: AxesScreen(texts, Layout(texts, ()), print),
    QueueScreen: lambda _, texts: queued(texts),
    SweepScreen: lambda _, texts: sweep_matrix(texts),
    SweepsScreen: lambda _, texts: sweep_list(texts),
    TagScreen: lambda _, texts: tagging(texts),
    RunScreen: lambda _, texts: inspecting(texts),
}
"""Each screen, made of texts; the main screen is made of snapshots."""
