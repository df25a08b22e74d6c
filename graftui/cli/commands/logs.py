"""What `logs` prints: the events a person reads, then the output of the engine's process."""

import os
import time
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


def show(settings: Settings, run: Run, console: Console, follow: bool) -> None:
    """The log of `run`; with `follow` until it ends."""
    tail, phase = Tail(directory(settings, run).events), ""
    while True:
        active = _active(settings, run.id) if follow else False  # before the news: none is missed
        for event in tail.news():
            if isinstance(event, ev.Progress):
                if event.phase != phase:
                    phase = event.phase
                    _line(console, event.t, f"{phase} ...")
            elif text := sentence(event):
                _line(console, event.t, text)
        if not active:
            break
        time.sleep(settings.poll_s)
    with suppress(FileNotFoundError), directory(settings, run).output.open("rb") as file:
        if os.stat(file.fileno()).st_size:
            console.print("-- output of the process --", style="dim")
            console.lines(output.lines(output.chunks(file)))


def _active(settings: Settings, run_id: str) -> bool:
    with Store.open(settings.db) as store:
        look(settings, store)
        return store.get(run_id).status.active


def _line(console: Console, t: float, text: str) -> None:
    console.print(f"{clock(t)}  {text}")
