"""Verbs that make runs or act on them."""

from collections.abc import Callable
from typing import Annotated

import typer

from graftui.cli import completion
from graftui.cli.common import (
    After,
    Detach,
    Filters,
    Json,
    MaybeRefs,
    Notify,
    On,
    Pilot,
    Priority,
    QueueGroup,
    Ref,
    Sets,
    Tags,
    Yes,
    allowing,
    console_here,
    move_recipes_out,
    one_line,
    settings_here,
    store_here,
)

Name = Annotated[
    str, typer.Option(callback=one_line, help="Name of the runs; the recipe's if not given")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the plan; queue nothing")]
RunsJson = Annotated[
    bool, typer.Option("--json", help="Print the runs as JSON: as they end; with -d, as queued")
]
Fresh = Annotated[bool, typer.Option(help="Fine-tune again, even if that very run exists")]


def run(
    recipe: Annotated[
        str,
        typer.Argument(
            help="Recipe: a name of `graftui recipes`, or a .toml file",
            autocompletion=completion.recipes,
        ),
    ],
    set_: Sets = [],  # noqa: B006  typer copies it
    name: Name = "",
    tag: Tags = [],  # noqa: B006
    fresh: Fresh = False,
    on: On = "local",
    pilot: Pilot = False,
    priority: Priority = 0,
    group: QueueGroup = "",
    after: After = None,
    notify: Notify = False,
    detach: Detach = False,
    dry_run: DryRun = False,
    json: RunsJson = False,
) -> None:
    """Run a recipe: fine-tune, graft, and show what came out. Ctrl-C cancels it."""
    from graftui.cli.commands import launching, running

    settings = settings_here(after)
    turn = running.turn(settings, priority, group)
    how = launching.How(running.executor(on, pilot), turn, detach, notify, dry_run, json)
    allowing(lambda: running.check_executor(settings, how.on))
    move_recipes_out(settings)
    launching.run(settings, recipe, set_, name, tag, fresh, how)


def rerun(
    refs: MaybeRefs = [],  # noqa: B006
    set_: Sets = [],  # noqa: B006
    name: Annotated[str, typer.Option(callback=one_line, help="Name of the new runs")] = "",
    tag: Tags = [],  # noqa: B006
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep name and tags though settings change")
    ] = False,
    filter_: Filters = [],  # noqa: B006
    on: On = "",
    pilot: Pilot = False,
    yes: Yes = False,
    priority: Priority = 0,
    group: QueueGroup = "",
    after: After = None,
    detach: Detach = False,
    dry_run: DryRun = False,
    json: RunsJson = False,
) -> None:
    """Run saved configurations again; what --set changes is shown first.

    A graft whose fine-tuning failed or was deleted comes with it. Each runs where it did, unless
    --on says where. Where settings change, name and
    tags told of the old ones: a run is then called as its recipe, unless --keep or --name.
    """
    from graftui.cli.commands import again, choosing, launching, running
    from graftui.planning import overrides, reruns

    settings = settings_here(after)
    turn = running.turn(settings, priority, group)
    sets = overrides.parse(set_)
    how = launching.How(running.executor(on, pilot), turn, detach, False, dry_run, json)
    allowing(lambda: running.check_executor(settings, how.on))
    with store_here(settings) as store:
        runs = choosing.chosen(settings, store, refs, filter_)
    planned = [reruns.rerun(run, sets, settings, name, tag, keep, how.on) for run in runs]
    again.rerun(settings, runs, planned, bool(filter_) and not (yes or dry_run), how)


def watch(
    refs: MaybeRefs = [],  # noqa: B006
    filter_: Filters = [],  # noqa: B006
    notify: Notify = False,
) -> None:
    """Follow runs until they end, such as those of a sweep: --filter sweep=last. Exit code 3 if
    one failed.

    Of runs that compute the same, a filter means the latest. Ctrl-C ends the watching, not the
    runs.
    """
    from graftui.cli.commands import choosing, notices, running

    settings = settings_here()
    with store_here(settings) as store:
        if filter_:
            runs = choosing.latest(choosing.chosen(settings, store, refs, filter_))
        else:
            runs = choosing.named(store, refs)
    if not runs:
        console_here().print(choosing.NOBODY)
        return
    try:
        with notices.told_at_end(notify, runs[0].name) as tell:
            tell(notices.ended(running.follow(settings, runs, console_here())))
    except KeyboardInterrupt:
        ids = " ".join(run.id for run in runs)
        console_here().print(f"they go on; watch with: graftui watch {ids}", soft_wrap=True)
        raise


def cancel(refs: MaybeRefs = [], filter_: Filters = [], yes: Yes = False) -> None:  # noqa: B006
    """Stop runs: they write what is best so far, and are killed if that takes too long."""
    from graftui.cli.commands import choosing, running

    settings, console = settings_here(), console_here()
    with store_here(settings) as store:
        runs = choosing.chosen(settings, store, refs, filter_)
    if filter_:
        runs = [run for run in runs if run.status.active or run.status == "held"]
    if not runs:
        console.print("no run that is queued or at work meets this")
    elif not filter_ or choosing.agreed(runs, "cancel", yes, console):
        running.cancel(settings, runs, console)


def resume(
    refs: MaybeRefs = [],  # noqa: B006
    filter_: Filters = [],  # noqa: B006
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Go on with runs that failed, were cancelled or lost, from where each was last saved.

    Each keeps its id and starts again as its next attempt. What it is made from comes with it,
    and so does what was cancelled for want of it.
    """
    from graftui.cli.commands import resuming

    settings = settings_here()
    with store_here(settings) as store:
        resuming.resume(settings, store, console_here(), refs, filter_, yes, json)


def recipes(
    name: Annotated[
        str,
        typer.Argument(
            help="Print this recipe as TOML; all are listed if not given",
            autocompletion=completion.recipes,
        ),
    ] = "",
    settings_: Annotated[
        bool, typer.Option("--settings", help="Print every setting it comes to")
    ] = False,
    json: Json = False,
) -> None:
    """List what there is to run, or print one of them.

    Recipes ship with graftui, or are files of yours: recipes/NAME.toml here, then
    ~/.config/graftui/recipes/NAME.toml. Of one name the nearest counts.
    """
    from graftui.cli.commands import recipes as listing

    settings = settings_here()
    move_recipes_out(settings)
    listing.show(settings, console_here(), name, settings_, json)


def save(
    ref: Ref,
    name: Annotated[str, typer.Argument(help="Name of the recipe")],
    replace: Annotated[bool, typer.Option(help="Overwrite a recipe of that name")] = False,
) -> None:
    """Keep a run's configuration as a recipe, recipes/NAME.toml; a graft's with its fine-tuning."""
    from graftui.planning import library, reruns

    settings = settings_here()
    library.check_name(name)
    move_recipes_out(settings)
    with store_here(settings) as store:
        run = store.resolve(ref)
    recipe = reruns.of_run(run, reruns.ancestry(run, settings))
    path = library.save(name, recipe, settings, replace).relative_to(settings.root)
    console_here().print(f"saved as {path}; run it with: graftui run {name}", soft_wrap=True)


# Verb -> example in its help.
VERBS: dict[Callable[..., None], str] = {
    run: "graftui run sst2 --set train.lr=2e-3 --tag lr",
    rerun: "graftui rerun -f 'tag=lr and reason=oom' --set train.batch_size=4 --tag smaller",
    watch: "graftui watch last",
    cancel: "graftui cancel --filter status=queued",
    resume: "graftui resume --filter 'tag=study and reason=killed'",
    recipes: "graftui recipes pocket --settings",
    save: "graftui save last my-sst2",
}
