"""Commands of a user's own, called for the runs that are chosen, one run after the other.

Each has the terminal meanwhile; in a browser, or where there is none, what it prints last is told.
"""

import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from textual.app import App, SuspendNotSupported
from textual.binding import Binding, BindingsMap

from graftui.models import Run
from graftui.scheduler.commands import Command, call
from graftui.settings import Settings
from graftui.terminal import Console
from graftui.tui import jobs, keys
from graftui.tui.background import start
from graftui.tui.live import LiveScreen
from graftui.tui.messages import Told
from graftui.tui.verbs.opening import opening


def bindings(commands: Sequence[Command]) -> BindingsMap:
    """Their keys."""
    return BindingsMap(
        [
            Binding(each.key, f"command('{each.name}')", each.name, show=False,
                    id=f"commands.{each.name}", tooltip=f"{each.name}: {each.run}")
            for each in commands if each.key
        ]
    )  # fmt: skip


def shadowed(commands: Sequence[Command]) -> Iterator[str]:
    """The keys of commands that are ours somewhere, a sentence each."""
    for key, (command, *others) in bindings(commands).key_to_bindings.items():
        for other in others:
            yield f"{key} is both {command.id} and {other.id}: one of them has no key."
        ours = [id for id, each in keys.bindings().items()
                if key in BindingsMap([Binding(each.key, "")]).key_to_bindings
                and not id.startswith(("form.", "dialog."))]  # fmt: skip
        if ours:
            yield f"{key} is {ours[0]} already: where that is, it does not call {command.id}."


def run(screen: LiveScreen[Any], command: Command) -> None:
    """For the runs that are chosen there, as they are now."""
    ids = screen.chosen()
    if not ids:
        screen.notify(f"{command.name} is for a run, and none is chosen here.", severity="warning")
        return
    job = partial(jobs.read, screen.settings, ids)
    opening(screen, "Reading the runs", job, lambda read: _call(screen, command, read.runs))


def _call(screen: LiveScreen[Any], command: Command, runs: Sequence[Run]) -> None:
    app: App[Any] = screen.app
    try:
        with app.suspend(), _undisturbed():
            told = _in_terminal(screen.settings, command, runs)
    except SuspendNotSupported:
        start(screen, "command", partial(_aside, screen.settings, command, runs))
        return
    app.refresh()
    screen.post_message(Told(told))


def _in_terminal(settings: Settings, command: Command, runs: Sequence[Run]) -> str:
    """What came of it, after the user has seen what it printed."""
    told = _each(command, runs, partial(call, settings, command))
    Console().print(f"\n{told}  Enter goes back to graftui.")
    with suppress(EOFError):
        input()
    return told


def _aside(settings: Settings, command: Command, runs: Sequence[Run]) -> Told:
    """The same without a terminal."""
    with tempfile.TemporaryFile() as output:
        told = _each(command, runs, lambda run: call(settings, command, run, output))
        output.seek(0)
        lines = output.read().decode(errors="replace").split("\n")
    said = [line for line in lines if line.strip()][-1:]
    return Told("\n".join([told, *said]))


def _each(command: Command, runs: Sequence[Run], calling: Any) -> str:
    """Call it for one after the other, until one fails."""
    for run in runs:
        if code := calling(run):
            how = f"exit {code}" if code > 0 else f"signal {-code}"
            return f"{command.name} of {run.id} failed: {how}."
    return f"{command.name} of {', '.join(run.id for run in runs)} is done."


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C is the command's own meanwhile."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
