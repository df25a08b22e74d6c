"""How the state of a run looks: a glyph, a word and a tone, the same in both fronts.

The fronts have a colour for each tone. Every glyph has a twin in ASCII (graftui.text).
"""

from dataclasses import dataclass
from enum import StrEnum

from graftui.models import Run, RunStatus


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
_CONDITIONS = {
    "waiting": State("○", "waiting", Tone.dim),
    "stalled": State("!", "stalled", Tone.warning),
    "elsewhere": State("→", "elsewhere", Tone.unsure),
}


def state(run: Run) -> State:
    """Of the run's condition, if it is at work and there is one to be told, or of its status."""
    if run.status.active and run.condition in _CONDITIONS:
        return _CONDITIONS[run.condition]
    return STATES[run.status]
