"""The interval of a share of gains, over rows and seeds: (ours - before) / (whole - before).

a resample    of the rows, which all models answered, as many with replacement, the same ones for
              all; of the skills as many, each with the model before it; of the fine-tuned models
              as many. Where each skill was cut from one of these models, both as a pair
              (Owen 2007: rows and seeds are crossed; bootstrap.py)
value         (mean of ours - mean of before) / (mean of whole - mean of before); undefined
              where the fine-tuned models gain nothing
interval      its quantiles; none where more than (1 - level) / 2 is undefined: then it is not known
              that there is anything to have a share of. Nor where all resamples are alike
"""

from collections.abc import Sequence

import numpy as np

from graftui.results.statistics.bootstrap import RESAMPLES, SEED, Rows, Values, of_each
from graftui.results.statistics.intervals import LEVEL, Interval
from graftui.results.statistics.measures import METRICS


def interval(
    before: Sequence[Rows],
    ours: Sequence[Rows],
    whole: Sequence[Rows],
    paired: bool,
    metric: str,
    level: float = LEVEL,
) -> Interval | None:
    """Of rows (n, 4) as in measures.py, of each skill `before` it and with it (`ours`), and of each
    fine-tuned model (`whole`); row k is the same in all. `paired`: skill k is of model k.
    """
    values = resampled(before, ours, whole, paired, metric)
    known = values[np.isfinite(values)]
    if len(known) < (1 + level) / 2 * len(values):
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level) if low < high else None


def resampled(
    before: Sequence[Rows],
    ours: Sequence[Rows],
    whole: Sequence[Rows],
    paired: bool,
    metric: str,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Values:
    """The value of each resample, (resamples,); nan where it is undefined."""
    chosen, generator = METRICS[metric], np.random.default_rng(seed)
    skills = generator.integers(len(ours), size=(resamples, len(ours)))
    models = skills if paired else generator.integers(len(whole), size=(resamples, len(whole)))
    rows = [each[:, chosen.columns] for each in (*before, *ours, *whole)]
    scores = of_each(rows, chosen.value, resamples, generator)  # (R, 2 S + T)
    none, part, full = (
        np.take_along_axis(own, drawn, 1).mean(1)
        for own, drawn in zip(
            np.split(scores, [len(ours), 2 * len(ours)], axis=1), (skills, skills, models),
            strict=True,
        )
    )  # fmt: skip
    gain = full - none
    share: Values = np.full_like(gain, np.nan)
    np.divide(part - none, gain, out=share, where=gain > 0)
    return share
