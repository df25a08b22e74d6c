"""Where results go: to the screen, or to a file whose ending says in which format."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, get_args

import typer

from graftui.cli.common import say
from graftui.errors import UsageError

if TYPE_CHECKING:
    from graftui.settings import Settings

FileFormat = Literal["csv", "json", "jsonl", "md", "latex", "parquet"]
"""How results are written."""
Format = Literal["table", FileFormat]
"""The same, or a table on the screen."""
Output = Annotated[Path | None, typer.Option("--output", "-o", help="File; else to the screen")]
Raw = Annotated[
    bool, typer.Option("--raw", help="CSV cells as they are, though they begin as a formula does")
]
_FILES: tuple[FileFormat, ...] = get_args(FileFormat)
_ENDINGS: dict[str, FileFormat] = {
    **{f".{form}": form for form in _FILES}, ".markdown": "md", ".tex": "latex",
}  # fmt: skip
_LISTED = f"{', '.join(_FILES[:-1])} or {_FILES[-1]}"


def format_of(output: Path | None, given: Format | None, without_file: Format) -> Format:
    """The format that is `given`, or that of the file's ending, or of what goes to no file.

    Raises UsageError for another ending, and for a table in a file.
    """
    if output is None:
        return given or without_file
    if given == "table":
        raise UsageError("A table goes to the screen.", f"For a file choose --format {_LISTED}.")
    ending = output.suffix.lower()
    if not given and ending and ending not in _ENDINGS:
        raise UsageError(
            f"{output}: nothing is written as {ending}.",
            f"Give it another ending, or say --format {_LISTED}.",
        )
    return given or _ENDINGS.get(ending, "csv")


PICTURES = (".pdf", ".svg", ".png")
"""Endings of figures."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a table goes, and a figure of it."""

    format: Format = "table"
    output: Path | None = None
    raw: bool = False
    picture: Path | None = None
    """File of a figure; the table goes to the screen then."""


def target(
    output: Path | None, given: Format | None, json: bool, raw: bool, missing: str = ""
) -> Target:
    """What these options say. `missing`: what a figure would need and is not there. Raises
    UsageError for what cannot be written.
    """
    if output is not None and output.suffix.lower() in PICTURES:
        if missing:
            raise UsageError(f"{output}: there is nothing to draw.", missing)
        if given or json or raw:
            raise UsageError(
                f"{output} gets a figure, no table.", "Leave out --format, --json and --raw."
            )
        return Target(picture=output)
    form = "json" if json and output is None else given
    return Target(format_of(output, form, "json" if json else "table"), output, raw)


def is_data(output: Path | None, json: bool) -> bool:
    """Whether what is measured is to be written, and not drawn."""
    return output.suffix.lower() in _ENDINGS if output else json


def picture(output: Path | None, settings: "Settings") -> Path | None:
    """`output`, which gets a figure. Raises UsageError for another ending, or a place for none."""
    if output is not None and output.suffix.lower() not in PICTURES:
        raise UsageError(
            f"{output} is no name of a figure.",
            f"Give it the ending {' or '.join(PICTURES)}; or for data {' or '.join(_ENDINGS)}.",
        )
    check_place(output, settings)
    return output


def write_picture(draw: Callable[[str], bytes], output: Path, what: str) -> None:
    """What `draw` makes of the file's ending, whole; then say `what` was drawn. Raises UsageError
    where it cannot be drawn here.
    """
    from engine.contract.layout import write_whole

    write_whole(output, draw(output.suffix.lower().removeprefix(".")))
    say(f"drew {what} in {output}")


def key_of(form: Format, raw: bool) -> str:
    """How the exporters call it. Raises UsageError for `raw` where nothing is changed anyway."""
    if raw and form != "csv":
        raise UsageError(f"--raw is of CSV alone: {form} is never changed.", "Leave out --raw.")
    return "raw csv" if raw else form


def check_place(output: Path | None, settings: "Settings") -> None:
    """Raises UsageError where no file can be, or where one is that graftui itself lives by."""
    if output is None:
        return
    if output.is_dir():
        raise UsageError(f"{output} is a folder.", "Give the name of a file in it.")
    if not output.parent.is_dir():
        raise UsageError(
            f"{output} cannot be written: there is no folder {output.parent}.",
            "Make it, or give another path.",
        )
    from graftui.scheduler.own_files import is_ours

    if is_ours(output, settings):
        raise UsageError(
            f"{output} is graftui's own: what is there would be lost.", "Give another path."
        )


def write(text: str | bytes, output: Path | None, what: str) -> None:
    """To the screen, or to a file, whole; then say `what` was written. Raises UsageError where what
    is no text would go to the screen.
    """
    from engine.contract.layout import write_whole
    from graftui.text import FALLBACK, send

    if output is None:
        if isinstance(text, bytes):
            raise UsageError("Parquet is no text.", "Give it a file: -o table.parquet.")
        send(text)
        return
    data = text if isinstance(text, bytes) else text.encode(errors=FALLBACK)
    if output.exists() and not output.is_file():  # a device or a pipe: nothing to put in place
        output.write_bytes(data)
    else:
        write_whole(output, data)
    say(f"wrote {what} to {output}")
