"""The `graftui` command: runs the verbs, and turns every error into words and an exit code."""

import os
import sys
from typing import Any

import typer

from graftui.cli import app_for
from graftui.cli.misuse import Misuse, explained, shows_help
from graftui.errors import GraftuiError, UsageError, explain
from graftui.text import fit, visible, visible_lines


def main() -> None:
    """Run the command line. Exit codes: graftui.errors.EXIT_CODES."""
    fit(sys.stdout)
    fit(sys.stderr)
    try:
        _refuse_bytes(sys.argv[1:])
        # Not as Typer would end by itself: it has another look for errors than ours.
        left = app_for(sys.argv[1:])(standalone_mode=False)
        sys.exit(left if isinstance(left, int) else 0)
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except Misuse as error:
        sys.exit(_misused(error))
    except Exception as error:  # the edge: what cannot be explained is a bug, and shown as one
        known = explain(error)
        if known is None or os.environ.get("GRAFTUI_DEBUG"):
            _show_traceback()
        if known is None:
            sys.exit(1)
        tell(known)
        sys.exit(known.exit_code)


def _misused(error: Any) -> int:
    """Say what is wrong with a word; the exit code."""
    if shows_help(error):
        from typer.rich_utils import rich_format_error

        rich_format_error(error)
    else:
        tell(explained(error))
    return UsageError.exit_code


def _refuse_bytes(arguments: list[str]) -> None:
    """Raises UsageError for what no run can be called and no file can hold."""
    for text in arguments:
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UsageError(
                f"The argument {visible(text)} is not UTF-8.",
                "Type it in a terminal that is set to UTF-8, or rename the file.",
            ) from None


def _show_traceback() -> None:
    """It may quote data."""
    import traceback

    sys.stderr.write(visible_lines(traceback.format_exc()))


def tell(error: GraftuiError) -> None:
    """Message and hint on standard error."""
    from graftui.terminal import Console, Text

    console = Console(stderr=True, width=None if sys.stderr.isatty() else 100)
    console.print(Text.assemble(("Error: ", "bold red"), error.message))
    if error.excerpt:
        console.print(error.excerpt, no_wrap=True, crop=False, overflow="ignore")
    if error.hint:
        console.print(error.hint)


if __name__ == "__main__":
    main()
