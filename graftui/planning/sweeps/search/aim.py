"""The figure that a search is after, of a run and of a trial.

Owns which keys may be sought: figures of the query language, in exact units and not as they are
rounded to be shown. Where a trial has several results, such as one a seed, their mean counts.
"""

import math
from collections.abc import Callable, Collection, Sequence
from statistics import fmean

from graftui import kinds
from graftui.errors import UsageError
from graftui.measured import Score
from graftui.models import Run
from graftui.planning.sweeps.search.space import Search
from graftui.registry.query import keys
from graftui.registry.query.expressions import Row
from graftui.registry.query.keys import Key
from graftui.registry.query.values import percent


class Aim:
    """What is sought."""

    def __init__(self, search: Search, figures: Callable[[], Collection[str]] = tuple) -> None:
        """`figures`: names of what summaries hold. Raises UsageError for what is no figure."""
        self._key = _key(search.aim, figures) if search.aim else None
        self._maximize = search.maximize

    @property
    def is_share(self) -> bool:
        """Whether it is shown in percent."""
        return self._key is None or self._key.number is percent

    @property
    def name(self) -> str:
        """In words."""
        return self._key.name if self._key else "the main figure"

    def of(self, run: Run, scores: Sequence[Score] = ()) -> float | None:
        """Of a finished run; None: it has none that is a number."""
        if self._key is None:
            value = kinds.main_figure(run.kind, run.summary)
        else:
            value = (self._key.exact or self._key.value).of(Row(run, scores))
        return value if isinstance(value, int | float) and math.isfinite(value) else None

    def mean(self, figures: Sequence[float | None]) -> float | None:
        """Of the results of a trial; None where one of them has none."""
        known = [figure for figure in figures if figure is not None]
        return fmean(known) if known and len(known) == len(figures) else None

    def best(self, figures: Collection[float]) -> float:
        """Of some figures, which are not empty."""
        return max(figures) if self._maximize else min(figures)


def _key(name: str, figures: Callable[[], Collection[str]]) -> Key:
    key = keys.find(name, figures)
    if key.is_text or key.is_setting or key.many or key.choices:
        raise UsageError(
            f"{key.name} is no figure that a search could be after.",
            "Give a score, such as graft, recov. or loss, or another number, such as took.",
        )
    return key
