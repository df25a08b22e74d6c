"""What two runs differ in, group by group, the one that decides most about a result first.

Owns what counts as a difference: two values that were both noted. What one of the runs has not
noted is said apart, and is no difference.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from engine.contract import provenance as form
from engine.contract.kinds import kinds
from engine.contract.schema import settings as settings_of
from graftui.results.explained.sides import Side

SETTINGS, RANDOM, INPUTS, DATA, CODE = "settings", "random state", "inputs", "data", "code"
PACKAGES, HARDWARE, ENVIRONMENT = "packages", "hardware", "environment"
GROUPS = (SETTINGS, RANDOM, INPUTS, DATA, CODE, PACKAGES, HARDWARE, ENVIRONMENT)
"""In the order in which they matter."""
_FACTS = {
    DATA: form.DATA, RANDOM: form.RANDOM, PACKAGES: form.PACKAGES, HARDWARE: form.HARDWARE,
    ENVIRONMENT: form.ENVIRONMENT,
}  # fmt: skip
# Of the job, or of no weight for what it computes.
_NOT_COMPARED = (
    "SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_JOB_NODELIST",
    "SLURM_RESTART_COUNT", "memory_bytes", "device_bytes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that two runs differ in."""

    what: str
    """A setting, a fact or a file; of a run that one is made from, after its role and a colon."""
    values: tuple[Any, Any]
    """As the two have it; None: has none."""
    note: str = ""
    """What else is to be known of it."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What comparing two runs comes to; filled while they are compared."""

    groups: dict[str, list[Difference]] = field(default_factory=lambda: {g: [] for g in GROUPS})
    unrecorded: dict[str, list[str]] = field(default_factory=dict)
    """By run: what it has not noted."""

    def add(self, group: str, what: str, values: tuple[Any, Any], note: str = "") -> None:
        """Keep a difference."""
        self.groups[group].append(Difference(what, values, note))

    def lack(self, what: str, *lacking: tuple[Side, bool]) -> bool:
        """Keep that one of the sides has not noted this; whether any has not."""
        for side, lacks in lacking:
            if lacks and what not in self.unrecorded.setdefault(side.id, []):
                self.unrecorded[side.id].append(what)
        return any(lacks for _, lacks in lacking)

    @property
    def any(self) -> bool:
        """Whether there is a difference."""
        return any(self.groups.values())


def differences(a: Side, b: Side) -> Differences:
    """All that is known to differ between two runs, and between those that they are made from."""
    known = Differences()
    _settings(a, b, known)
    _inputs(a, b, known)
    _files(a, b, known)
    _code(a, b, known)
    for group, name in _FACTS.items():
        _facts(a, b, group, name, known)
    return known


def _settings(a: Side, b: Side, known: Differences) -> None:
    if known.lack(SETTINGS, (a, a.settings is None), (b, b.settings is None)):
        return
    ours, theirs = a.settings or {}, b.settings or {}
    if a.kind != b.kind:
        known.add(SETTINGS, "kind", (a.kind, b.kind))
    about = {s.path: s for s in settings_of(a.kind)} if a.kind in kinds() else {}
    same_hash = a.config_hash == b.config_hash != ""
    for path in dict.fromkeys((*ours, *theirs)):
        both = path in ours and path in theirs
        if not both and (a.kind != b.kind or about.get(path) is None):
            if a.kind == b.kind:
                known.lack(path, (a, path not in ours), (b, path not in theirs))
            continue
        values = ours.get(path), theirs.get(path)
        if _same(*values):
            continue
        hashed = path not in about or about[path].hashed
        seed = path.rpartition(".")[2].endswith("seed")
        group = RANDOM if seed else SETTINGS if hashed else HARDWARE
        known.add(group, path, values, "has no effect here" if same_hash and hashed else "")


def _inputs(a: Side, b: Side, known: Differences) -> None:
    """Two runs of the same config are two runs: their weights need not be the same."""
    for role in dict.fromkeys((*a.sources, *b.sources)):
        pairs = zip_longest(a.sources.get(role, ()), b.sources.get(role, ()))
        for number, (ours, theirs) in enumerate(pairs, start=1):
            many = max(len(a.sources.get(role, ())), len(b.sources.get(role, ()))) > 1
            name = f"{role} {number}" if many else role
            if ours is None or theirs is None:
                known.add(INPUTS, name, (ours and ours.id, theirs and theirs.id))
            elif ours.id != theirs.id:
                _input(name, ours, theirs, known)


def _input(name: str, ours: Side, theirs: Side, known: Differences) -> None:
    inner = differences(ours, theirs)
    groups = [group for group, listed in inner.groups.items() if listed]
    note = f"differ in {listing(groups)}" if groups else "nothing noted of the two differs"
    known.add(INPUTS, name, (ours.id, theirs.id), note)
    for group in groups:
        for each in inner.groups[group]:
            known.add(INPUTS, f"{name}: {each.what}", each.values, each.note)
    for side in (ours, theirs):
        for what in inner.unrecorded.get(side.id, ()):
            known.lack(what, (side, True))


def _files(a: Side, b: Side, known: Differences) -> None:
    """By content: the same content under another path is the same data."""
    if known.lack("files it read", (a, a.files is None), (b, b.files is None)):
        return
    ours, theirs = a.files or {}, b.files or {}
    common = {*ours.values()} & {*theirs.values()}
    for path in sorted({*ours, *theirs}):
        values = ours.get(path), theirs.get(path)
        if values[0] != values[1] and not (None in values and {*values} & common):
            note = "its content changed" if None not in values else ""
            known.add(DATA, path, values, note)


def _facts(a: Side, b: Side, group: str, name: str, known: Differences) -> None:
    _compare(a, b, name, group, lambda fact: fact not in _NOT_COMPARED, known)


def _compare(
    a: Side, b: Side, name: str, group: str, wanted: Callable[[str], bool], known: Differences
) -> None:
    """One group of provenance. Of the environment what is not there is not set."""
    ours, theirs = a.provenance.get(name), b.provenance.get(name)
    if known.lack(group, (a, ours is None), (b, theirs is None)):
        return
    ours, theirs = ours or {}, theirs or {}
    for fact in filter(wanted, dict.fromkeys((*ours, *theirs))):
        lacking = (a, fact not in ours), (b, fact not in theirs)
        if name != form.ENVIRONMENT and known.lack(f"{group}: {fact}", *lacking):
            continue
        if not _same(ours.get(fact), theirs.get(fact)):
            known.add(group, fact, (ours.get(fact), theirs.get(fact)))


def _code(a: Side, b: Side, known: Differences) -> None:
    ours, theirs = (side.provenance.get(form.CODE) for side in (a, b))
    if known.lack(CODE, (a, ours is None), (b, theirs is None)):
        return
    ours, theirs = ours or {}, theirs or {}
    engines = ours.get(form.ENGINE), theirs.get(form.ENGINE)
    if not _same(*engines):
        known.add(CODE, form.ENGINE, engines, "the engine's source files")
    for tree in (form.SOURCE, form.FOLDER):
        commit, digest = f"{tree}.{form.COMMIT}", f"{tree}.{form.DIGEST}"
        if known.lack(f"{CODE}: {commit}", (a, commit not in ours), (b, commit not in theirs)):
            continue
        same_engine = tree == form.SOURCE and _same(*engines)
        note = "the engine's source files are the same" if same_engine else ""
        if not _same(ours[commit], theirs[commit]):
            known.add(CODE, commit, (ours[commit], theirs[commit]), note)
        if not _same(ours.get(digest), theirs.get(digest)):
            patches = _patch(a, tree), _patch(b, tree)
            known.add(CODE, f"{tree}.{form.CHANGES}", patches, note)
        elif ours.get(f"{tree}.{form.CUT}"):
            cut = f"{CODE}: the end of {tree}.{form.CHANGES}"
            known.lack(cut, (a, True), (b, True))


def _patch(side: Side, tree: str) -> str | None:
    """Where the changes of a tree are; None: it was as committed."""
    file = side.provenance[form.CODE].get(f"{tree}.{form.CHANGES}")
    return f"{side.id}/attempts/{file}" if file else None


def _same(ours: Any, theirs: Any) -> bool:
    """1 is a count where 1.0 is a share, and they are not the same."""
    return json.dumps(ours, sort_keys=True) == json.dumps(theirs, sort_keys=True)


def listing(words: list[str]) -> str:
    """ "code", "code and data", "settings, code and data"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
