"""Why two runs differ: in what made them, and in what came out.

Owns the sentence that sums it up. Reads run folders and rows, writes nothing.
"""

import math
from dataclasses import dataclass

from graftui.models import Run
from graftui.registry.store import Store
from graftui.results import side_by_side
from graftui.results.explained.differences import Difference, Differences, differences, listing
from graftui.results.explained.sides import side_of
from graftui.results.figures import METRICS, SHARES, compared, counted
from graftui.settings import Settings

__all__ = ["Changed", "Difference", "Explained", "explained"]


@dataclass(frozen=True, slots=True)
class Changed:
    """A score that two runs do not share."""

    name: str
    """As `compare` has it: "learnt_graft accuracy"."""
    title: str
    """The same in words."""
    values: tuple[float, float]

    @property
    def by(self) -> float:
        """How much more the second has."""
        return self.values[1] - self.values[0]

    @property
    def words(self) -> str:
        """Both values, in digits that tell them apart."""
        texts = [compared(self.name, value) for value in self.values]
        if texts[0] == texts[1]:
            share = self.name.rpartition(" ")[2] in SHARES
            texts = [repr(100 * value if share else value) for value in self.values]
        return f"{texts[0]} → {texts[1]}"


@dataclass(frozen=True, slots=True)
class Explained:
    """Two runs compared."""

    runs: tuple[Run, Run]
    known: Differences
    scores: tuple[Changed, ...]
    """Those that differ, the most telling first."""
    compared: int
    """How many scores both have."""

    @property
    def sentence(self) -> str:
        """What it comes to."""
        return f"{self._made} {self._came_out}"

    @property
    def _made(self) -> str:
        groups = [name for name, listed in self.known.groups.items() if listed]
        if groups:
            return f"They differ in {listing(groups)}."
        return "Nothing that both recorded differs" + ("," if self._puzzling else ".")

    @property
    def _puzzling(self) -> bool:
        return bool(self.scores) and not self.known.any

    @property
    def _came_out(self) -> str:
        if not self.compared:
            return "There are no scores that both have."
        if not self.scores:
            return f"The {counted(self.compared, 'score')} that both have are the same."
        first = self.scores[0]
        most = f"{first.title}: {first.words}"
        if not self._puzzling:
            return f"Of {counted(self.compared, 'score')} {len(self.scores)} differ; {most}."
        why = "on a GPU sums may be taken in another order each time"
        if self.known.unrecorded:
            why = "what is not recorded may be why"
        return f"and the results still do; {most}. Perhaps {why}."


def explained(store: Store, settings: Settings, a: Run, b: Run) -> Explained:
    """Everything that differs between two runs, as far as it was noted."""
    side = side_by_side.compare([a, b], store.scores([a.id, b.id]))
    both = [
        Changed(name, side.titles[name], (ours, theirs))
        for name, (ours, theirs) in side.scores.items()
        if ours is not None and theirs is not None
    ]
    changed = [score for score in both if not _equal(*score.values)]
    known = differences(side_of(store, settings, a), side_of(store, settings, b))
    return Explained((a, b), known, tuple(sorted(changed, key=_weight)), len(both))


def _equal(ours: float, theirs: float) -> bool:
    return ours == theirs or (math.isnan(ours) and math.isnan(theirs))


def _weight(score: Changed) -> tuple[int, float]:
    """What tasks are judged by first, of those the largest change."""
    what = score.name.rpartition(" ")[2]
    rank = 0 if what in METRICS else 1 if what in SHARES else 2
    return rank, -abs(score.by) if math.isfinite(score.by) else -math.inf
