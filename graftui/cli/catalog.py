"""Verbs about tasks, models and data: what there is to run on, before anything runs."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from graftui.cli.common import Json, Sets, console_here, settings_here

tasks = typer.Typer(help="List the tasks there are; `tasks show` shows one with a real prompt.")
data = typer.Typer(
    help="Make data files: `data kshot` samples few-shot folders.", no_args_is_help=True
)


@tasks.callback(invoke_without_command=True, epilog="Example: graftui tasks --json")
def all_tasks(context: typer.Context, json: Json = False) -> None:
    if context.invoked_subcommand is None:
        from graftui.cli.commands import catalog

        catalog.listing(console_here(), json)


def show(
    name: Annotated[str, typer.Argument(metavar="TASK", help="Task of `graftui tasks`")],
    model: Annotated[
        str, typer.Option(help="Model whose tokens to show; a pocket model for pocket tasks")
    ] = "",
    data: Annotated[
        str, typer.Option(help="Folder in LM-BFF's layout, or `hub`; the task's own if not given")
    ] = "",
    set_: Sets = [],  # noqa: B006  typer copies it
    json: Json = False,
) -> None:
    """Show a task's entry, and its prompt filled with a real example, token by token."""
    from graftui.cli.commands import catalog

    catalog.task(settings_here(), console_here(), name, model, data, set_, json)


def model(
    name: Annotated[str, typer.Argument(metavar="MODEL", help="Pocket model, folder, or hub name")],
    task_type: Annotated[
        str, typer.Option(help="As task.type: autoregressive for a causal LM")
    ] = "prompt",
    set_: Sets = [],  # noqa: B006
    json: Json = False,
) -> None:
    """Show which weights of a model would train and could be grafted, part by part."""
    from graftui.cli.commands import catalog

    catalog.model(settings_here(), console_here(), name, task_type, set_, json)


def kshot(
    task: Annotated[str, typer.Option(help="Task of `graftui tasks`")],
    k: Annotated[int, typer.Option(help="Training examples a class")] = 16,
    seed: Annotated[
        list[int], typer.Option(min=0, max=2**32 - 1, help="Of the sample; may be repeated")
    ] = [13],  # noqa: B006
    mode: Annotated[
        str, typer.Option(help="k-shot, or k-shot-10x: 10 times as many dev examples")
    ] = "k-shot",
    data: Annotated[
        str, typer.Option(help="Folder of the original files, or `hub`; what ships if not given")
    ] = "",
    out: Annotated[
        Path | None, typer.Option(help="Where TASK/K-SEED/ is made; data/MODE if not given")
    ] = None,
) -> None:
    """Sample few-shot folders from a task's original files, line for line as LM-BFF does."""
    from graftui.cli.commands import catalog

    shots = {"k": k, "mode": mode}
    catalog.kshot(settings_here(), console_here(), task, shots, seed, data, out)


# Verb -> example in its help.
VERBS: dict[Callable[..., None], str] = {
    model: "graftui model pocket:masked-lm --set freeze.layers=1",
}
# The same for the verbs of a group, and what the group is called.
GROUPS: dict[str, tuple[typer.Typer, dict[Callable[..., None], str]]] = {
    "tasks": (tasks, {show: "graftui tasks show pocket-film --set task.type=autoregressive"}),
    "data": (data, {kshot: "graftui data kshot --task SST-2 --seed 13 --seed 21 --data FOLDER"}),
}
