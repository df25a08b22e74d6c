"""The dashboard as an application: its screens, its colours, its reader thread.

    graftui        opens it

Owns what lives as long as the window. Quitting ends no run: it says how to find them again.
"""

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from textual import on
from textual.app import App, SystemCommand
from textual.binding import Binding, BindingsMap
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.screen import Screen
from textual.theme import Theme
from textual.widgets import Input

from graftui.errors import GraftuiError
from graftui.results import times
from graftui.scheduler.commands import Command, commands
from graftui.settings import FILE, Settings
from graftui.text import visible_lines
from graftui.tui import jobs, keys
from graftui.tui.background import start
from graftui.tui.dialogs.confirm import ConfirmScreen
from graftui.tui.dialogs.help import HelpScreen
from graftui.tui.feed import Question
from graftui.tui.live import LiveScreen
from graftui.tui.messages import Advanced, Queued, Told, Trouble
from graftui.tui.places import go
from graftui.tui.reader import Reader
from graftui.tui.remembered import Remembered
from graftui.tui.runs.screen import RunsScreen
from graftui.tui.spelling import Spelling
from graftui.tui.text import cut
from graftui.tui.themes import CALM, OURS
from graftui.tui.verbs import commanding, files
from graftui.tui.verbs.undoing import Steps

_TOAST = 600
"""Cells of a toast's text, at most: it must leave something of the screen."""


class GraftuiApp(App[None]):
    """One window on the registry of one working directory."""

    TITLE = "graftui"
    CSS_PATH = "app.tcss"
    BINDINGS = [
        Binding("question_mark", "help", "Help", key_display="?", id="window.help",
                tooltip="the keys of where you are; type to search, enter does it"),
        Binding("ctrl+p", "command_palette", "Commands", show=False, priority=True,
                id="window.commands", tooltip="everything by its name, themes too"),
        Binding("S", "go('sweeps')", "Sweeps", show=False, id="window.sweeps",
                tooltip="all sweeps, and their cells as a matrix"),
        Binding("Q", "go('queue')", "Queue", show=False, id="window.queue",
                tooltip="the queue and the machine: what runs where, what waits for what"),
        Binding("R", "go('runs')", "Runs", show=False, id="window.runs",
                tooltip="back to the runs, from wherever you are"),
        Binding("ctrl+c", "copy_or_ask", "Copy", show=False, priority=True, id="window.copy",
                tooltip="copy what is selected; with nothing selected, ask whether to quit"),
        Binding("u", "undo", "Undo", show=False, id="window.undo",
                tooltip="take back the last tag, note, star, name, archiving or deletion"),
        Binding("T", "times", "Times", show=False, id="window.times",
                tooltip="say when something was, and not how long ago; again: how long ago"),
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="window.quit",
                tooltip="quit, wherever you are; runs go on (graftui watch ID follows one)"),
    ]  # fmt: skip
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], float] = time.time,
        encoding: str = "utf-8",
        read_only: bool = False,
    ) -> None:
        super().__init__()
        self.read_only = read_only
        """Whether it refuses all that changes something."""
        self.settings = settings
        self._spelling = Spelling(encoding)
        self._commands: tuple[Command, ...] = ()
        self.remembered = Remembered()
        times.read_as(self._times())
        self.reader = Reader(settings, self._tell, self._complain, clock)
        self._steps = Steps()
        self._runs_screen = RunsScreen(settings, self.reader, self.remembered)

    def get_key_display(self, binding: Binding) -> str:
        """As Textual draws it, or the name of a key for which the terminal has no sign."""
        shown = super().get_key_display(binding)
        return shown if self._spelling.has(shown) else binding.key

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Whatever is drawn goes through the last of them."""
        return (*super().get_line_filters(), self._spelling)

    def on_mount(self) -> None:
        """Paint first; the reader fills the screen when it has something to show."""
        for theme in OURS:
            self.register_theme(theme)
        self.theme = self._theme()
        self.theme_changed_signal.subscribe(self, self._remember_theme)
        self._remap()
        self.push_screen(self._runs_screen)
        look = self.reader.run
        self.run_worker(look, name="reader", group="reader", exclusive=True, thread=True)

    def _times(self) -> times.Reading:
        """As the command asks for it, or the user did last, or the settings say."""
        asked = times.reading_of(self.settings)
        if "times" in self.settings.told:
            return asked
        return replace(asked, absolute=self.remembered.get("times", bool, asked.absolute))

    def action_times(self) -> None:
        """Read them the other way, on all screens."""
        wanted = replace(times.reading(), absolute=not times.reading().absolute)
        times.read_as(wanted)
        self.remembered.put("times", wanted.absolute)
        self.reader.refresh()

    def _theme(self) -> str:
        """The one that the user chose last, if it is there still."""
        theme = self.remembered.get("theme", str, CALM.name)
        return theme if theme in self.available_themes else CALM.name

    def _remember_theme(self, theme: Theme) -> None:
        if theme.name != self._theme():
            self.remembered.put("theme", theme.name)

    def _remap(self) -> None:
        """The keys that graftui.toml has for what ours do, and for the user's own commands."""
        try:
            self._commands = commands(self.settings)
            keymap = keys.remapped(self.settings.root / FILE)
        except GraftuiError as exc:
            self.post_message(Trouble(exc))
            return
        self._bindings = BindingsMap.merge([self._bindings, commanding.bindings(self._commands)])
        self.set_keymap(keymap)
        conflicts = [*(keys.conflicts(keymap) if keymap else ()),
                     *commanding.shadowed(self._commands)]  # fmt: skip
        for conflict in conflicts:
            self.notify(conflict, severity="warning", timeout=12)

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the keys of the screen do, by name; then themes, and a picture of the screen."""
        for key in keys.keys_of(screen):
            told = f"{key.shown}   {key.text}"
            yield SystemCommand(key.title, told, partial(self._do, key))
        for each in self._commands if isinstance(screen, LiveScreen) else ():
            if not each.key:
                yield SystemCommand(each.name, each.run, partial(self.action_command, each.name))
        for command in super().get_system_commands(screen):
            if command.title in ("Theme", "Screenshot"):
                yield command

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A form, or a dialog, is left by its own keys: nothing that was typed there is lost."""
        over = self.screen_stack[1:] if self.is_running else ()
        free = all(isinstance(screen, LiveScreen) for screen in over)
        return free or action not in ("go", "command")

    def action_command(self, name: str) -> None:
        """Call one of the user's own, for the runs that are chosen."""
        for command in self._commands:
            if command.name == name and isinstance(self.screen, LiveScreen):
                commanding.run(self.screen, command)

    def action_go(self, where: str) -> None:
        """Go to one of the places."""
        go(self._runs_screen, where)

    def action_help(self) -> None:
        """The keys of where the user is; that which is picked does what it does."""
        self.push_screen(HelpScreen(keys.keys_of(self.screen)), self._do)

    async def _do(self, key: keys.Key | None) -> None:
        if key is not None:
            await self.run_action(key.action, key.owner)

    def on_unmount(self) -> None:
        """The reader is asleep most of the time: wake it, so that it can go."""
        self.reader.stop()

    @on(Advanced)
    def _advanced(self) -> None:
        """The screen that asked may lie below a dialog. One that is not there yet looks for itself
        when it is; as the window closes, none is whole.
        """
        for screen in reversed(self.screen_stack if self.is_running else ()):
            if isinstance(screen, LiveScreen):
                if screen.is_mounted and screen.display:  # which is lost on the way out
                    screen.advanced()
                return

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """Most toasts hold data: markup is read in none of them."""
        text = cut(visible_lines(message).expandtabs(), _TOAST)
        super().notify(text, title=title, severity=severity, timeout=timeout, markup=False)

    @on(Trouble)
    def _trouble(self, event: Trouble) -> None:
        """What went wrong, and what to do about it, on whatever screen."""
        error = event.error
        text = f"{error.message}\n→ {error.hint}" if error.hint else error.message
        self.notify(text, title="That did not work", severity="error", timeout=12)

    def deliver_screenshot(
        self, filename: str | None = None, path: str | None = None, time_format: str | None = None
    ) -> None:
        """Into the working directory, and say so; Textual's own way fails without a word."""
        svg = self.export_screenshot()
        start(self._runs_screen, "picture", partial(jobs.picture, self.settings, svg))

    @on(files.FileWanted)
    def _file_wanted(self, event: files.FileWanted) -> None:
        files.show(self, event)

    @on(Told)
    def _told(self, event: Told) -> None:
        self.notify(event.text, timeout=8)
        self._steps.add(event.step)
        self._runs_screen.forget(event.away)
        self.reader.refresh()

    def action_undo(self) -> None:
        """Take back what was done last, on whatever screen that was."""
        if isinstance(self.screen, LiveScreen):
            self._steps.undo(self.screen)

    @on(Queued)
    def _queued(self, event: Queued) -> None:
        """From whatever screen it was asked for."""
        for remark in event.remarks:
            self.notify(remark, severity="warning", timeout=8)
        for run in event.reused:
            how = "under way" if run.status.active else "done"
            self.notify(f"Reusing {run.id}: this fine-tuning is {how} already.", timeout=8)
        if event.runs:
            self.notify(f"Queued {', '.join(f'{run.kind} {run.id}' for run in event.runs)}.")
        self.reader.refresh()

    def action_copy_or_ask(self) -> None:
        """Copy what is selected, or ask whether to quit: the key means either to most people."""
        box = self.focused
        selected = box.selected_text if isinstance(box, Input) else ""
        if text := selected or self.screen.get_selected_text():
            self.copy_to_clipboard(text)
            self.notify(f"Copied {len(text)} letters.")
        elif not isinstance(self.screen, ConfirmScreen):
            question = ConfirmScreen("Quit?", self._farewell() or "No run is at work.", "Quit")
            self.push_screen(question, self._answered)

    async def _answered(self, yes: bool | None) -> None:
        if yes:
            await self.action_quit()

    async def action_quit(self) -> None:
        """Close the window; say so if runs go on."""
        self.reader.stop()
        self.exit(message=self._farewell())

    def _farewell(self) -> str | None:
        active = self.reader.active
        if not active:
            return None
        runs = "1 run goes on" if len(active) == 1 else f"{len(active)} runs go on"
        return f"{runs}: graftui watch {active[0].id}"

    def _tell(self, question: Question[Any]) -> None:
        self.post_message(Advanced(question))

    def _complain(self, error: GraftuiError) -> None:
        self.post_message(Trouble(error))


def run(settings: Settings, read_only: bool = False) -> None:
    """Open the dashboard; returns when it is closed."""
    # Textual draws on the standard error.
    encoding = sys.__stderr__.encoding if sys.__stderr__ else "utf-8"
    GraftuiApp(settings, encoding=encoding, read_only=read_only).run()
