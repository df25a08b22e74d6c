"""What the compare screen asks: some runs side by side."""

from dataclasses import dataclass

from graftui.results.side_by_side import Comparison, compare
from graftui.tui.feed import Source


@dataclass(frozen=True, slots=True)
class Comparing:
    """Runs to compare."""

    ids: tuple[str, ...]

    def feed(self) -> "ComparisonFeed":
        """What answers it."""
        return ComparisonFeed()


class ComparisonFeed:
    """Reads comparisons."""

    def read(self, source: Source, question: Comparing) -> Comparison:
        """The runs that are there, oldest first."""
        runs = [run for run in map(source.store.find, question.ids) if run is not None]
        scores = source.store.scores([run.id for run in runs])
        return compare(sorted(runs, key=lambda run: run.created_at), scores)
