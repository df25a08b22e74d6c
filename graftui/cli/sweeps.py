"""Verbs about sweeps: a recipe over a grid of settings, as one object."""

from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from graftui.cli import completion
from graftui.cli.common import (
    After,
    Json,
    Notify,
    On,
    Pilot,
    Sets,
    Tags,
    Yes,
    allowing,
    console_here,
    move_recipes_out,
    one_line,
    settings_here,
    store_here,
    store_to_read,
)
from graftui.cli.plain import PlainCommand

_MANY = ("--grid", "--zip", "--search")


class SweepGroup(TyperGroup):
    """`graftui sweep RECIPE` is `graftui sweep new RECIPE`: what is no verb is a recipe."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the verb in front where none is given."""
        verb = bool(args) and (args[0] in self.commands or args[0] in ("-h", "--help"))
        return super().parse_args(ctx, args if verb or not args else ["new", *args])


class NewCommand(PlainCommand):
    """`--grid a=1,2 b=3,4`: an option takes all that follows it and is setting=values."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the option before each of them."""
        return super().parse_args(ctx, spread(args))


def spread(args: list[str]) -> list[str]:
    """`--grid a=1 b=2` as `--grid a=1 --grid b=2`."""
    whole: list[str] = []
    option, first = "", False
    for word in args:
        if option and not first and "=" in word and not word.startswith("-"):
            whole.append(option)
        elif not first:
            option = word if word in _MANY else ""
        first = word in _MANY
        whole.append(word)
    return whole


sweep = typer.Typer(
    cls=SweepGroup,
    help="Run a recipe over a grid of settings; what is done already is not done again.\n\n"
    "graftui sweep pocket --grid task.data_seed=13,21,42 graft.localizer=learnt,movement",
    no_args_is_help=True,
)

Ref = Annotated[
    str,
    typer.Argument(metavar="ID", help="Sweep: id, its beginning, name, or `last`",
                   autocompletion=completion.sweeps),
]  # fmt: skip
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the plan; queue nothing")]


Grid = Annotated[
    list[str],
    typer.Option("--grid", metavar="SETTING=V,V...", help="Axes: each value with each other"),
]
Together = Annotated[
    list[str], typer.Option("--zip", metavar="SETTING=V,V...", help="Axes that go together")
]
Space = Annotated[
    list[str],
    typer.Option(
        "--search", metavar="SETTING=LOW..HIGH[:log]",
        help="Search by Optuna: ranges, or values to choose from",
    ),
]  # fmt: skip
Skip = Annotated[
    list[str],
    typer.Option("--skip", metavar="QUERY", help="No cell of which the settings meet this"),
]
Recipe = Annotated[
    str,
    typer.Argument(
        help="Recipe: a name of `graftui recipes`, or a .toml file",
        autocompletion=completion.recipes,
    ),
]


Random = Annotated[int, typer.Option(min=0, help="Draw so many cells of the grid; 0: all")]
Seed = Annotated[int, typer.Option(min=0, help="Of the draw, and of the guesses of a search")]
Trials = Annotated[int, typer.Option(min=1, help="Points that --search asks for")]
Maximize = Annotated[
    str, typer.Option(metavar="KEY", help="What --search is after; the main figure if not given")
]
Minimize = Annotated[str, typer.Option(metavar="KEY", help="The same, the least of it")]
Prune = Annotated[
    str,
    typer.Option(metavar="CURVE", help="Stop trials whose curve is behind; `none`: stop none"),
]
Name = Annotated[
    str, typer.Option(callback=one_line, help="Of sweep and runs; the recipe's if not given")
]


def new(
    recipe: Recipe,
    grid: Grid = [],  # noqa: B006  typer copies it
    zip_: Together = [],  # noqa: B006
    random: Random = 0,
    seed: Seed = 0,
    skip: Skip = [],  # noqa: B006
    search: Space = [],  # noqa: B006
    trials: Trials = 20,
    maximize: Maximize = "",
    minimize: Minimize = "",
    prune: Prune = "",
    set_: Sets = [],  # noqa: B006
    name: Name = "",
    tag: Tags = [],  # noqa: B006
    on: On = "local",
    pilot: Pilot = False,
    after: After = None,
    notify: Notify = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Make a sweep and queue its runs (`new` may be left out). Every cell is checked first.

    The same sweep again queues what is not done and not under way, and nothing twice. With
    --search its cells are chosen as it goes, in the foreground; `graftui sweep run ID` goes on.
    """
    from graftui.cli.commands import notices, running, searching, sweeps
    from graftui.planning import library

    notices.check(notify, detach=False)
    settings = settings_here(after)
    on = running.executor(on, pilot)
    allowing(lambda: running.check_executor(settings, on))
    move_recipes_out(settings)
    wanted = library.load(recipe, settings)
    goal = searching.Goal(search, trials, maximize, minimize, prune, seed)
    axes = sweeps.Typed(grid, zip_, skip, random, seed)
    asked = sweeps.asked_for(wanted, axes, goal, set_, name, tag)
    sweeps.make(settings, console_here(), asked, dry_run, on, notify, json)


def ls(json: Json = False) -> None:
    """List sweeps, newest first, and where their cells stand."""
    from graftui.cli.commands import sweeps

    settings = settings_here()
    with store_to_read(settings) as store:
        sweeps.ls(settings, store, console_here(), json)


def show(
    ref: Ref,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="At most so many rows; 0: all")
    ] = 50,
    rows: Annotated[
        list[str], typer.Option("--rows", metavar="SETTING", help="Axes that are rows")
    ] = [],  # noqa: B006
    columns: Annotated[
        list[str], typer.Option("--columns", metavar="SETTING", help="Columns; the rest is folded")
    ] = [],  # noqa: B006
    figure: Annotated[
        str, typer.Option(help="Of each result, such as recovery; its main one if not given")
    ] = "",
    json: Json = False,
) -> None:
    """Show the matrix of cells and seeds: done, running, failed, missing, and a figure of each."""
    from graftui.cli.commands import sweeps
    from graftui.planning.sweeps.sweep import resolve

    settings = settings_here()
    with store_to_read(settings) as store:
        shown = sweeps.Shown(rows, columns, figure, limit)
        sweeps.show(settings, store, resolve(settings, ref), console_here(), shown, json)


def run(
    ref: Ref,
    failed: Annotated[bool, typer.Option("--failed", help="Only cells that failed")] = False,
    missing: Annotated[
        bool, typer.Option("--missing", help="Only cells with no run, or a cancelled or lost one")
    ] = False,
    cells: Annotated[
        list[str],
        typer.Option("--cells", metavar="QUERY", help="Only cells of which the settings meet this"),
    ] = [],  # noqa: B006
    trials: Annotated[
        int, typer.Option(min=0, help="Of a search: points in all; 0: as many as it was asked for")
    ] = 0,
    on: On = "local",
    pilot: Pilot = False,
    after: After = None,
    notify: Notify = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Queue the cells that failed and those that are missing; go on with a search."""
    from graftui.cli.commands import notices, running, searching, sweeps
    from graftui.planning.sweeps import making
    from graftui.planning.sweeps.sweep import resolve

    notices.check(notify, detach=False)
    settings = settings_here(after)
    on = running.executor(on, pilot)
    allowing(lambda: running.check_executor(settings, on))
    store_here(settings).close()
    choice = making.Choice(failed, missing, tuple(cells))
    known = resolve(settings, ref)
    if known.search and choice == making.Choice():
        longer = searching.longer(known, trials)
        sweeps.make(settings, console_here(), longer, dry_run, on, notify, json)
        return
    outcome = making.go_on(known, choice, settings, not dry_run, on)
    sweeps.tell(settings, console_here(), outcome, json, notify)


def add(
    ref: Ref,
    values: Annotated[
        list[str], typer.Argument(metavar="SETTING=V,V...", help="More values of its axes")
    ],
    on: On = "local",
    pilot: Pilot = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Make axes longer, and queue the cells that this adds."""
    from graftui.cli.commands import running, sweeps
    from graftui.planning.sweeps import axes, making
    from graftui.planning.sweeps.sweep import resolve

    settings = settings_here()
    on = running.executor(on, pilot)
    allowing(lambda: running.check_executor(settings, on))
    known = resolve(settings, ref)
    more = axes.parse(values, known.made_from().kinds, "sweep add")
    outcome = making.add(known, more, settings, not dry_run, on)
    sweeps.tell(settings, console_here(), outcome, json)


def cancel(ref: Ref, yes: Yes = False) -> None:
    """Stop what is queued or at work for a sweep, but for what other runs wait for."""
    from graftui.cli.commands import sweeps
    from graftui.planning.sweeps.sweep import resolve

    settings = settings_here()
    store_here(settings).close()
    sweeps.cancel(settings, resolve(settings, ref), console_here(), yes)


def rm(
    ref: Ref,
    runs: Annotated[bool, typer.Option("--runs", help="And its runs with their files")] = False,
    yes: Yes = False,
) -> None:
    """Forget a sweep. Its runs stay, unless --runs."""
    from graftui.cli.commands import sweeps
    from graftui.planning.sweeps.sweep import resolve

    settings = settings_here()
    sweeps.rm(settings, resolve(settings, ref), console_here(), runs, yes)


# Group -> its verbs, each with the example in its help.
GROUPS: dict[str, tuple[typer.Typer, dict[Callable[..., None], str]]] = {
    "sweep": (
        sweep,
        {
            new: "graftui sweep pocket --grid task.data_seed=13,21 train.lr=0.02,0.05 --dry-run",
            ls: "graftui sweep ls",
            show: "graftui sweep show last",
            run: "graftui sweep run last --failed --cells graft.localizer=learnt",
            add: "graftui sweep add last task.data_seed=87,100",
            cancel: "graftui sweep cancel last",
            rm: "graftui sweep rm k3f9qz --runs",
        },
    )
}
COMMANDS: dict[Callable[..., None], type[PlainCommand]] = {new: NewCommand}
