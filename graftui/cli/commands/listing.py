"""What `ls` and `doctor` print."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from graftui.cli.commands.choosing import query_of
from graftui.cli.commands.output import as_json, send_json
from graftui.models import Run, RunStatus
from graftui.registry.query.grammar import limited, words
from graftui.registry.query.tree import EVERYTHING, Query, all_of, asked_keys, written
from graftui.registry.query.unarchived import unarchived
from graftui.registry.store import Store
from graftui.results.chosen_columns import chosen, with_figures
from graftui.results.columns import COLUMNS, Column
from graftui.scheduler.condition import observed
from graftui.settings import Settings
from graftui.show import tables
from graftui.terminal import Console, Text

if TYPE_CHECKING:  # doctor looks at all there is: a list of runs needs nothing of it
    from graftui.doctor import Check


def show(
    store: Store,
    settings: Settings,
    console: Console,
    filters: Sequence[str],
    sort: str,
    search: str,
    limit: int,
    json: bool,
    columns: str = "",
    by: str = "",
) -> None:
    """The runs that meet all filters; `columns`: names of those to show; `by`: keys to group by."""
    asked = limited(all_of(query_of(settings, filters), words(search)))
    where = unarchived(asked)
    shown = chosen(store.db, columns)
    listed = store.list(where=where, sort=sort, limit=None if by else limit or None)
    runs = observed(settings, listed, time.time())
    if by and runs:
        runs = with_figures(store, runs, shown)
        _show_groups(store, runs, shown, console, sort, limit, json, by)
        return
    if json:
        send_json([as_json(run) for run in runs])
        return
    if not runs:
        _tell_none(console, asked)
        return
    runs = with_figures(store, runs, shown)
    console.print(tables.runs(runs, console.width, shown), crop=False)
    total = store.count(where)
    if total > len(runs):
        console.print(f"{len(runs)} of {total} runs; --limit 0 lists all", style="dim")
    if held := [run.id for run in runs if run.status is RunStatus.held]:
        console.print(f"held, not started: graftui release {' '.join(held)}")


def _tell_none(console: Console, asked: Query) -> None:
    """Say that no run is listed, and as what the filter was read: it may have been meant otherwise.
    A setting that a graft has not itself is a reason of its own.
    """
    if asked == EVERYTHING:
        console.print("no runs yet; start with: graftui run pocket")
        return
    console.print("no run meets this")
    console.print(f"read as: {written(asked)}", style="dim", soft_wrap=True)
    settings = {name for name in asked_keys(asked) if "." in name}
    if settings and (lacking := _lacking(settings)):
        console.print(
            f"{', '.join(lacking)}: not every kind of run has it; a graft's is that of its"
            " fine-tuning, which compare --filter and export look up, and lists do not",
            style="dim",
            soft_wrap=True,
        )


def _lacking(settings: set[str]) -> list[str]:
    """Those that not every kind of run has itself."""
    from graftui.results.by_key import inherited  # all settings there are, which take their time

    return sorted(settings & inherited())


def _show_groups(
    store: Store,
    runs: Sequence[Run],
    shown: Sequence[Column],
    console: Console,
    sort: str,
    limit: int,
    json: bool,
    by: str,
) -> None:
    """A line a group, with mean and deviation over its runs."""
    from graftui.results.run_groups import as_json, by_text, grouped

    now = time.time()
    made = grouped(store, runs, by_text(by), sort, now)
    if json:
        send_json([as_json(group, shown or COLUMNS, now) for group in made])
        return
    listed = made[: limit or None]
    console.print(tables.run_groups(listed, console.width, now, shown), crop=False)
    if len(listed) < len(made):
        console.print(f"{len(listed)} of {len(made)} groups; --limit 0 lists all", style="dim")


def checks(checked: "Sequence[Check]", console: Console) -> None:
    """One line a check, and below what is wrong how to mend it."""
    for check in checked:
        mark = ("✓", "green") if check.ok else ("✗", "red")
        console.print(Text.assemble(mark, " ", (check.name, "bold"), f"  {check.text}"))
        if check.hint:
            console.print(f"  {check.hint}", style="dim")
