"""Which runs a verb is about: by id or name, or all that meet a filter; counted before it acts."""

import sys
from collections.abc import Sequence

import typer

from graftui.errors import UsageError
from graftui.models import Run
from graftui.planning.sweeps.members import by_identity
from graftui.registry.query.grammar import parse_options
from graftui.registry.query.tree import Query
from graftui.registry.query.unarchived import unarchived
from graftui.registry.store import Store
from graftui.results.figures import counted
from graftui.settings import Settings
from graftui.terminal import Console
from graftui.text import visible

NOBODY = "no run meets this"


def query_of(settings: Settings, filters: Sequence[str]) -> Query:
    """What all `filters` together ask for. Raises UsageError, with the place of what is wrong."""
    return by_identity(parse_options(filters), settings)


def chosen(
    settings: Settings, store: Store, refs: Sequence[str], filters: Sequence[str]
) -> list[Run]:
    """The runs that `refs` name, each once, of which those that meet all `filters`; without refs,
    all that meet them, as `ls` has it: archived ones only where a filter asks.
    Oldest first. Raises UsageError where neither is given.
    """
    if not refs and not filters:
        raise _nothing_named()
    ids = {store.resolve(ref).id for ref in refs}
    query = query_of(settings, filters)
    runs = store.list(where=query if refs else unarchived(query), sort="created")
    return [run for run in runs if run.id in ids or not refs]


def named(store: Store, refs: Sequence[str]) -> list[Run]:
    """The runs that `refs` name, in that order. Raises UsageError where there are none."""
    if not refs:
        raise _nothing_named()
    return [store.resolve(ref) for ref in refs]


def latest(runs: Sequence[Run]) -> list[Run]:
    """Of `runs`, oldest first, the last of those that compute the same."""
    return list({run.config_hash: run for run in runs}.values())


def _nothing_named() -> UsageError:
    return UsageError(
        "Which runs? No id and no filter is given.",
        "Give ids or names, or a filter such as --filter status=failed.",
    )


def agreed(runs: Sequence[Run], act: str, yes: bool, console: Console) -> bool:
    """Whether the user wants `act` done to `runs`; `yes`: said already."""
    return agreed_to(f"{counted(len(runs))}: {act}?", yes, console)


def agreed_to(question: str, yes: bool, console: Console) -> bool:
    """Whether the user says yes to `question`; `yes`: said already. Ctrl-C at the question is
    one everywhere. Raises UsageError where nobody can be asked.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(
            f"{question} There is no terminal to ask at.", "Give --yes to do it without asking."
        )
    try:
        if typer.confirm(visible(question), err=console.stderr):
            return True
    except typer.Abort:
        raise KeyboardInterrupt from None
    console.print("nothing was done")
    return False
