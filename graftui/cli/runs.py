"""Verbs that make runs or act on them."""

from collections.abc import Callable
from typing import Annotated

import typer

from graftui.cli.common import (
    Detach,
    Json,
    Ref,
    Refs,
    Sets,
    console_here,
    settings_here,
    store_here,
)


def run(
    recipe: Annotated[
        str, typer.Argument(help="Recipe: a name of `graftui recipes`, or a .toml file")
    ],
    set_: Sets = [],  # noqa: B006  typer copies it
    name: Annotated[str, typer.Option(help="Name of the runs; the recipe's if not given")] = "",
    tag: Annotated[list[str], typer.Option(help="Tag of the runs; may be repeated")] = [],  # noqa: B006
    fresh: Annotated[
        bool, typer.Option(help="Fine-tune again, even if that very run exists")
    ] = False,
    detach: Detach = False,
) -> None:
    """Run a recipe: fine-tune, graft, and show what came out. Ctrl-C cancels it."""
    from graftui import planning, recipes
    from graftui.console import running

    settings, console = settings_here(), console_here()
    planned = planning.plan(recipes.load(recipe, settings), settings, set_, name, tag, fresh)
    running.tell_reused(planned.reused, console)
    running.go(settings, planned.plans, console, detach)


def rerun(ref: Ref, set_: Sets = [], detach: Detach = False) -> None:  # noqa: B006
    """Run a saved configuration again; what --set changes is shown first."""
    from graftui import planning
    from graftui.compare.figures import plain
    from graftui.console import running
    from graftui.terminal import Text

    settings, console = settings_here(), console_here()
    with store_here(settings) as store:
        old = store.resolve(ref)
    planned, changes = planning.rerun(old, set_, settings)
    console.print(
        f"{old.kind} as in {old.id} ({old.name}), " + ("with:" if changes else "unchanged")
    )
    for path, (before, after) in changes.items():
        console.print(Text.assemble(f"  {path}: {plain(before)} -> ", (plain(after), "bold")))
    running.tell_reused(planned.reused, console)
    running.go(settings, planned.plans, console, detach)


def watch(refs: Refs) -> None:
    """Follow runs until they end. Ctrl-C ends the watching, not the runs."""
    from graftui.console import running

    settings = settings_here()
    with store_here(settings) as store:
        found = [store.resolve(ref) for ref in refs]
    try:
        running.follow(settings, found, console_here())
    except KeyboardInterrupt:
        typer.echo(f"they go on; watch with: graftui watch {' '.join(run.id for run in found)}")
        raise


def cancel(refs: Refs) -> None:
    """Stop runs: they write what is best so far, and are killed if that takes too long."""
    from graftui.console import running

    settings = settings_here()
    with store_here(settings) as store:
        found = [store.resolve(ref) for ref in refs]
    running.cancel(settings, found, console_here())


def recipes(
    name: Annotated[
        str, typer.Argument(help="Print this recipe as TOML; all are listed if not given")
    ] = "",
    settings_: Annotated[
        bool, typer.Option("--settings", help="Print every setting it comes to")
    ] = False,
    json: Json = False,
) -> None:
    """List what there is to run, shipped and saved, or print one of them."""
    from graftui.console import recipes as listing

    listing.show(settings_here(), console_here(), name, settings_, json)


def save(
    ref: Ref,
    name: Annotated[str, typer.Argument(help="Name of the recipe")],
    replace: Annotated[bool, typer.Option(help="Overwrite a recipe of that name")] = False,
) -> None:
    """Keep a run's configuration as a recipe; a graft's with its fine-tuning."""
    from graftui import planning, recipes

    settings = settings_here()
    recipes.check_name(name)
    with store_here(settings) as store:
        run = store.resolve(ref)
        recipe = recipes.of_run(run, planning.origin_of(run, settings))
        store.save_recipe(name, recipes.dumps(recipe), replace)
    typer.echo(f"saved; run it with: graftui run {name}")


# Verb -> example in its help.
VERBS: dict[Callable[..., None], str] = {
    run: "graftui run sst2 --set train.lr=2e-3 --tag lr",
    rerun: "graftui rerun last --set graft.sparsity=1e-3",
    watch: "graftui watch last",
    cancel: "graftui cancel k3f9qz",
    recipes: "graftui recipes pocket --settings",
    save: "graftui save last my-sst2",
}
