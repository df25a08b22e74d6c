"""What `logs` prints: the events a person reads, then the output of the engine's process."""

import os
import time
from collections import deque
from contextlib import suppress

from engine.contract import events as ev
from graftui.models import Run
from graftui.registry import output
from graftui.registry.store import Store
from graftui.registry.tail import Tail
from graftui.results.times import clock
from graftui.scheduler.look import look
from graftui.scheduler.settle import directory
from graftui.settings import Settings
from graftui.show.events import sentence
from graftui.terminal import Console


def show(settings: Settings, run: Run, console: Console, follow: bool, most: int = 0) -> None:
    """The log of `run`; with `follow` until it ends. `most`: of what it said so far, and of the
    output, no more than so many of the last lines; 0: all.
    """
    tail, phase = Tail(directory(settings, run).events), Phase()
    first = True
    while True:
        active = _active(settings, run.id) if follow else False  # before the news: none is missed
        news = [text for event in tail.news() if (text := phase.line(event))]
        for text in news[-most:] if first else news:
            console.print(text)
        first = False
        if not active:
            break
        time.sleep(settings.poll_s)
    with suppress(FileNotFoundError), directory(settings, run).output.open("rb") as file:
        if os.stat(file.fileno()).st_size:
            console.print("-- output of the process --", style="dim")
            whole = output.lines(output.chunks(file))
            console.lines(deque(whole, most) if most else whole)


def _active(settings: Settings, run_id: str) -> bool:
    with Store.open(settings.db) as store:
        look(settings, store)
        return store.get(run_id).status.active


class Phase:
    """What a run is at: of its progress, only that it began something else is told."""

    def __init__(self) -> None:
        self._now = ""

    def line(self, event: ev.Event) -> str:
        """The event as a person reads it; empty: nothing is to be told."""
        text = sentence(event)
        if isinstance(event, ev.Progress):
            text = "" if event.phase == self._now else f"{event.phase} ..."
            self._now = event.phase
        return f"{clock(event.t)}  {text}" if text else ""
