"""What was typed wrong, as Typer and pydantic find it, in the words of every other error.

Owns no rule of its own: which words a verb takes, its signature says.
"""

import re
from typing import Any

import typer

from graftui.errors import UsageError

Misuse: type[Exception] = typer.BadParameter.__mro__[1]
"""The base of all that Typer refuses: no such verb, no such option, a word missing or too many."""
_INPUT = re.compile(r"(?:Value error, |Input )(.*?)(?:, unable to parse .*)?$", re.DOTALL)


def shows_help(error: Any) -> bool:
    """Whether nothing is wrong: a group of verbs without a verb says which there are."""
    return type(error).__name__ == "NoArgsIsHelpError"


def explained(error: Any) -> UsageError:
    """What is wrong, and how the verb is called."""
    refused = error.format_message()
    head, colon, what = refused.partition(": ")
    known = _INPUT.fullmatch(what) if colon else None
    return UsageError(f"{head}: {known[1]}" if known else refused, _usage(error.ctx))


def _usage(context: Any) -> str:
    if context is None:  # an option without its value: by then Typer does not say of which verb
        return "`-h` after the verb says what its options take"
    verb, example = context.command_path, context.command.epilog or ""
    if example.startswith("Example: "):
        return f"{example}\n`{verb} -h` says what else it takes"
    return f"`{verb} -h` lists the verbs"
