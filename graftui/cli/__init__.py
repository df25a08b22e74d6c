"""The command line: verbs that only parse, call and print.

Imports within the verbs: `graftui --help` must not wait for pydantic, SQLite or Textual.
"""

import inspect
import os
import re
import sys
from collections.abc import Callable, Sequence
from copy import copy
from typing import Annotated

import typer
from typer.main import get_command_name

from graftui import __version__
from graftui.cli import (
    catalog,
    comparison,
    evidence,
    labels,
    paper,
    queue,
    results,
    runs,
    skills,
    slurm,
    sweeps,
    testing,
    tidying,
    trash,
    windows,
)
from graftui.cli.common import allow_commands, settings_here
from graftui.cli.plain import PlainCommand, PlainGroup
from graftui.errors import EXIT_CODES

_CODES = "; ".join(f"{code} {what}" for code, what in EXIT_CODES.items())

app = typer.Typer(
    cls=PlainGroup,
    help="Find which few weights of a fine-tuned language model carry its new skill.\n\n"
    "Without a verb it opens the dashboard. Start with: graftui run pocket",
    epilog=f"Exit codes: {_CODES}",
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    add_completion=True,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"graftui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def dashboard(
    context: typer.Context,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version")
    ] = False,
    fps: Annotated[
        int,
        typer.Option(
            min=1, max=60, help="Of the dashboard: draw at most so often a second, on slow links"
        ),
    ] = 60,
) -> None:
    if context.invoked_subcommand is not None:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):  # nobody could use a dashboard
        results.ls()
        return
    os.environ["TEXTUAL_FPS"] = str(fps)  # read when Textual is imported
    from graftui.tui.app import run

    settings = settings_here()
    allow_commands(settings)
    run(settings)


def _flowing(verb: Callable[..., object]) -> str:
    """Its docstring, each paragraph in one line: Typer breaks them where the source does."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.cleandoc(verb.__doc__ or ""))


_CATALOG = "Tasks and models"
_PANELS = (
    ("Run", runs.VERBS), ("Run", queue.VERBS), ("Results", results.VERBS),
    ("Results", comparison.VERBS), ("Results", testing.VERBS),
    ("Results", labels.VERBS), ("Results", windows.VERBS),
    ("Results", evidence.VERBS),
    ("Tidy up", tidying.VERBS), (_CATALOG, catalog.VERBS),
)  # fmt: skip
for _panel, _verbs in _PANELS:
    for _verb, _example in _verbs.items():
        _form = labels.COMMANDS.get(_verb, PlainCommand)
        app.command(
            cls=_form, rich_help_panel=_panel, help=_flowing(_verb), epilog=f"Example: {_example}"
        )(_verb)
_GROUPED = (
    ("Run", queue.GROUPS), ("Run", sweeps.GROUPS), ("Run", paper.GROUPS),
    (_CATALOG, catalog.GROUPS), ("Results", skills.GROUPS), ("Run", slurm.GROUPS),
    ("Tidy up", trash.GROUPS),
)  # fmt: skip
for _panel, _groups in _GROUPED:
    for _name, (_group, _verbs) in _groups.items():
        app.add_typer(_group, name=_name, rich_help_panel=_panel)
        for _verb, _example in _verbs.items():
            _form = {**sweeps.COMMANDS, **paper.COMMANDS}.get(_verb, PlainCommand)
            _group.command(cls=_form, help=_flowing(_verb), epilog=f"Example: {_example}")(_verb)


def app_for(words: Sequence[str]) -> typer.Typer:
    """The command line for these words: where the first is a verb, with that one alone. To make all
    of them ready takes as long as to list runs.
    """
    alone, first = copy(app), words[:1]
    alone.registered_commands = [
        each for each in app.registered_commands
        if each.callback and get_command_name(each.callback.__name__) in first
    ]  # fmt: skip
    alone.registered_groups = [each for each in app.registered_groups if each.name in first]
    return alone if alone.registered_commands or alone.registered_groups else app
