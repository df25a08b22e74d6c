"""Results collected over seeds as CSV, JSON, Markdown or LaTeX. Pure functions over groups.

CSV and JSON hold every score and key; the others what a reader needs.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from engine.contract import finite
from graftui.results.export import grid, sheet
from graftui.results.figures import asked, figure, plain, stage_title, title
from graftui.results.over_seeds import Group, Spread, shown
from graftui.results.trials import LeftOut

TRIALS = "trials (a seed)"


@dataclass(frozen=True, slots=True)
class Collected:
    """What was asked for, and what came of it."""

    by: tuple[str, ...]
    over: tuple[str, ...]
    """Settings that are seeds."""
    best_on: str
    groups: tuple[Group, ...]
    extra: tuple[str, ...] = ()
    """Scores to show beside the metric."""
    left_out: tuple[LeftOut, ...] = ()
    unfinished: int = 0
    """Runs that match and have not finished."""

    @property
    def about(self) -> str:
        """What the groups have in common, and how they were made."""
        keys = [key for key in self.groups[0].key if key not in shown(self.groups, self.by)]
        same = (_common(key, self.groups) for key in keys if key != "metric")
        facts = [text for text in same if text]
        return ", ".join([*facts, f"best on {self.best_on} of each seed ({', '.join(self.over)})"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What is not in the groups, one sentence each."""
        found = [
            f"left out: {stage_title(one.stage, '')} of {_runs(len(one.runs))} "
            f"({one.why}): {' '.join(one.runs[:5])}{' ...' if len(one.runs) > 5 else ''}"
            for one in self.left_out
        ]
        if self.unfinished:
            found.append(f"left out: {_runs(self.unfinished)} not finished")
        return tuple(found)


def _runs(count: int) -> str:
    return f"{count} run" if count == 1 else f"{count} runs"


def _common(key: str, groups: Sequence[Group]) -> str:
    """A key that all groups share, in words; empty where there is nothing to say."""
    value = groups[0].key[key]
    if value is None or (key, value) == ("split", "test"):
        return ""
    cells = {key_cell(key, group) for group in groups}
    return f"{key} {cells.pop() if len(cells) == 1 else stage_title(str(value), '')}"


def key_cell(key: str, group: Group) -> str:
    """The value of a key as a person reads it."""
    if key == "stage":
        return group.title
    value = group.key[key]
    return asked(value) if key == "sparsity" and value else plain(value)


def table(found: Collected) -> tuple[list[str], list[list[str]]]:
    """Titles and rows for a reader."""
    keys = shown(found.groups, found.by)
    metrics = {group.metric for group in found.groups}
    main = title(metrics.pop()) if len(metrics) == 1 else "score %"
    rest = ["median", "seeds", TRIALS, "chosen"]
    size = ["weights"] if _has_size(found) else []
    titles = [*(_short_key(key) for key in keys), *size, main, *map(title, found.extra), *rest]
    return titles, [
        [*(key_cell(key, group) for key in keys), *(_size(group) for _ in size),
         *_results(group, found.extra)]
        for group in found.groups
    ]  # fmt: skip


def _has_size(found: Collected) -> bool:
    """Whether a graft's own number of weights stands beside the sparsity that was asked for."""
    return "weights" not in found.extra and any("weights" in g.scores for g in found.groups)


def _size(group: Group) -> str:
    reached = group.scores.get("weights")
    return figure("weights", reached.mean) if reached else ""


def _short_key(key: str) -> str:
    return {"task.name": "task", "model.name": "model", "split": "test set"}.get(key, key)


def _results(group: Group, extra: Sequence[str]) -> list[str]:
    least, most = group.a_seed
    return [
        *(_spread(name, group.scores.get(name), group.seeds) for name in (group.metric, *extra)),
        figure(group.metric, group.scores[group.metric].median),
        _seeds(group),
        f"{group.trials} ({least})" if least == most else f"{group.trials} ({least}-{most})",
        chosen(group),
    ]


def _seeds(group: Group) -> str:
    if group.short is None:
        return str(group.seeds)
    has, should = group.short
    return f"{has} of {should}" if has == group.seeds else f"{group.seeds} ({has} of {should})"


def _spread(name: str, value: Spread | None, seeds: int) -> str:
    if value is None:
        return ""
    std = "" if value.std is None else f" ± {figure(name, value.std)}"
    return figure(name, value.mean) + std + (f" (n={value.n})" if value.n < seeds else "")


def chosen(group: Group) -> str:
    """The settings chosen on dev, such as `train.lr 0.01 (2), 0.02 (1)`."""
    return "; ".join(
        f"{path} " + ", ".join(f"{plain(value) or 'none'} ({count})" for value, count in values)
        for path, values in group.chosen.items()
    )


def to_markdown(found: Collected) -> str:
    """A table, and a line below that says how it came about."""
    return f"{grid.markdown(*table(found))}\n{found.about}\n"


def to_latex(found: Collected) -> str:
    """A tabular for booktabs, after a comment that says how it came about."""
    titles, rows = table(found)
    return f"% {found.about}\n" + grid.latex(titles, rows, left=len(shown(found.groups, found.by)))


def to_csv(found: Collected, raw: bool = False) -> str:
    """A row a group, every score with mean, std, median and the number of seeds that have it.

    `raw`: text that begins as a formula does is left so.
    """
    names = dict.fromkeys(name for group in found.groups for name in group.scores)
    about = ["seeds", "trials", "flags", "chosen", "runs"]
    heads = [f"{name}.{what}" for name in names for what in ("mean", "std", "median", "n")]
    titles = [*found.groups[0].key, *about, *heads]
    return sheet.text_of(titles, (_line(group, names) for group in found.groups), raw)


def _line(group: Group, names: Iterable[str]) -> list[Any]:
    cells = [*group.key.values(), group.seeds, group.trials, "; ".join(group.flags)]
    cells += [chosen(group), " ".join(group.runs)]
    for name in names:
        one = group.scores.get(name)
        cells += ["", "", "", 0] if one is None else [one.mean, one.std, one.median, one.n]
    return cells


def to_json(found: Collected) -> str:
    """Everything."""
    whole = {
        "by": found.by,
        "over": found.over,
        "best_on": found.best_on,
        "groups": [_object(group) for group in found.groups],
        "left_out": [
            {"stage": one.stage, "why": one.why, "runs": one.runs} for one in found.left_out
        ],
        "unfinished": found.unfinished,
    }
    return finite.dumps(whole) + "\n"


def to_json_lines(found: Collected) -> str:
    """A JSON object a group."""
    return finite.lines(map(_object, found.groups))


def _object(group: Group) -> dict[str, Any]:
    return {
        "key": group.key, "metric": group.metric, "seeds": group.seeds, "trials": group.trials,
        "flags": group.flags, "runs": group.runs, "chosen": group.chosen,
        "scores": {name: asdict(one) for name, one in group.scores.items()},
    }  # fmt: skip


FORMATS: dict[str, Callable[[Collected], str]] = {
    "csv": to_csv,
    "raw csv": partial(to_csv, raw=True),
    "json": to_json,
    "jsonl": to_json_lines,
    "md": to_markdown,
    "latex": to_latex,
}
