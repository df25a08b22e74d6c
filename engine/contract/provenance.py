"""Provenance: what each attempt notes of the code, packages, data and machine that it runs with.

Owns the form of attempts/N.provenance.json: groups of facts, a name and a plain value each. A fact
that is null was looked for and is not there; one that is missing was not looked for, by a version
that did not know of it, say. A reader keeps facts and groups that it does not know, and drops a
value that is none of a fact, and never the rest.
"""

import math
from collections.abc import Mapping

VERSION = 1

Fact = str | int | float | bool | None
Facts = dict[str, Fact]
"""Name -> value. Of a tree of git, `graftui.` or `folder.` stands before the name."""
Provenance = dict[str, Facts]
"""Group -> its facts."""

CODE, PACKAGES, DATA = "code", "packages", "data"
RANDOM, HARDWARE, ENVIRONMENT = "random", "hardware", "environment"
GROUPS = (CODE, PACKAGES, DATA, RANDOM, HARDWARE, ENVIRONMENT)

ENGINE = "engine"
"""Of the code: digest of the engine's source files, whatever git says of them."""
SOURCE, FOLDER = "graftui", "folder"
"""The trees of git that are looked at: the one that graftui's source is, and the one that the
working folder is in."""
COMMIT, BRANCH, CHANGED, UNTRACKED = "commit", "branch", "changed", "untracked"
"""Of a tree: HEAD; how many files differ from it, and how many git does not know."""
CHANGES, DIGEST, CUT, NOTE = "changes", "digest", "cut", "note"
"""Of a tree: the file beside that holds the difference from HEAD, its digest, whether its end is
missing; and what could not be seen, in words."""

_LONGEST = 20_000
"""Characters of a text."""


def understood(raw: object) -> Provenance:
    """What is right of a file's content."""
    groups = raw.items() if isinstance(raw, dict) else ()
    return {
        name: {key: value for key, value in group.items() if _is_fact(value)}
        for name, group in groups
        if isinstance(group, Mapping)
    }


def _is_fact(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, str):
        return len(value) <= _LONGEST
    return value is None or isinstance(value, bool | int)
