"""How scores and settings are named and written: one place for tables, exports and the dashboard.

Knows the scores of every task; one that it does not know is a plain number. Times: times.py.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from graftui import kinds
from graftui.measured import Score
from graftui.models import Run
from graftui.results.times import duration

METRICS = ("f1", "matthews", "pearson", "accuracy")
"""What tasks are judged by. The first that a task's scores hold is its own."""
SHARES = (
    *METRICS, "spearman", "ece", "agreement", "recovery", "gain_recovery", "drop", "jaccard",
    "directed", "sign_conflict", "sign_conflict_mass", "selfish", "shared", "catastrophic",
)  # fmt: skip
"""Shown in percent."""
COUNTS = ("weights", "added", "dropped", "step", "examples")
OF_WEIGHTS = "weights"
"""The split of what is measured of weights, on no rows."""
SECONDS = "seconds"
"""Shown as a time."""
LESS_IS_BETTER = ("loss", "ece", "brier", "drop")
NEITHER_IS_BETTER = (*COUNTS, "fraction", "sparsity")

_TITLES = {
    "f1": "F1", "matthews": "Matthews", "pearson": "Pearson", "spearman": "Spearman",
    "ece": "ECE", "brier": "Brier", "gain_recovery": "of gain",
}  # fmt: skip


def stage_title(stage: str, localizer: str) -> str:
    """A stage in words, after the subject where a run has several. What a localizer chose is
    called by it, "fisher graft"; or "graft" alone where several did. Labels of its own stand behind
    it: "interpolated[alpha=0.2]" is "interpolated at alpha 0.2".
    """
    whole, _, labels = stage.removesuffix("]").partition("[")
    subject, _, name = whole.rpartition("/")
    known = kinds.stages().get(name)
    if known is None:
        return stage
    at = f"at {labels.replace('=', ' ').replace(',', ', ')}" if labels else ""
    title = known.title.format(localizer=localizer)
    return " ".join(filter(None, (subject, title.strip(), at)))


def stands_out(stage: str) -> bool:
    """Whether tables set its scores in bold."""
    known = kinds.stages().get(stage)
    return known is not None and known.stands_out


def subject(run: Run) -> str:
    """What a run makes: a graft is called by its localizer."""
    return kinds.shown(run.kind).makes(run.config) or run.kind


def localizer(scores: Iterable[Score]) -> str:
    """What chose the grafts of these scores; empty: more than one."""
    known = kinds.stages()
    names = {
        score.localizer
        for score in scores
        if score.stage in known and known[score.stage].named_by_localizer
    }
    return names.pop() if len(names) == 1 else ""


def asked(sparsity: float) -> str:
    """A sparsity as it is asked for: a fraction of the maskable weights, or a count of them."""
    return f"{sparsity:,.0f}" if sparsity > 1 else f"{sparsity:g}"


def sparsities(config: Mapping[str, Any]) -> str:
    """What sparsity a graft's stored config asks for, of a curve from the least to the most; empty
    where its size comes from elsewhere: a stored mask, or the recovery that it is to have.
    """
    curve = sorted(config.get("sparsities") or ())
    if curve:
        return " to ".join(dict.fromkeys((asked(curve[0]), asked(curve[-1]))))
    given = config.get("base_patch", "movement") != "movement" or config.get("recover")
    return "" if given or "sparsity" not in config else asked(config["sparsity"])


def metric_of(names: Iterable[str]) -> str:
    """The metric of the task that has scores of these names."""
    known = set(names)
    return next((name for name in METRICS if name in known), "accuracy")


def is_test(split: str) -> bool:
    """Whether results are reported on these rows: on dev and train, models are chosen."""
    return split not in ("dev", "train", OF_WEIGHTS)


def title(name: str) -> str:
    """The heading of a column of that score."""
    return _TITLES.get(name, name) + (" %" if name in SHARES else "")


def figure(name: str, value: float | None) -> str:
    """A score as a person reads it: 93.4 (of a hundred), 0.312 (loss), 8,505 (weights)."""
    if value is None:
        return ""
    if not math.isfinite(value):
        return rounded(value)
    if name in COUNTS:
        return f"{value:,.0f}"
    if name in SHARES:
        return percent(value)
    if name == SECONDS:
        return duration(value, narrow=True)
    return f"{value:.3f}" if name in ("loss", "brier") else rounded(value, ".3g")


def of_summary(name: str, value: float) -> str:
    """A figure of a run's summary, where a stage's name, or none, is a score of it, in percent."""
    score = name in ("", "dev") or name.rpartition("/")[2] in kinds.stages()
    return percent(value) if score else figure(name, value)


def rounded(value: float, form: str = ".4g") -> str:
    """A number in few digits; nan, such as the recovery of a model without skill, in words."""
    return "undefined" if math.isnan(value) else f"{value:{form}}"


def probability(p: float) -> str:
    """A p value in two digits; below what a float can hold it is said to be less than that."""
    return "<1e-300" if p < 1e-300 else f"{p:.2g}"


def compact(value: float) -> str:
    """A number in at most six characters: 0.0123, 12.3, 1.2e-5, 12k."""
    if abs(value) >= 1e6 or 0 < abs(value) < 1e-3:
        return f"{value:.1e}".replace("e+0", "e").replace("e-0", "e-")
    if abs(value) >= 1e4:
        return f"{value / 1000:.4g}k"
    return f"{value:.4g}"


def counted(number: int, noun: str = "run") -> str:
    """ "1 run", "1,200 runs"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def percent(share: float | None, narrow: bool = False) -> str:
    """0.934 as 93.4; `narrow`: nan in no more cells than a number takes."""
    if share is None:
        return ""
    return "undef." if narrow and math.isnan(share) else rounded(100 * share, ".1f")


def file_size(count: int) -> str:
    """Bytes, to three digits."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.3g} {unit}"
        value /= 1000
    return ""


def compared(name: str, value: float | None) -> str:
    """A score of a comparison, whose name ends in the score's: "learnt_graft weights"."""
    if value is None:
        return ""
    what = name.rpartition(" ")[2]
    if what == "sparsity":
        return asked(value)
    return figure(what, value)


def change(name: str, by: float) -> str:
    """How much more, in the unit of `compared`: of a share, percentage points."""
    return f"{100 * by if name.rpartition(' ')[2] in SHARES else by:+.4g}"


def exact(name: str, value: float) -> float:
    """A score for another program: a count is a whole number, the rest stays as it is."""
    return int(value) if name in COUNTS and math.isfinite(value) else value


NOT_KNOWN = "–"
"""Stands where a reader would look for a value and there is none."""
