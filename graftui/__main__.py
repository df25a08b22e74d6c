"""The `graftui` command: runs the verbs, and turns every error into words and an exit code."""

import os
import sys

from graftui.cli import app
from graftui.errors import GraftuiError, explain


def main() -> None:
    """Run the command line. Exit codes: graftui.errors.EXIT_CODES."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # the edge: what cannot be explained is a bug, and shown as one
        known = explain(error)
        if known is None:
            raise
        tell(known)
        sys.exit(known.exit_code)


def tell(error: GraftuiError) -> None:
    """Message and hint on standard error."""
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, width=None if sys.stderr.isatty() else 100)
    if os.environ.get("GRAFTUI_DEBUG"):
        console.print_exception()
    console.print(Text.assemble(("Error: ", "bold red"), error.message))
    if error.hint:
        console.print(Text(error.hint))


if __name__ == "__main__":
    main()
