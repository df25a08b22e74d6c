"""What runs are filtered and sorted by: the columns of their tables, in the units shown there.

Owns the SQL of each key, and how its values are typed: 90 or 90 % for a score, 8,505 weights,
3:05 min. Keys of the first version that are shares go on taking fractions: recovery>=0.95.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Number = Callable[[str], float | None]


def number(text: str) -> float | None:
    """A number, or yes and no as 1 and 0."""
    word = text.lower()
    if word in ("true", "yes", "false", "no"):
        return float(word in ("true", "yes"))
    try:
        value = float(re.sub(r"(?<=\d),(?=\d{3}\b)", "", text))  # 8,505
    except ValueError:
        return None
    return None if math.isnan(value) else value


def date(text: str) -> float | None:
    """Seconds since the epoch, or a date."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return number(text)


def percent(text: str) -> float | None:
    """90 or 90 %."""
    return number(text.removesuffix("%").strip())


_UNITS = {"s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(text: str) -> float | None:
    """Seconds, as tables show them: 12 s, 3:05 min (or 3:05), 2:10 h, 2:10:00, 3d."""
    form = re.fullmatch(r"([\d.:]+)\s*(s|min|m|h|d)?", text.strip())
    if form is None:
        return number(text)
    parts, unit = form[1].split(":"), form[2] or ""
    size = _UNITS[unit] if unit else 3600.0 if len(parts) == 3 else 60.0 if parts[1:] else 1.0
    numbers = [number(part) for part in parts]
    if None in numbers or len(parts) > 3:
        return None
    return sum(size * (value or 0.0) / 60.0**place for place, value in enumerate(numbers))


@dataclass(frozen=True, slots=True)
class Key:
    """One key."""

    sql: str
    """As the column shows it."""
    number: Number = number
    """What a number typed for it means."""
    params: tuple[str, ...] = ()
    """Of `sql`."""
    many: bool = False
    """`sql` gives a JSON array; any of its values will do."""
    exact: str = ""
    """SQL of the value before it is rounded to be shown."""
    fractions: bool = False
    """Shown in percent, but numbers up to 1 mean the fraction: a key of the first version."""

    @property
    def order(self) -> str:
        """SQL to sort by."""
        if self.many:
            return f"(SELECT min(value) FROM json_each({self.sql}))"
        return self.exact or self.sql

    def meaning(self, text: str) -> tuple[str, float | None]:
        """What to compare, and the number to compare it with; None: `text` is no number."""
        value = self.number(text)
        if self.fractions and value is not None and abs(value) <= 1 and not text.endswith("%"):
            return self.exact, value
        return self.sql, value


def _config(path: str) -> str:
    return f"json_extract(config, '$.{path}')"


def _summary(name: str) -> str:
    return f"json_extract(summary, '$.{name}')"


def _result(name: str) -> str:
    """A score of a run's own result on a test set: of its graft, or else the fine-tuned model; of
    a curve, that of the graft in the summary.
    """
    stages = ("learnt_graft", "base_patch", "finetuned", "pretrained")
    rank = " ".join(f"WHEN '{stage}' THEN {place}" for place, stage in enumerate(stages))
    alike = f"json_extract(scores.scores, '$.weights') IS {_summary('weights')}"
    # Nested, because an ORDER BY of a subquery cannot see `summary`.
    told = (
        f"SELECT json_extract(scores.scores, '$.{name}') AS value, CASE stage {rank} ELSE 9 END"
        f" AS rank, {alike} AS alike, scores.n AS n FROM scores"
        " WHERE scores.run = runs.id AND split NOT IN ('dev', 'train')"
    )
    best = f"SELECT value FROM ({told}) ORDER BY rank, alike DESC, n LIMIT 1"
    return f"ifnull({_summary(name)}, ({best}))"


def _score(fraction: str, old: bool = False) -> Key:
    """In percent, rounded as it is shown."""
    return Key(f"round(100 * {fraction}, 1)", percent, exact=fraction, fractions=old)


_MODEL = f"rtrim({_config('model.name')}, '/')"
_FOLDER = f"rtrim({_MODEL}, replace({_MODEL}, '/', ''))"
_SPARSITIES = (
    f"iif(json_array_length(config, '$.sparsities') > 0, {_config('sparsities')}, json_array("
    f"iif(ifnull({_config('base_patch')}, 'movement') = 'movement'"
    f" AND NOT ifnull({_config('recover')}, 0), {_config('sparsity')}, NULL)))"
)
_DONE = "ifnull(done, 1.0 * step / nullif(total, 0))"
_KINDS = (
    f"json_array(kind, iif(kind != 'graft', kind, iif(ifnull({_config('learn')}, 1),"
    f" ifnull({_config('localizer')}, 'learnt') || ' graft', 'base patch')))"
)
_NOW = "(julianday('now') - 2440587.5) * 86400.0"
_ENDED = f"ifnull(ended_at, iif(status IN ('starting', 'running'), {_NOW}, heard_at))"
_TOOK = f"CAST(max(0, ifnull({_ENDED}, started_at) - started_at) AS INTEGER)"
_AGE = f"CAST({_NOW} - created_at AS INTEGER)"
_GRAFT = f"ifnull({_summary('learnt_graft')}, {_summary('base_patch')})"

_SOURCES = (
    "(SELECT json_group_array(source) FROM inputs WHERE run = runs.id AND instr(source, '/') = 0)"
)

_SHARES = (
    "accuracy", "f1", "matthews", "pearson", "spearman", "ece", "agreement", "recovery",
    "gain_recovery",
)  # fmt: skip
_STAGES = ("pretrained", "finetuned", "base_patch", "learnt_graft", "dev")

KEYS: dict[str, Key] = {
    "id": Key("id"), "name": Key("name"), "kind": Key(_KINDS, many=True), "status": Key("status"),
    "reason": Key("reason"), "task": Key(_config("task.name")),
    "model": Key(f"substr({_MODEL}, length({_FOLDER}) + 1)"),
    "zero-shot": _score(_summary("pretrained")), "tuned": _score(_summary("finetuned")),
    "graft": _score(_GRAFT), "recov.": _score(_summary("recovery")),
    "sparsity": Key(_SPARSITIES, many=True), "weights": Key(_result("weights")),
    "loss": Key(f"round({_result('loss')}, 3)", exact=_result("loss")),
    "of gain": _score(_result("gain_recovery")),
    "progress": Key(f"CAST(100 * {_DONE} AS INTEGER)", percent),
    "time": Key(_TOOK, duration), "took": Key(_TOOK, duration), "age": Key(_AGE, duration),
    "tag": Key("tags", many=True), "tags": Key("tags", many=True), "note": Key("note"),
    **{name: _score(_result(name), old=True) for name in _SHARES},
    **{stage: _score(_summary(stage), old=True) for stage in _STAGES},
    "recipe": Key("recipe"), "parent": Key(_SOURCES, many=True), "device": Key("device"),
    "phase": Key("phase"), "step": Key("step"), "hash": Key("config_hash"),
    "created": Key("created_at", date), "started": Key("started_at", date),
    "ended": Key("ended_at", date), "seconds": Key("(ended_at - started_at)", duration),
    "graft.sparsity": Key(_SPARSITIES, many=True),
}  # fmt: skip
"""The columns of `ls` and of the dashboard come first; a curve has each of its sparsities."""


def known(name: str) -> Key | None:
    """The key of that name, as typed or as a heading has it: "ECE %"."""
    return KEYS.get(name) or KEYS.get(name.lower().removesuffix("%").strip())
