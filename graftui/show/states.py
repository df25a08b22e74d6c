"""How the state of a run looks: a glyph, a word and a tone, the same in both fronts.

The fronts have a colour for each tone. Every glyph has a twin in ASCII (graftui.text).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from graftui.models import Run, RunStatus
from graftui.registry.queue import is_stranded


class Tone(StrEnum):
    """What a colour says."""

    dim = "dim"
    """Nothing to look at."""
    active = "active"
    good = "good"
    bad = "bad"
    warning = "warning"
    unsure = "unsure"
    """It may be otherwise."""


@dataclass(frozen=True, slots=True)
class State:
    """How one state looks."""

    glyph: str
    word: str
    tone: Tone


STATES = {
    status: State(glyph, status.value, tone)
    for status, glyph, tone in (
        (RunStatus.held, "=", Tone.warning),
        (RunStatus.queued, "○", Tone.dim),
        (RunStatus.starting, "◌", Tone.active),
        (RunStatus.running, "●", Tone.active),
        (RunStatus.finished, "✓", Tone.good),
        (RunStatus.failed, "✗", Tone.bad),
        (RunStatus.cancelled, "⊘", Tone.warning),
        (RunStatus.lost, "?", Tone.unsure),
    )
}
_STRANDED = State("∅", "no input", Tone.bad)
"""Of a run that was cancelled because what it is made from failed, and not by its user."""
_CONDITIONS = {
    "waiting": State("○", "waiting", Tone.dim),
    "stalled": State("!", "stalled", Tone.warning),
    "elsewhere": State("→", "elsewhere", Tone.unsure),
}


def state(run: Run) -> State:
    """Of the run's condition, if it is at work and there is one to be told; of how it came to be
    cancelled; or of its status.
    """
    if run.status.active and run.condition in _CONDITIONS:
        return _CONDITIONS[run.condition]
    if is_stranded(run):
        return _STRANDED
    return STATES[run.status]


def counted_states(states: Mapping[RunStatus, int]) -> str:
    """ "3✓ 1✗": how many are in which."""
    return " ".join(f"{states[s]}{look.glyph}" for s, look in STATES.items() if states.get(s))
