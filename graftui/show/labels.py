"""What is said of runs whose name, tags, note or marks a user changed: the same on both fronts."""

from collections.abc import Sequence

from graftui.models import Run
from graftui.results.figures import counted

_DONE = {
    ("star", True): "starred", ("star", False): "not starred any more",
    ("archived", True): "archived", ("archived", False): "not archived any more",
}  # fmt: skip


def named(runs: Sequence[Run]) -> str:
    """Each with id and name."""
    return ", ".join(f"{run.id} ({run.name})" for run in runs)


def done(field: str, value: bool) -> str:
    """What a run is called whose mark `field` is `value` now."""
    return _DONE[field, value]


def marked(runs: Sequence[Run], field: str, value: bool) -> str:
    """Their marks were set, or taken away."""
    return f"{counted(len(runs))} {done(field, value)}: {named(runs)}"


def tagged(run: Run) -> str:
    """All tags that it has now."""
    return f"{run.id} ({run.name}): {', '.join(run.tags) or 'no tags'}"


def noted(runs: Sequence[Run], note: str) -> str:
    """What was written of them."""
    if note:
        return f"noted of {named(runs)}: {note}"
    return f"the note of {named(runs)} is taken away"


def renamed(runs: Sequence[Run], name: str) -> str:
    """`runs`: as they were called before."""
    ids = ", ".join(run.id for run in runs)
    before = ", ".join(dict.fromkeys(run.name for run in runs))
    return f"{ids} {'is' if len(runs) == 1 else 'are'} {name} now, not {before}"


def brought_back(runs: Sequence[Run]) -> str:
    """They are in the trash no more."""
    return f"{counted(len(runs))} back: {named(runs)}"
