"""What a search searches: settings, each with the range or the choices from which it is chosen.

    train.lr=1e-4..1e-1:log                numbers between, evenly in their logarithm
    train.weight_decay=0..0.1              numbers between
    train.steps=100..800:100               whole numbers between, in steps of 100
    graft.localizer=learnt,movement        one of these, typed as the values of an axis are

Owns how they are written, and what else a search is asked for. Refuses ranges of what is no
number, and ranges without an inside. Knows nothing of who chooses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.contract.schema import Setting
from graftui.errors import UsageError
from graftui.planning import overrides, values
from graftui.planning.sweeps import axes
from graftui.planning.sweeps.axes import Point

_NUMBERS = ("integer", "number", "fraction or count")
_HOW = (
    "Write it as setting=low..high, low..high:log, low..high:step or value,value: "
    "--search train.lr=1e-4..1e-1:log graft.localizer=learnt,movement"
)


@dataclass(frozen=True, slots=True)
class Range:
    """Numbers from `low` to `high`, both of them too."""

    low: float
    high: float
    log: bool = False
    """Whether they are spread evenly in their logarithm."""
    step: float | None = None
    """Between two of them; None: any number, or any whole number."""
    whole: bool = False
    """Whether they are whole numbers."""

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the greatest."""
        return (int(self.low), int(self.high)) if self.whole else (self.low, self.high)


@dataclass(frozen=True, slots=True)
class Choices:
    """Values of which each is as good a guess as the others."""

    choices: tuple[Any, ...]

    @property
    def ends(self) -> tuple[Any, Any]:
        """The first and the last."""
        return self.choices[0], self.choices[-1]


Space = dict[str, Range | Choices]
"""Setting -> from what it is chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is searched, and for what."""

    space: Space
    trials: int
    """Points that are asked for in all."""
    aim: str = ""
    """The key of the figure that is sought, as in queries; empty: the main figure."""
    maximize: bool = True
    """Whether the greatest is sought, and not the least."""
    prune: tuple[str, ...] = ()
    """Curves that foretell the figure, of which the first that a run has counts: a trial that is
    behind the median of the others is stopped. Empty: none is."""
    seed: int = 0
    """Of the guesses."""
    stopped: bool = False
    """Whether its user cancelled it, until it is gone on with."""

    @property
    def ends(self) -> tuple[Point, Point]:
        """Two corners of the space: all the least, and all the greatest."""
        least = {path: span.ends[0] for path, span in self.space.items()}
        return least, {path: span.ends[1] for path, span in self.space.items()}


def checked_space(search: Search) -> Space:
    """The space of a search that was read from a file. Raises ValueError for what cannot be one."""
    if search.trials < 1 or not search.space:
        raise ValueError("search has no trials, or no space")
    for path, span in search.space.items():
        if isinstance(span, Choices):
            usable = bool(span.choices)
        else:
            usable = span.low < span.high and (span.low > 0 or not span.log)
            usable = usable and (span.step is None or 0 < span.step <= span.high - span.low)
        if not usable:
            raise ValueError(f"search.space.{path} is no range and no choice")
    return search.space


def parse(texts: Sequence[str], kinds: Mapping[str, str]) -> Space:
    """The space in texts such as "train.lr=1e-4..1e-1:log", for a recipe's parts. Raises
    UsageError.
    """
    space: Space = {}
    for text in texts:
        path, equals, listed = text.partition("=")
        path = path.strip()
        if not equals or not path:
            raise UsageError(f"--search {text!r} is no setting with its range.", _HOW)
        if path in space:
            raise UsageError(f"--search {path} is given twice.", "Give it once.")
        setting = overrides.setting_of(path, kinds, "--search")
        if ".." in listed and setting.type in _NUMBERS:
            space[path] = _range(text, setting, listed)
        else:
            space[path] = Choices(axes.parse([text], kinds, "--search")[path])
    return space


def _range(text: str, setting: Setting, listed: str) -> Range:
    bounds, _, how = listed.partition(":")
    try:
        low, high = (values.read(setting, bound.strip()) for bound in bounds.split("..", 1))
        whole = isinstance(low, int) and isinstance(high, int)
        log = how.strip() == "log"
        step = None if log or not how else values.read(setting, how.strip())
    except ValueError as error:
        raise UsageError(f"--search {text}: {error}.", _HOW) from None
    if not low < high:
        raise UsageError(f"--search {text}: {bounds} has no inside.", "Give the lesser one first.")
    if log and low <= 0:
        raise UsageError(
            f"--search {text}: there is no logarithm of {values.written(low)}.",
            "Begin above 0, or leave :log out.",
        )
    if step is not None and not 0 < step <= high - low:
        raise UsageError(
            f"--search {text}: a step of {values.written(step)} does not fit in.",
            "Give one between 0 and the width of the range.",
        )
    # Of a setting that takes both, 100..800 are counts; of one that takes any number, numbers.
    return Range(low, high, log, step, whole and setting.type != "number")
