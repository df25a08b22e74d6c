"""What runs are filtered, grouped and sorted by: the columns of their tables, in the units shown.

Owns the table of keys. Keys of the first version that are shares go on taking fractions:
recovery>=0.95. Settings (`train.lr`) and figures of a summary are keys too. Refuses unknown ones,
naming the known.
"""

import difflib
from collections.abc import Callable, Collection
from dataclasses import dataclass

from graftui.models import RunReason, RunStatus
from graftui.registry.query import expressions as ex
from graftui.registry.query.expressions import Expression
from graftui.registry.query.pointing import bad_query
from graftui.registry.query.tree import Span
from graftui.registry.query.values import Reader, date, duration, number, percent

Figures = Callable[[], Collection[str]]
"""Names of what the summaries hold; asked only where nothing else is called so."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key."""

    name: str
    value: Expression
    """As the column shows it."""
    number: Reader = number
    """What a number typed for it means."""
    has_unit: bool = False
    """Its values are numbers as a column shows them; a typed one may be of several words."""
    is_text: bool = False
    """Its values are text alone, and 100 typed for it is text too."""
    many: bool = False
    """`value` is an array; any of its values will do."""
    exact: Expression | None = None
    """The value before it is rounded to be shown."""
    fractions: bool = False
    """Shown in percent, but numbers up to 1 mean the fraction: a key of the first version."""
    is_setting: bool = False
    """Its name is the path of a setting."""
    choices: tuple[str, ...] = ()
    """All values that it can have; empty: any."""

    @property
    def order(self) -> Expression:
        """What to sort by."""
        if self.many:
            least = f"(SELECT min(value) FROM json_each({self.value.sql}))"
            return Expression(least, self.value.of, self.value.params)
        return self.exact or self.value

    def meaning(self, text: str) -> tuple[Expression, float | None]:
        """What to compare, and the number to compare it with; None: `text` is no number."""
        value = None if self.is_text else self.number(text)
        share = value is not None and abs(value) <= 1 and not text.endswith("%")
        if self.fractions and self.exact and share:
            return self.exact, value
        return self.value, value


def _text(name: str, value: Expression, choices: tuple[str, ...] = ()) -> Key:
    return Key(name, value, is_text=True, choices=choices)


def _mark(name: str) -> Key:
    """What a user says of a run, or not."""
    return Key(name, ex.column(name), choices=("yes", "no", "true", "false"))


def _score(name: str, fraction: Expression, old: bool = False) -> Key:
    """In percent, rounded as it is shown."""
    of_hundred = ex.shown(fraction, 100.0, 1)
    return Key(name, of_hundred, percent, True, exact=fraction, fractions=old)


_SHARES = (
    "accuracy", "f1", "matthews", "pearson", "spearman", "ece", "agreement", "recovery",
    "gain_recovery",
)  # fmt: skip
_STAGES = ("pretrained", "finetuned", "base_patch", "learnt_graft", "retrained", "grafted", "dev")
_GRAFT = ex.either(
    ex.summary("learnt_graft"),
    ex.either(ex.summary("base_patch"), ex.either(ex.summary("retrained"), ex.summary("grafted"))),
)
_LOSS = ex.result("loss")
_MODEL = ex.setting("model", "name")

ARCHIVED = "archived"
"""The key of runs that were put away."""

_TABLE = (
    _text("id", ex.column("id")),
    _text("name", ex.column("name")),
    Key("kind", ex.SUBJECTS, is_text=True, many=True),
    _text("status", ex.column("status"), tuple(RunStatus)),
    _text("reason", ex.column("reason"), tuple(RunReason)),
    _text("task", ex.setting("task", "name")),
    _text("model", ex.last_part(_MODEL)),
    _score("zero-shot", ex.summary("pretrained")),
    _score("tuned", ex.summary("finetuned")),
    _score("graft", _GRAFT),
    _score("recov.", ex.summary("recovery")),
    _text("localizer", ex.setting("localizer")),
    Key("seed", ex.either(ex.setting("train", "seed"), ex.setting("seed"))),
    _text("host", ex.HOST),
    Key("sparsity", ex.SPARSITIES, has_unit=True, many=True),
    Key("weights", ex.result("weights"), has_unit=True),
    Key("loss", ex.shown(_LOSS, 1.0, 3), has_unit=True, exact=_LOSS),
    _score("of gain", ex.result("gain_recovery")),
    Key("progress", ex.DONE, percent, True),
    Key("time", ex.TOOK, duration, True),
    Key("took", ex.TOOK, duration, True),
    Key("age", ex.AGE, duration, True),
    Key("tag", ex.TAGS, is_text=True, many=True),
    Key("tags", ex.TAGS, is_text=True, many=True),
    _text("note", ex.column("note")),
    _mark("star"),
    _mark(ARCHIVED),
    *(_score(name, ex.result(name), old=True) for name in _SHARES),
    *(_score(stage, ex.summary(stage), old=True) for stage in _STAGES),
    _text("recipe", ex.column("recipe")),
    Key("priority", ex.column("priority"), has_unit=True),
    _text("group", ex.column("queue_group")),
    Key("parent", ex.SOURCES, is_text=True, many=True),
    _text("device", ex.column("device")),
    _text("phase", ex.column("phase")),
    Key("step", ex.column("step"), has_unit=True),
    _text("hash", ex.column("config_hash")),
    Key("created", ex.column("created_at"), date, True),
    Key("started", ex.column("started_at"), date, True),
    Key("ended", ex.column("ended_at"), date, True),
    Key("seconds", ex.SECONDS, duration, True),
    Key("graft.sparsity", ex.SPARSITIES, has_unit=True, many=True, is_setting=True),
)
KEYS: dict[str, Key] = {key.name: key for key in _TABLE}
"""The columns of `ls` and of the dashboard come first; a curve has each of its sparsities."""

LONGEST_HEADING = 3
"""Words of a heading, such as "of gain %"."""


def known(name: str) -> Key | None:
    """The key of that name, as typed or as a heading has it: "ECE %"."""
    return KEYS.get(name) or KEYS.get(name.lower().removesuffix("%").strip())


def find(name: str, figures: Figures, span: Span | None = None) -> Key:
    """The key of that name. Raises UsageError, pointing at `span`, where there is none."""
    if key := known(name):
        return key
    if "." in name and (path := _settings().get(name)):
        return Key(name, ex.setting(*path), is_setting=True)
    if name in figures():
        return Key(name, ex.figure(name))
    message = f"There is no key {name!r} to filter, group or sort by."
    raise bad_query(message, _hint(name, figures()), span)


def _settings() -> dict[str, tuple[str, ...]]:
    # Imports pydantic: only for those who ask for a setting.
    from engine.contract.kinds import kinds
    from engine.contract.schema import settings

    return {setting.path: setting.keys for kind in kinds() for setting in settings(kind)}


def _hint(name: str, figures: Collection[str]) -> str:
    names = list(dict.fromkeys([*KEYS, *figures]))
    near = difflib.get_close_matches(name.lower(), [*names, *_settings()], n=1)
    guess = f"Did you mean {near[0]}? " if near else ""
    return (
        f"{guess}Known: {', '.join(names)}; "
        "and every setting, such as task.name, train.lr, graft.sparsity."
    )
