"""What a user says of several runs in one act, and how that is taken back.

Owns what taking back is: of each run only what the act itself changed. What somebody else said of
it since stays: a tag that was added, a note that was written over.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from graftui.errors import GraftuiError, NotFound, UsageError
from graftui.models import Run
from graftui.registry.store import Store
from graftui.scheduler.relabel import relabel
from graftui.settings import Settings

HOW_TO_TAG = "Write +TAG to add one and -TAG to take one away"

Labels = Mapping[str, Any]
"""Name, tags, note and marks, or some of them."""
Reached = Callable[[int], object]
"""Hears of how many runs it is done."""


@dataclass(frozen=True, slots=True)
class TagChanges:
    """Tags to add and to take away."""

    added: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()

    def __str__(self) -> str:
        return " ".join([*(f"+{tag}" for tag in self.added), *(f"-{tag}" for tag in self.dropped)])

    def applied(self, tags: Sequence[str]) -> tuple[str, ...]:
        """`tags` after them."""
        kept = [tag for tag in tags if tag not in self.dropped]
        return tuple(dict.fromkeys([*kept, *self.added]))

    def refuse_missing(self, runs: Sequence[Run]) -> None:
        """Raises UsageError where a tag is to go that none of `runs` has."""
        there = {tag for run in runs for tag in run.tags}
        for tag in self.dropped:
            if tag not in there:
                known = f"There are: {', '.join(sorted(there))}." if there else "There are none."
                who = f"run {runs[0].id} has no" if len(runs) == 1 else "none of these runs has a"
                raise UsageError(f"-{tag}: {who} tag {tag!r}.", known)


def tag_changes(words: Iterable[str], how: str = HOW_TO_TAG) -> TagChanges:
    """What `+a -b` says. Raises UsageError, with `how` to say it right."""
    words = list(words)
    added, dropped = (
        tuple(dict.fromkeys(word[1:].strip() for word in words if word[0] == sign)) for sign in "+-"
    )
    if not words or "" in (*added, *dropped):
        raise UsageError("No tag is given." if not words else "A tag has no name.", how)
    if both := set(added) & set(dropped):
        raise UsageError(f"+{min(both)} and -{min(both)} undo each other.", "Leave one out.")
    return TagChanges(added, dropped)


def typed_tags(text: str) -> TagChanges:
    """What a line says, whose words may lack the plus: `paper "two words" -draft`.

    Raises UsageError.
    """
    pieces = re.findall(r'([+-]?)(?:"([^"]*)"|(\S*))', text)
    return tag_changes(
        f"{sign or '+'}{quoted or bare}" for sign, quoted, bare in pieces if sign or quoted or bare
    )


@dataclass(frozen=True, slots=True)
class Relabelled:
    """What became of one run: the labels that are other ones now, and no more."""

    id: str
    before: Labels
    after: Labels


def relabel_all(
    settings: Settings,
    store: Store,
    ids: Sequence[str],
    change: Callable[[Run], Labels],
    reached: Reached = lambda done: None,
) -> list[Relabelled]:
    """Change the labels of each run to what `change` makes of it as it is at that moment.

    Those that are gone meanwhile, and those that it leaves as they are, are left out. All or none:
    where one cannot be changed, the others are as they were, and what hindered it is raised.
    """
    done: list[Relabelled] = []
    try:
        for number, id in enumerate(ids):
            reached(number)
            with suppress(NotFound):
                done += _relabelled(settings, store, id, change)
    except (GraftuiError, sqlite3.Error, OSError):
        for each in done:
            with suppress(GraftuiError, sqlite3.Error, OSError):
                relabel(settings, store, each.id, lambda run, each=each: _back(run, each))  # type: ignore[misc]
        raise
    return done


def take_back(
    settings: Settings,
    store: Store,
    done: Sequence[Relabelled],
    reached: Reached = lambda done: None,
) -> list[Relabelled]:
    """Undo `done`; what became of the runs by that."""
    by_id = {each.id: each for each in done}
    return relabel_all(settings, store, list(by_id), lambda run: _back(run, by_id[run.id]), reached)


def _relabelled(
    settings: Settings, store: Store, id: str, change: Callable[[Run], Labels]
) -> list[Relabelled]:
    before: dict[str, Any] = {}

    def differing(run: Run) -> Labels:
        changes = {field: v for field, v in change(run).items() if v != getattr(run, field)}
        before.update({field: getattr(run, field) for field in changes})
        return changes

    run = relabel(settings, store, id, differing)
    return [Relabelled(id, before, {f: getattr(run, f) for f in before})] if before else []


def _back(run: Run, done: Relabelled) -> Labels:
    """The labels of a run without what `done` did to them."""
    changes: dict[str, Any] = {}
    for field, after in done.after.items():
        now, before = getattr(run, field), done.before[field]
        if now == after:
            changes[field] = before
        elif field == "tags":
            changes[field] = TagChanges(
                tuple(tag for tag in before if tag not in after),
                tuple(tag for tag in after if tag not in before),
            ).applied(now)
    return changes
