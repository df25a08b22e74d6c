"""Verbs about skill files: look into one, cut or install it, treat several as sets of weights."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graftui.cli import writing
from graftui.cli.common import Json, Sets, console_here, settings_here, store_here
from graftui.errors import UsageError

if TYPE_CHECKING:
    from graftui.cli.commands.skills import Operation

skill = typer.Typer(
    help="Look into a skill file, install it, compare and combine several.", no_args_is_help=True
)

Ref = Annotated[
    str,
    typer.Argument(
        metavar="SKILL", help="Skill file, or a graft: id, name, last; of a curve RUN@0.01"
    ),
]
Refs = Annotated[
    list[str],
    typer.Argument(metavar="SKILL...", help="Skill files, or grafts: ids, names, RUN@0.01"),
]
Folder = Annotated[
    str, typer.Argument(metavar="FOLDER", help="Checkpoint folder; with --out any model's name")
]
Copy = Annotated[
    Path | None, typer.Option("--out", "-o", help="Make this copy, and leave the folder as it is")
]
Base = Annotated[
    str, typer.Argument(metavar="BASE", help="Pretrained: checkpoint folder, or model name")
]
Tuned = Annotated[
    str, typer.Argument(metavar="TUNED", help="Fine-tuned: checkpoint folder, or model name")
]
File = Annotated[Path, typer.Option("--output", "-o", help="Skill file to write")]


def show(ref: Ref, json: Json = False) -> None:
    """Show where a skill's weights lie, layer by layer, and what it was made from."""
    from graftui.cli.commands import skills

    skills.show(settings_here(), console_here(), _file(ref), json)


def verify(
    ref: Ref,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Checkpoint folder, or model name")],
    json: Json = False,
) -> None:
    """Say whether a model is the skill's base, holds the skill, or is another (exit code 2)."""
    from graftui.cli.commands import skills

    if not skills.verify(settings_here(), console_here(), _file(ref), model, json):
        raise typer.Exit(2)


def install(
    ref: Ref,
    folder: Folder,
    out: Copy = None,
    allow_nan: Annotated[
        bool, typer.Option("--allow-nan", help="Also values that are NaN or infinite")
    ] = False,
    json: Json = False,
) -> None:
    """Put a skill into a checkpoint folder, which must be the skill's base."""
    from graftui.cli.commands import skills

    skills.install(settings_here(), console_here(), _file(ref), folder, out, allow_nan, json)


def uninstall(ref: Ref, folder: Folder, out: Copy = None, json: Json = False) -> None:
    """Take a skill out of a checkpoint folder again: bit for bit what it was before."""
    from graftui.cli.commands import skills

    skills.uninstall(settings_here(), console_here(), _file(ref), folder, out, json)


def diff(
    refs: Refs,
    matrix: Annotated[
        str, typer.Option(metavar="MEASURE", help="Matrix: jaccard, directed, chance or tensors")
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="With --matrix: table .csv .md .tex, figure .pdf .svg"),
    ] = None,
    json: Json = False,
) -> None:
    """Compare skills of one base: how many weights they share, and with what values.

    With i of the row and j of the column, jaccard is |i and j| / |i or j|, directed
    |i and j| / |j|, chance how many times what two random regions would share, and tensors how
    many times what regions would that are random but for how many weights each tensor has. p is
    the chance of sharing as much or more so: a hypergeometric tail.
    """
    from graftui.cli.commands import overlaps, skills

    if matrix:
        to = writing.target(output, None, json, False)
        overlaps.matrix(settings_here(), console_here(), _several(refs), matrix, to)
    elif output is not None:
        raise UsageError("A file gets a matrix.", "Add --matrix jaccard.")
    else:
        skills.diff(settings_here(), console_here(), _several(refs), json)


def map(
    refs: Refs,
    by: Annotated[str, typer.Option("--by", help="Parts: role, layer or module")] = "role",
    of: Annotated[
        str,
        typer.Option(metavar="MEASURE", help="region, part, times, rows or columns; shades it"),
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Table .csv .md .tex; with --of figure .pdf .svg .png"),
    ] = None,
    json: Json = False,
) -> None:
    """Show in what parts of the network grafts lie: query, key, FFN ..., against chance.

    Of one graft all measures; with --of one of them, by layer. Of several grafts one measure of
    each. What a matrix is for was found by how the network computes.
    """
    from graftui.cli.commands import where

    to = writing.target(output, None, json, False)
    where.show(settings_here(), console_here(), _files(refs), by, of, to)


def cut(
    base: Base,
    tuned: Tuned,
    output: File,
    sparsity: Annotated[
        str, typer.Option(help="A fraction of the maskable weights, or a count of them")
    ] = "1e-4",
    set_: Sets = [],  # noqa: B006  typer copies it
    json: Json = False,
) -> None:
    """Make a skill of the weights that moved most, for models of any size: none is loaded."""
    from graftui.cli.commands import skills

    overrides = [f"graft.sparsity={sparsity}", *set_]
    skills.cut(settings_here(), console_here(), base, tuned, overrides, output, json)


def profile(
    base: Base,
    tuned: Tuned,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="At most so many tensors; 0: all")
    ] = 20,
    json: Json = False,
) -> None:
    """Say what a fine-tuning did to the weights: how many changed, how far, rank, rounding.

    For models of any size: none is loaded. A unit in the last place (ulp) is the pretrained
    weight's, in what it is stored as (the coarser of the two). Of a matrix the difference's
    spectral norm and rank: singular values above the largest x the longer side x 1.2e-7. Tensors
    with most of the movement, the squared norm of the difference, come first.
    """
    from graftui.cli.commands import profile as profiling

    profiling.profile(settings_here(), console_here(), base, tuned, limit, json)


def union(refs: Refs, output: File, json: Json = False) -> None:
    """Make a skill of all weights of several; where they disagree, the first one's values."""
    _combine("skill.union", refs, output, json)


def intersect(refs: Refs, output: File, json: Json = False) -> None:
    """Make a skill of the weights that all have, with the first one's values."""
    _combine("skill.intersect", refs, output, json)


def subtract(refs: Refs, output: File, json: Json = False) -> None:
    """Make a skill of the first one's weights that no other has."""
    _combine("skill.subtract", refs, output, json)


def _combine(operation: "Operation", refs: list[str], output: Path, json: bool) -> None:
    from graftui.cli.commands import skills

    skills.combine(settings_here(), console_here(), operation, _several(refs), output, json)


def _file(ref: str) -> str:
    return _files([ref])[0]


def _several(refs: list[str]) -> list[str]:
    if len(refs) < 2:
        raise UsageError("There is one skill only.", "Give two or more.")
    return _files(refs)


def _files(names: list[str]) -> list[str]:
    """The skill files that are meant; the registry is opened only where a run is."""
    from graftui.cli.commands import skill_refs as refs

    if all(refs.is_file(name) for name in names):
        return [refs.file(name) for name in names]
    settings = settings_here()
    with store_here(settings) as store:
        return [
            refs.file(name) if refs.is_file(name) else refs.of_run(settings, store, name)
            for name in names
        ]


_MADE = "data/runs/a1b2c3/skill.safetensors"
# Group -> its verbs, each with the example in its help.
GROUPS: dict[str, tuple[typer.Typer, dict[Callable[..., None], str]]] = {
    "skill": (
        skill,
        {
            show: "graftui skill show last",
            verify: f"graftui skill verify {_MADE} roberta-base",
            install: "graftui skill install last models/roberta-base --out models/with-skill",
            uninstall: "graftui skill uninstall last models/with-skill",
            cut: "graftui skill cut models/llama models/llama-tuned -o moved.safetensors",
            profile: "graftui skill profile models/llama models/llama-tuned",
            diff: "graftui skill diff film-13 film-21 film-42",
            map: "graftui skill map film-13 film-21 --of times",
            union: "graftui skill union film-13 film-21 -o either.safetensors",
            intersect: "graftui skill intersect film-13 film-21 -o both.safetensors",
            subtract: "graftui skill subtract film-13 tone-13 -o film-alone.safetensors",
        },
    ),
}
