"""The grafts of a run as they come, one a sparsity, and where that stands as a value.

Owns what is saved of a graft run: the grafts that are done, the one under way with its search, and
what was answered for them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from engine.answers import Answered
from engine.evaluate import Outcome
from engine.graft.learn import Learnt, Search, learn
from engine.graft.map import Located
from engine.graft.report import Bench, Scores
from engine.training.generators import go_on_drawing


@dataclass(frozen=True, slots=True)
class Graft:
    """What one sparsity came to, as in result.json."""

    sparsity: float
    """As asked for; of a stored mask the number of its weights."""
    skill: str
    """File name."""
    train_dev: float
    """Mean of the train and the dev score of the graft, by the task's metric."""
    dev: float
    loss: float
    """Mean of the train and the dev loss."""
    step: int
    """The mask update that gave it; 0: the base patch itself."""
    base_patch: Scores
    learnt_graft: Scores = field(default_factory=dict)
    """Of the graft that the localizer chose; empty where that is the base patch."""
    without: dict[str, Scores] = field(default_factory=dict)
    """Stage -> what the fine-tuned model scores without these weights, or random ones."""

    @property
    def best(self) -> Scores:
        """Of the learnt graft, or of the base patch where none was learnt."""
        return self.learnt_graft or self.base_patch


@dataclass(slots=True)
class UnderWay:
    """A graft whose base patch is scored."""

    first: Learnt
    """What the base patch scores on train + dev."""
    patch: Scores
    """What it scores on the test sets."""
    learnt: Learnt | None = None
    """What learning came to, once that is over."""
    search: Search | None = None
    """Of a mask that is being learnt."""
    earlier: Mapping[str, Any] | None = None
    """The search of an earlier attempt, until this one has gone on from it."""

    def stored(self) -> dict[str, Any]:
        """As a value."""
        return {
            "first": self.first.stored(),
            "patch": self.patch,
            "learnt": self.learnt.stored() if self.learnt else None,
            "search": self.search.stored() if self.search else self.earlier,
        }

    @classmethod
    def of(cls, stored: Mapping[str, Any], device: torch.device) -> "UnderWay":
        """What `stored` gave."""
        learnt = Learnt.of(stored["learnt"], device) if stored["learnt"] else None
        first = Learnt.of(stored["first"], device)
        return cls(first, stored["patch"], learnt, earlier=stored["search"])


class Curve:
    """The grafts of one run."""

    def __init__(self, bench: Bench, steps: int) -> None:
        """`steps`: mask updates of each graft, or 1 where none is learnt."""
        self._bench, self._steps = bench, steps
        self.grafts: list[Graft] = []
        """Those that are done."""
        self.recovered: dict[str, Any] | None = None
        """What the search for the smallest graft came to, of a run that has one."""
        self.under_way: UnderWay | None = None
        self._own = self._settled = len(bench.session.answered)
        """How many answers are of whole models, and how many are not to be given again."""

    def begin(self, first: Learnt, patch: Scores) -> UnderWay:
        """The next graft's base patch has been scored and announced."""
        self.under_way = UnderWay(first, patch)
        self._settled = len(self._bench.session.answered)
        return self.under_way

    def learn(self, graft: UnderWay, search: Search) -> Learnt:
        """The best mask of `search`, which goes on from where an earlier attempt's stood."""
        if graft.earlier is not None:
            search.go_on_from(graft.earlier)
        graft.search, graft.earlier = search, None
        best = learn(search, self.save_if_due)
        if best.stopped is None:
            graft.learnt, graft.search = best, None  # S is as large as the model
        return best

    def end(self, graft: Graft) -> None:
        """The graft under way is done: written, scored and announced."""
        self.grafts.append(graft)
        self.under_way = None
        self._settled = len(self._bench.session.answered)
        self.save_if_due()

    def save_if_due(self) -> None:
        """Save where the run stands, every few minutes."""
        if self._bench.session.states.due:
            self.save()

    def save(self) -> None:
        """Save where the run stands, if it has come to anything."""
        if self.grafts or self.under_way or self.recovered:
            self._bench.session.states.save(self._step(), self.stored())

    def _step(self) -> int:
        """Of all mask updates of the run."""
        done, graft = len(self.grafts) * self._steps, self.under_way
        if graft is not None and graft.learnt is not None:
            return done + self._steps
        return done + (graft.search.step if graft is not None and graft.search else 0)

    def stored(self) -> dict[str, Any]:
        """Where it stands; the tensors are its own."""
        answered = self._bench.session.answered[self._own : self._settled]
        return {
            "recovered": self.recovered,
            "grafts": [asdict(graft) for graft in self.grafts],
            "located": [asdict(located) for located in self._bench.located[: len(self.grafts)]],
            "answered": [_stored(group) for group in answered],
            "under_way": self.under_way.stored() if self.under_way else None,
        }

    def go_on_from(self, stored: Mapping[str, Any]) -> None:
        """Stand where `stored` did. Both whole models have been scored again."""
        bench = self._bench
        self.recovered = stored["recovered"]
        self.grafts = [Graft(**graft) for graft in stored["grafts"]]
        bench.located[:] = [Located(**located) for located in stored["located"]]
        bench.session.answered[self._own :] = [_answered(group) for group in stored["answered"]]
        self._settled = len(bench.session.answered)
        if stored["under_way"]:
            self.under_way = UnderWay.of(stored["under_way"], bench.delta.pre.device)
        go_on_drawing(stored["generators"])


def _stored(group: Answered) -> dict[str, Any]:
    about = {name: getattr(group, name) for name in ("stage", "split", "labels", "subject")}
    return {**about, "outcome": group.outcome.stored()}


def _answered(stored: Mapping[str, Any]) -> Answered:
    return Answered(**{**stored, "outcome": Outcome(**stored["outcome"])})
