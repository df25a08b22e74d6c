"""Verbs that arrange the queue: what waits, in which order, how many at once."""

from collections.abc import Callable
from typing import Annotated

import typer

from graftui.cli import completion
from graftui.cli.common import (
    Filters,
    Json,
    MaybeRefs,
    Sets,
    Times,
    Yes,
    console_here,
    settings_here,
    store_here,
    store_to_read,
)

queue = typer.Typer(invoke_without_command=True, epilog="Example: graftui queue -f tag=paper")

Part = Annotated[
    str, typer.Argument(metavar="[GROUP]", help="Of this group alone; else of the whole queue")
]
Width = Annotated[
    int,
    typer.Argument(
        min=0, help="Runs at once, at most; 0: as graftui.toml says, or as many as have room"
    ),
]


@queue.callback()
def outlook(
    context: typer.Context,
    filter_: Filters = [],  # noqa: B006  typer copies it
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="At most so many that wait; 0: all")
    ] = 50,
    times: Times = None,
    json: Json = False,
) -> None:
    """Show what runs where, what waits for what, and when it will start; or arrange it.

    Without a verb it shows the queue. Start estimates are made from how long finished runs of the
    same kind and shape took.
    """
    if context.invoked_subcommand is not None:
        return
    from graftui.cli.commands import queue as showing

    settings = settings_here(times=times)
    with store_to_read(settings) as store:
        showing.show(settings, store, console_here(), filter_, limit, json)


def pause(group: Part = "", json: Json = False) -> None:
    """Start nothing new until `queue resume`; what is at work goes on."""
    from graftui.cli.commands import queue as arranging

    arranging.pause(settings_here(), console_here(), group, True, json)


def resume(group: Part = "", json: Json = False) -> None:
    """Go on starting runs after `queue pause`."""
    from graftui.cli.commands import queue as arranging

    arranging.pause(settings_here(), console_here(), group, False, json)


def jobs(number: Width, json: Json = False) -> None:
    """Say how many runs are at work at once; counts from now on, for those at work too."""
    from graftui.cli.commands import queue as arranging

    arranging.jobs(settings_here(), console_here(), number, json)


def group(
    name: Annotated[str, typer.Argument(help="Name of the group")],
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", min=0, help="Runs of it at once; 0: no such group")
    ],
    json: Json = False,
) -> None:
    """Make a part of the queue that is so wide, beside the others; `run --group` uses it."""
    from graftui.cli.commands import queue as arranging

    arranging.group(settings_here(), console_here(), name, jobs, json)


def hold(
    refs: MaybeRefs = [],  # noqa: B006
    filter_: Filters = [],  # noqa: B006
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Hold queued runs back until `queue release`; what is made from them waits too."""
    from graftui.cli.commands import queue as arranging

    settings = settings_here()
    with store_here(settings) as store:
        arranging.hold(settings, store, console_here(), refs, filter_, yes, json)


def release(
    refs: MaybeRefs = [],  # noqa: B006
    filter_: Filters = [],  # noqa: B006
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Queue runs that are held: by you, or found as folders in data/runs, not queued here."""
    from graftui.cli.commands import queue as arranging

    settings = settings_here()
    with store_here(settings) as store:
        arranging.release(settings, store, console_here(), refs, filter_, yes, json)


def move(
    refs: MaybeRefs = [],  # noqa: B006
    front: Annotated[bool, typer.Option("--front", help="Before all others")] = False,
    back: Annotated[bool, typer.Option("--back", help="Behind all others")] = False,
    before: Annotated[
        str,
        typer.Option(
            "--before", metavar="ID", help="Right before it", autocompletion=completion.runs
        ),
    ] = "",
    filter_: Filters = [],  # noqa: B006
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Move runs that wait; they get the priority of those they are moved to."""
    from graftui.cli.commands import queue as arranging

    settings = settings_here()
    arranging.check_goal(front, back, before)
    with store_here(settings) as store:
        arranging.move(settings, store, console_here(), refs, front, before, filter_, yes, json)


def edit(
    refs: MaybeRefs = [],  # noqa: B006
    set_: Sets = [],  # noqa: B006
    priority: Annotated[
        int | None, typer.Option("--priority", "-p", help="Higher starts first")
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", "-g", metavar="GROUP", help='Of the queue; "": none')
    ] = None,
    filter_: Filters = [],  # noqa: B006
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Change settings of runs that have not started; what is made from them follows."""
    from graftui.cli.commands import editing

    settings = settings_here()
    turn = editing.turn(settings, priority, group)
    with store_here(settings) as store:
        editing.edit(settings, store, console_here(), refs, set_, turn, filter_, yes, json)


# Group -> its verbs, each with the example in its help.
GROUPS: dict[str, tuple[typer.Typer, dict[Callable[..., None], str]]] = {
    "queue": (
        queue,
        {
            pause: "graftui queue pause big",
            resume: "graftui queue resume",
            jobs: "graftui queue jobs 4",
            group: "graftui queue group big --jobs 1",
            hold: "graftui queue hold -f 'tag=draft and status=queued'",
            release: "graftui queue release k3f9qz",
            move: "graftui queue move k3f9qz --front",
        },
    ),
}
# Verb -> example in its help.
VERBS: dict[Callable[..., None], str] = {
    release: "graftui release k3f9qz",
    edit: "graftui edit k3f9qz --set train.lr=1e-3 --priority 5",
}
