"""What `logs` prints: the events a person reads, then the output of the engine's process."""

import os
import time
from contextlib import suppress

from engine.contract import events as ev
from graftui.console.live import Follower
from graftui.models import Run
from graftui.registry import output
from graftui.registry.store import Store
from graftui.scheduler.look import look
from graftui.scheduler.settle import directory
from graftui.settings import Settings
from graftui.terminal import Console


def show(settings: Settings, run: Run, console: Console, follow: bool) -> None:
    """The log of `run`; with `follow` until it ends."""
    follower, phase = Follower(settings, run), ""
    while True:
        active = _active(settings, run.id) if follow else False  # before the news: none is missed
        for event in follower.news():
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
    console.print(f"{time.strftime('%H:%M:%S', time.localtime(t))}  {text}")


def sentence(event: ev.Event) -> str:
    """An event as a person reads it; empty for a point of a curve or a step."""
    match event:
        case ev.Started():
            return f"started on {event.host}, process {event.pid}, device {event.device}"
        case ev.Evaluated():
            at = "" if event.sparsity is None else f" at {event.sparsity:g}"
            scores = ", ".join(f"{name} {value:.4g}" for name, value in event.scores.items())
            return f"{event.stage.replace('_', ' ')}{at} on {event.split}: {scores}"
        case ev.Artifact():
            return f"wrote {event.path} ({event.bytes:,} bytes)"
        case ev.Log():
            return event.message
        case ev.Finished():
            return f"finished after {event.seconds:.1f} s"
        case ev.Failed():
            return f"failed ({event.reason}): {event.message}. {event.hint}"
        case ev.Cancelled():
            return f"cancelled after {event.seconds:.1f} s: {event.message}"
    return ""
