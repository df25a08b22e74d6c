"""Verbs that say something of runs: tags, a note, another name, a star, that they are put away."""

import re
from collections.abc import Callable
from typing import Annotated, Any

import typer

from graftui.cli.common import (
    Filters,
    MaybeRefs,
    Ref,
    Yes,
    console_here,
    one_line,
    settings_here,
    store_here,
)
from graftui.cli.plain import PlainCommand

_OPTIONS = ("-f", "-y", "-h")


class TagCommand(PlainCommand):
    """`-word` takes a tag away; of single letters, those that are options in every verb are so."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the tags behind `--`, where they are no options."""
        end = args.index("--") if "--" in args else len(args)
        tags = [word for word in args[:end] if re.match("-[^-]", word) and word not in _OPTIONS]
        rest = [word for word in args[:end] if word not in tags]
        return super().parse_args(ctx, [*rest, "--", *tags, *args[end + 1 :]])


def tag(
    words: Annotated[
        list[str],
        typer.Argument(metavar="[ID...] +TAG -TAG", help="Runs, tags to add, tags to take away"),
    ],
    filter_: Filters = [],  # noqa: B006  typer copies it
    yes: Yes = False,
) -> None:
    """Tag runs: +x adds the tag x, -x takes it away. A tag f, h or y: after --."""
    from graftui.cli.commands import labels

    settings = settings_here()
    with store_here(settings) as store:
        labels.tag(settings, store, console_here(), words, filter_, yes)


def note(
    ref: Ref,
    words: Annotated[
        list[str], typer.Argument(metavar="TEXT", help='What to remember; "" takes the note away')
    ],
) -> None:
    """Write a note on a run; `show` shows it, `ls --search` finds it."""
    from graftui.cli.commands import labels

    settings = settings_here()
    with store_here(settings) as store:
        labels.note(settings, store, console_here(), ref, " ".join(words))


def rename(
    ref: Ref, name: Annotated[str, typer.Argument(callback=one_line, help="Its new name")]
) -> None:
    """Give a run another name."""
    from graftui.cli.commands import labels

    settings = settings_here()
    with store_here(settings) as store:
        labels.rename(settings, store, console_here(), ref, name)


def star(refs: MaybeRefs = [], filter_: Filters = [], yes: Yes = False) -> None:  # noqa: B006
    """Mark runs as ones to keep: lists show a star, `gc` leaves their files alone."""
    _mark(refs, filter_, yes, "star", True)


def unstar(refs: MaybeRefs = [], filter_: Filters = [], yes: Yes = False) -> None:  # noqa: B006
    """Take the star of runs away."""
    _mark(refs, filter_, yes, "star", False)


def archive(refs: MaybeRefs = [], filter_: Filters = [], yes: Yes = False) -> None:  # noqa: B006
    """Put runs away: no list, table or filter has them that does not ask for archived=yes."""
    _mark(refs, filter_, yes, "archived", True)


def unarchive(refs: MaybeRefs = [], filter_: Filters = [], yes: Yes = False) -> None:  # noqa: B006
    """Have archived runs in lists again."""
    _mark(refs, filter_, yes, "archived", False)


def _mark(refs: list[str], filters: list[str], yes: bool, field: str, value: bool) -> None:
    from graftui.cli.commands import labels

    settings = settings_here()
    with store_here(settings) as store:
        labels.mark(settings, store, console_here(), refs, filters, yes, field, value)


# Verb -> example in its help.
VERBS: dict[Callable[..., None], str] = {
    tag: "graftui tag -f 'task=SST-2 and graft > 90' +paper -draft",
    note: "graftui note last good, but three seeds are too few",
    rename: "graftui rename last baseline",
    star: "graftui star last",
    unstar: "graftui unstar -f 'star=yes and age > 90d'",
    archive: "graftui archive -f 'tag=draft and not star=yes'",
    unarchive: "graftui unarchive -f tag=draft",
}
COMMANDS: dict[Callable[..., None], type[PlainCommand]] = {tag: TagCommand}
