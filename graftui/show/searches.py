"""How searches look: what is searched, and a line for a trial. Prints nothing."""

from graftui.models import RunStatus
from graftui.planning.sweeps.axes import Point
from graftui.planning.sweeps.search.aim import Aim
from graftui.planning.sweeps.search.space import Choices, Range, Search
from graftui.planning.sweeps.search.study import Trial, TrialState
from graftui.planning.values import written
from graftui.results.figures import compact, percent
from graftui.show.states import STATES, Tone
from graftui.show.sweeps import short
from graftui.show.tables import STYLES
from graftui.terminal import Text

_GLYPHS = {
    TrialState.asked: (STATES[RunStatus.running].glyph, Tone.active),
    TrialState.done: (STATES[RunStatus.finished].glyph, Tone.good),
    TrialState.pruned: (STATES[RunStatus.cancelled].glyph, Tone.dim),
    TrialState.failed: (STATES[RunStatus.failed].glyph, Tone.bad),
}


def sought(search: Search, aim: Aim) -> Text:
    """What a search is after, in words."""
    pruned = f"; pruned by {', '.join(search.prune)}" if search.prune else ""
    return Text(f"the {'greatest' if search.maximize else 'least'} of {aim.name}{pruned}")


def span(of: Range | Choices) -> str:
    """From what a setting is chosen, as it is typed."""
    if isinstance(of, Choices):
        return "  ".join(
            f"[{written(value)}]" if isinstance(value, list | tuple) else written(value)
            for value in of.choices
        )
    how = ":log" if of.log else f":{written(of.step)}" if of.step is not None else ""
    least, greatest = of.ends
    return f"{written(least)}..{written(greatest)}{how}"


def trial(told: Trial, aim: Aim, why: str = "") -> Text:
    """A trial with what came of it; `why` it failed."""
    glyph, tone = _GLYPHS[told.state]
    text = Text(f"trial {told.number:<3} ").append(glyph, STYLES[tone])
    result = figure(told.value, aim) if told.state is TrialState.done else told.state.value
    text.append(f" {result:<7}", "bold" if told.state is TrialState.done else STYLES[tone])
    text.append(f" {at(told.point)}")
    return text.append(f"  {why}", STYLES[Tone.bad]) if why else text


def at(point: Point) -> str:
    """A point of the space."""
    return ", ".join(f"{path} = {short(value)}" for path, value in point.items())


def figure(value: float | None, aim: Aim) -> str:
    """What is sought, as tables show it."""
    if value is None:
        return ""
    return percent(value) if aim.is_share else compact(value)
