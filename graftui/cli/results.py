"""Verbs that look at runs, take results out, and tidy up."""

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from graftui.cli.common import Filters, Json, Ref, Refs, console_here, settings_here, store_here
from graftui.errors import UsageError


class Format(StrEnum):
    """Of an export."""

    csv = "csv"
    json = "json"
    md = "md"


def _print_json(value: Any) -> None:
    import json

    typer.echo(json.dumps(value, indent=2, allow_nan=False, default=str))


def ls(
    filter_: Filters = [],  # noqa: B006
    sort: Annotated[str, typer.Option(help="Key to sort by; -key for descending")] = "-created",
    search: Annotated[str, typer.Option(help="Words in name, recipe, tags or settings")] = "",
    limit: Annotated[int, typer.Option("--limit", "-n", help="At most so many runs; 0: all")] = 50,
    json: Json = False,
) -> None:
    """List runs, newest first."""
    from graftui.console import listing

    settings = settings_here()
    with store_here(settings) as store:
        listing.show(store, settings, console_here(), filter_, sort, search, limit, json)


def show(ref: Ref, json: Json = False) -> None:
    """Show a run: state, scores, files and every setting."""
    from graftui.console import detail

    settings = settings_here()
    with store_here(settings) as store:
        detail.show(store, settings, store.resolve(ref), console_here(), json)


def logs(
    ref: Ref,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the run ends")
    ] = False,
) -> None:
    """Print what a run said, and the output of its process."""
    from graftui.console import logs as printing

    settings = settings_here()
    with store_here(settings) as store:
        found = store.resolve(ref)
    printing.show(settings, found, console_here(), follow)


def compare(refs: Refs, json: Json = False) -> None:
    """Show runs side by side: only the settings that differ, then the scores."""
    from graftui import compare as comparing
    from graftui.console import tables

    with store_here(settings_here()) as store:
        found = list({r.id: r for r in map(store.resolve, refs)}.values())
        side = comparing.compare(found, store.scores([r.id for r in found]))
    if len(found) < 2:
        raise UsageError("There is nothing to compare with one run.", "Give two or more.")
    if json:
        ids = [r.id for r in found]
        _print_json({"runs": ids, "settings": side.settings, "scores": side.scores})
    else:
        console_here().print(tables.comparison(side))


def export(
    runs: Annotated[
        str, typer.Option(help="Ids or names, comma-separated; all runs if not given")
    ] = "",
    filter_: Filters = [],  # noqa: B006
    format_: Annotated[
        Format | None,
        typer.Option("--format", help="Of the output; else by the file's ending, or csv"),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="File; else to the screen")
    ] = None,
) -> None:
    """Write results with all settings and scores as CSV, JSON or Markdown."""
    from engine.contract.layout import write_whole
    from graftui import export as exporting
    from graftui.registry.filters import Filter

    with store_here(settings_here()) as store:
        refs = [ref.strip() for ref in runs.split(",") if ref.strip()]
        wanted = {store.resolve(ref).id for ref in refs}
        found = store.list(where=[Filter.parse(f) for f in filter_], sort="created")
        found = [r for r in found if not refs or r.id in wanted]
        form = format_ or _format_of(output)
        text = exporting.FORMATS[form](found, store.scores([r.id for r in found]))
    if output is None:
        typer.echo(text, nl=False)
        return
    if output.is_dir() or not output.parent.is_dir():
        raise UsageError(
            f"There is no file {output} to write, nor a place for it.", "Check the path."
        )
    if output.exists() and not output.is_file():  # a device or a pipe: nothing to put in place
        output.write_text(text, encoding="utf-8")
    else:
        write_whole(output, text)
    typer.echo(f"wrote {len(found)} runs to {output}", err=True)


def _format_of(output: Path | None) -> Format:
    ending = output.suffix.removeprefix(".") if output else ""
    return Format(ending) if ending in set(Format) else Format.csv


def rm(
    refs: Refs, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask")] = False
) -> None:
    """Delete runs with their files. Runs at work are refused."""
    from graftui.launcher.cancel import remove

    settings = settings_here()
    with store_here(settings) as store:
        found = {r.id: r for r in map(store.resolve, refs)}
    names = ", ".join(f"{r.id} ({r.name})" for r in found.values())
    if not yes and not sys.stdin.isatty():
        raise UsageError("There is no terminal to ask at.", "Give --yes to delete without asking.")
    if not yes:
        typer.confirm(f"Delete {names} with checkpoints and skill files?", abort=True)
    remove(settings, list(found))
    typer.echo(f"deleted {names}")


def doctor(
    rebuild: Annotated[
        bool, typer.Option(help="Fill the registry anew from the run folders")
    ] = False,
    json: Json = False,
) -> None:
    """Check versions, device and registry; say what is missing and how to get it."""
    from graftui import doctor as checking
    from graftui.console import listing

    settings = settings_here()
    if rebuild:
        typer.echo(f"read {checking.rebuild(settings)} run folders anew", err=True)
    checks = checking.examine(settings)
    if json:
        _print_json([{"name": c.name, "ok": c.ok, "text": c.text, "hint": c.hint} for c in checks])
    else:
        listing.checks(checks, console_here())
    if not all(check.ok for check in checks):
        raise typer.Exit(5)


# Verb -> example in its help.
VERBS: dict[Callable[..., None], str] = {
    ls: "graftui ls -f status=finished --sort -learnt_graft",
    show: "graftui show last --json",
    logs: "graftui logs last -f",
    compare: "graftui compare k3f9qz 7hw2mx",
    export: "graftui export --format md -f tag=paper -o t.md",
    rm: "graftui rm k3f9qz 7hw2mx",
    doctor: "graftui doctor --rebuild",
}
