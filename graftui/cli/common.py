"""What the verbs share: their common arguments, and the settings, console and registry in force.

Imports within the functions: `graftui --help` must not wait for pydantic, SQLite or Textual.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from graftui.cli import completion

if TYPE_CHECKING:
    from graftui.registry.store import Store
    from graftui.settings import Settings
    from graftui.terminal import Console

T = TypeVar("T")
_REFS = "Runs: ids, names, or `last`"
Ref = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="Run: id, its beginning, name, or `last`", autocompletion=completion.runs
    ),
]
Refs = Annotated[
    list[str], typer.Argument(metavar="ID...", help=_REFS, autocompletion=completion.runs)
]
MaybeRefs = Annotated[
    list[str], typer.Argument(metavar="[ID...]", help=_REFS, autocompletion=completion.runs)
]


def one_line(name: str) -> str:
    """A name as typed, but in one line: it has its place in a row of a table."""
    return " ".join(name.splitlines())


Sets = Annotated[
    list[str],
    typer.Option(
        "--set", "-s", metavar="SETTING=VALUE", help="Change a setting",
        autocompletion=completion.settings,
    ),
]  # fmt: skip
Json = Annotated[bool, typer.Option("--json", help="Print JSON for scripts")]
Detach = Annotated[bool, typer.Option("--detach", "-d", help="Queue it and come back at once")]
On = Annotated[
    str,
    typer.Option(
        metavar="EXECUTOR",
        help="Where: local (this host), slurm, or slurm:NAME by a profile of graftui.toml",
    ),
]
Pilot = Annotated[
    bool, typer.Option("--pilot", help="With --on slurm: jobs that do many runs each, one by one")
]
Filters = Annotated[
    list[str],
    typer.Option(
        "--filter", "-f", metavar="QUERY",
        help="Of columns, settings and words: status=failed, 'graft > 90 and not tag=old', "
        "'train.lr >= 1e-3'; several must all hold",
    ),
]  # fmt: skip
Tags = Annotated[
    list[str], typer.Option("--tag", metavar="TAG", help="Tag of the runs; may be repeated")
]
Priority = Annotated[
    int, typer.Option("--priority", "-p", help="Higher starts first; the others have 0")
]
QueueGroup = Annotated[
    str, typer.Option("--group", "-g", metavar="GROUP", help="Group of `graftui queue group`")
]
After = Annotated[
    str | None,
    typer.Option(
        metavar="COMMAND", help="Call it when a run ends, with GRAFTUI_RUN, GRAFTUI_STATUS ... set"
    ),
]
Notify = Annotated[
    bool,
    typer.Option("--notify", help="Ring when it has ended, and send what you have configured"),
]
Times = Annotated[
    str | None,
    typer.Option(
        "--times", metavar="HOW", help="relative: how long ago; absolute: when, by the clock"
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")]


def settings_here(after: str | None = None, times: str | None = None) -> "Settings":
    """The settings in force; asks once where the folder's file chooses a program. `after`, `times`:
    as typed. Times are read from now on as they say.
    """
    from graftui import settings
    from graftui.results.times import read_as, reading_of

    loaded = allowing(lambda: settings.load({"after": after, "times": times}))
    read_as(reading_of(loaded))
    return loaded


def allow_commands(settings: "Settings") -> None:
    """Asks once where the folder's file has commands for the dashboard."""
    from graftui.scheduler.commands import commands

    allowing(lambda: commands(settings))


def allowing(read: Callable[[], T]) -> T:
    """What `read` gives; asks where a file wants something run that nobody has allowed."""
    from graftui import trust
    from graftui.text import visible

    try:
        return read()
    except trust.NotAllowed as refusal:
        asking = sys.stdin.isatty() and sys.stderr.isatty()
        if not asking or not typer.confirm(f"{visible(refusal.message)} Allow it?", err=True):
            raise
        trust.allow(refusal.file, refusal.name, refusal.value)
    return read()


def console_here(stderr: bool = False) -> "Console":
    from graftui.terminal import Console

    # A pipe has no width: give tables room instead of Rich's 80.
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else 200)


def say(text: str) -> None:
    """A line beside what was asked for, on standard error."""
    console_here(stderr=True).print(text, soft_wrap=True)


def store_here(settings: "Settings") -> "Store":
    """The registry, made true first: what ended or vanished meanwhile is known after this, and
    what waits is at work.
    """
    from graftui.registry.store import Store
    from graftui.scheduler.look import first_look

    store = Store.open(settings.db)
    try:
        skipped = first_look(settings, store)
    except BaseException:
        store.close()
        raise
    _tell_skipped(len(skipped))
    return store


def move_recipes_out(settings: "Settings") -> None:
    """Recipes that earlier versions saved in the registry become files; says so, once."""
    from graftui.planning.library import moved_out

    if news := moved_out(settings):
        say(news)


def store_to_read(settings: "Settings") -> "Store":
    """As `store_here`; where nothing can be written, a view in memory of what can be read."""
    import sqlite3

    from graftui.errors import GraftuiError
    from graftui.registry.view import excuse, view

    try:
        return store_here(settings)
    except (sqlite3.Error, OSError, GraftuiError) as error:
        why = excuse(error, settings.db)
        if why is None:
            raise
    say(why.message)
    if why.hint:
        say(why.hint)
    store, skipped = view(settings)
    _tell_skipped(len(skipped))
    return store


def _tell_skipped(count: int) -> None:
    if count:
        folders = "1 folder" if count == 1 else f"{count} folders"
        say(f"{folders} skipped, see `graftui doctor`")
