"""Where results go: to the screen, or to a file whose ending says in which format."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from graftui.cli.common import say
from graftui.errors import UsageError


class Format(StrEnum):
    """Of an export."""

    csv = "csv"
    json = "json"
    jsonl = "jsonl"
    md = "md"
    latex = "latex"


Output = Annotated[Path | None, typer.Option("--output", "-o", help="File; else to the screen")]
Raw = Annotated[
    bool, typer.Option("--raw", help="CSV cells as they are, though they begin as a formula does")
]
_ENDINGS = {**{f".{form}": form for form in Format}, ".markdown": Format.md, ".tex": Format.latex}
_LISTED = "csv, json, jsonl, md or latex"


def format_of(output: Path | None, wanted: Format | None = None) -> Format:
    """The format `wanted`, or that of the file's ending. Raises UsageError for another ending."""
    if wanted:
        return wanted
    ending = output.suffix.lower() if output else ""
    if ending and ending not in _ENDINGS:
        raise UsageError(
            f"{output}: nothing is written as {ending}.",
            f"Give it another ending, or say --format {_LISTED}.",
        )
    return _ENDINGS.get(ending, Format.csv)


def key_of(form: StrEnum, raw: bool) -> str:
    """How the exporters call it. Raises UsageError for `raw` where nothing is changed anyway."""
    if raw and form != Format.csv:
        raise UsageError(f"--raw is of CSV alone: {form} is never changed.", "Leave out --raw.")
    return "raw csv" if raw else form.value


def check_place(output: Path | None) -> None:
    """Raises UsageError where no file can be."""
    if output and (output.is_dir() or not output.parent.is_dir()):
        raise UsageError(
            f"There is no file {output} to write, nor a place for it.", "Check the path."
        )


def write(text: str, output: Path | None, what: str) -> None:
    """To the screen, or to a file, whole; then say `what` was written."""
    from engine.contract.layout import write_whole
    from graftui.text import FALLBACK, send

    if output is None:
        send(text)
        return
    data = text.encode(errors=FALLBACK)
    if output.exists() and not output.is_file():  # a device or a pipe: nothing to put in place
        output.write_bytes(data)
    else:
        write_whole(output, data)
    say(f"wrote {what} to {output}")
