"""How the curves of a run are looked at: along which x, over which stretch of it, how smooth.

Owns what becomes of points before they are drawn, and what is read off at a cursor. Pure: knows no
widget and reads nothing.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from graftui import kinds
from graftui.measured import CurveExtent, CurveKey, Series
from graftui.models import Run
from graftui.results.chart import Axis, Chart, Curve
from graftui.results.run_charts import Outline, outlines
from graftui.results.side_by_side import flat

STEP, TIME, EXAMPLES = "step", "time", "examples"
ALONG = (STEP, TIME, EXAMPLES)
"""What x may be."""
SMOOTH = (0.0, 0.6, 0.9, 0.97)
"""What part of a smoothed value is that of the point before; 0: not smoothed."""
_CLOSEST = 1e-3
"""Of all there is, the least that can be looked at."""

Span = tuple[float, float]
"""From where to where along x."""
Moments = tuple[Sequence[int], Sequence[float]]
"""Steps, ascending, and when each was, seconds since the epoch."""


@dataclass(frozen=True, slots=True)
class View:
    """How somebody looks at curves."""

    along: str = STEP
    smooth: float = 0.0
    log: bool = False
    """Whether equal ratios of y are equally high."""
    planned: bool = True
    """Whether x goes on to where the run is to end."""

    def checked(self) -> "View":
        """Itself; raises ValueError if nobody can look so."""
        known = self.along in ALONG and self.smooth in SMOOTH
        if not (known and isinstance(self.log, bool) and isinstance(self.planned, bool)):
            raise ValueError(self)
        return self


@dataclass(frozen=True, slots=True)
class Ruler:
    """Where the points of a run lie along x."""

    along: str = STEP
    paces: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Phase of curves -> planned steps, and examples a step at most."""
    moments: Mapping[str, Moments] = field(default_factory=dict)
    """Phase of curves -> when its steps were; needed along time."""
    left_s: float | None = None
    """Seconds that the run still takes; None: it has ended, or nobody knows."""

    @property
    def axis(self) -> Axis:
        """Its labels."""
        if self.along == TIME:
            return Axis(score="seconds")
        return Axis(score=self.along, unit="steps" if self.along == STEP else "examples")

    def at(self, phase: str, steps: Sequence[int]) -> Sequence[float]:
        """Where the points of these steps lie; nan where nobody knows."""
        if self.along == EXAMPLES:
            _, examples = self.paces.get(phase, (0, 1))
            return [step * examples for step in steps]
        if self.along == TIME:
            return [self._moment(phase, step) for step in steps]
        return steps

    def _moment(self, phase: str, step: int) -> float:
        steps, times = self.moments.get(phase, ((), ()))
        index = bisect_left(steps, step)
        known = index < len(steps) and steps[index] == step
        return times[index] - self._began if known else math.nan

    @property
    def _began(self) -> float:
        return min((times[0] for _, times in self.moments.values() if times), default=0.0)

    def span(self, extents: Sequence[CurveExtent], planned: bool) -> Span | None:
        """What all of these curves take up; None where nothing lies along x."""
        ends: list[float] = []
        for extent in extents:
            phase = phase_of(extent.key.name)
            ends += self.at(phase, (extent.first, extent.last))
            if planned and self.along != TIME:
                ends += self.at(phase, [self.paces.get(phase, (extent.last, 1))[0]])
        known = [x for x in ends if math.isfinite(x)]
        if not known:
            return None
        last = max(known) + (self.left_s or 0.0 if planned and self.along == TIME else 0.0)
        return min(known), last if last > min(known) else min(known) + 1


def ruler(run: Run, along: str, moments: Mapping[str, Moments]) -> Ruler:
    """That of a run, whose kind says how far its curves are to go."""
    values = flat(run.config, run.kind)
    paces: dict[str, tuple[int, int]] = {}
    for pace in kinds.shown(run.kind).paces:
        steps, examples = values.get(pace.steps), values.get(pace.examples)
        if isinstance(steps, int) and isinstance(examples, int):
            paces |= dict.fromkeys(pace.phases, (steps, examples))
    return Ruler(along, paces, moments, run.left_s if run.status.active else None)


def phase_of(name: str) -> str:
    """Of a curve's name what says which steps it counts: "train" of "train/loss"."""
    return name.partition("/")[0]


def ema(values: Sequence[float], smooth: float) -> list[float]:
    """The exponential moving average, as if nothing had been before the first value. What is no
    number stays as it is, and has no part in what follows.
    """
    smoothed: list[float] = []
    total = weight = 0.0
    for value in values:
        if math.isfinite(value):
            total = smooth * total + (1 - smooth) * value
            weight = smooth * weight + (1 - smooth)
        smoothed.append(total / weight if math.isfinite(value) else value)
    return smoothed


def changing(
    extents: Sequence[CurveExtent],
) -> tuple[list[Outline], tuple[tuple[str, float], ...]]:
    """The charts in which something changes; and name and value of the curves in the others, which
    are the same all along: no chart is needed to say it.
    """
    still = {extent.key: extent.constant for extent in extents}
    drawn: list[Outline] = []
    constant: list[tuple[str, float]] = []
    for outline in outlines([extent.key for extent in extents]):
        values = [still[key] for key in outline.keys]
        if None in values:
            drawn.append(outline)
        else:
            pairs = zip(outline.keys, values, strict=True)
            constant += [(_named(key), at) for key, at in pairs if at is not None]
    return drawn, tuple(constant)


def _named(key: CurveKey) -> str:
    return " ".join([key.name, *(str(value) for _, value in key.labels)])


def chart(outline: Outline, series: Mapping[CurveKey, Series], view: View, measure: Ruler) -> Chart:
    """The chart of those of its curves that were read; smoothed curves lie over what they are made
    of.
    """
    raw: list[Curve] = []
    for key, label in zip(outline.keys, outline.labels, strict=True):
        if key in series:
            xs = measure.at(phase_of(key.name), series[key].steps)
            raw.append(_ascending(label, xs, series[key].values))
    curves = raw
    if view.smooth:
        faint = [replace(curve, faint=True) for curve in raw]
        curves = faint + [replace(curve, ys=ema(curve.ys, view.smooth)) for curve in raw]
    return Chart(outline.title, tuple(curves), measure.axis, Axis(log=view.log))


def over(whole: Chart, span: Span) -> Chart:
    """What of a chart lies within `span`."""
    curves = tuple(within(curve, span) for curve in whole.curves)
    return replace(whole, curves=curves, span=span)


def _ascending(label: str, xs: Sequence[float], ys: Sequence[float]) -> Curve:
    """Without the points of which nobody knows where they lie; a clock that was set back lies."""
    if all(map(math.isfinite, xs)) and all(a <= b for a, b in zip(xs, xs[1:], strict=False)):
        return Curve(label, xs, ys)
    points = sorted(at for at in zip(xs, ys, strict=True) if math.isfinite(at[0]))
    return Curve(label, [x for x, _ in points], [y for _, y in points])


def within(curve: Curve, span: Span) -> Curve:
    """What of a curve lies within `span`, up to where it crosses the ends of that."""
    xs, ys, (left, right) = curve.xs, curve.ys, span
    first, end = bisect_left(xs, left), bisect_right(xs, right)
    if first == 0 and end == len(xs):
        return curve
    inner_xs, inner_ys = list(xs[first:end]), list(ys[first:end])
    if first and first < len(xs) and xs[first] > left:
        inner_xs.insert(0, left)
        inner_ys.insert(0, _between(curve, first, left))
    if 0 < end < len(xs) and xs[end - 1] < right:
        inner_xs.append(right)
        inner_ys.append(_between(curve, end, right))
    return replace(curve, xs=inner_xs, ys=inner_ys)


def _between(curve: Curve, after: int, x: float) -> float:
    """On the line from the point before `after` to that one."""
    (x0, x1), (y0, y1) = curve.xs[after - 1 : after + 1], curve.ys[after - 1 : after + 1]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def value_at(curve: Curve, x: float) -> tuple[float, float] | None:
    """The point of a curve that is closest to `x`; the earlier of two; None where it has none."""
    if not curve.xs:
        return None
    after = bisect_left(curve.xs, x)
    near = [n for n in (after - 1, after) if 0 <= n < len(curve.xs)]
    closest = min(near, key=lambda n: abs(curve.xs[n] - x))
    return curve.xs[closest], curve.ys[closest]


def zoomed(span: Span, whole: Span, at: float, factor: float) -> Span:
    """`span` made `factor` times as long, `at` where it was within it; never beyond `whole`."""
    length = min(whole[1] - whole[0], (span[1] - span[0]) * factor)
    length = max(length, _CLOSEST * (whole[1] - whole[0]))
    share = (at - span[0]) / (span[1] - span[0])
    return moved((at - share * length, at + (1 - share) * length), whole, 0.0)


def moved(span: Span, whole: Span, by: float) -> Span:
    """`span` further along, as far as `whole` goes."""
    left = max(whole[0], min(span[0] + by, whole[1] - (span[1] - span[0])))
    return left, left + (span[1] - span[0])


def described(view: View, measure: Ruler, span: Span | None, whole: Span | None) -> str:
    """How one looks, in words."""
    words = [f"x {view.along}", f"y {'logarithmic' if view.log else 'linear'}"]
    words.append(f"smoothed {view.smooth:g}" if view.smooth else "not smoothed")
    if span and whole and span != whole:
        axis = measure.axis
        words.append(f"{axis.label(span[0])} to {axis.label(span[1])} of {axis.label(whole[1])}")
    elif view.planned:
        words.append("to the planned end")
    return "   ".join(words)
