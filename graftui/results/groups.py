"""Results collected over seeds as a table of text: what a reader needs of them, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from graftui.planning.values import written
from graftui.results.figures import asked, counted, figure, stage_title, title
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
        lines = [
            f"left out: {stage_title(left.stage, '')} of {counted(len(left.runs))} "
            f"({left.why}): {' '.join(left.runs[:5])}{' ...' if len(left.runs) > 5 else ''}"
            for left in self.left_out
        ]
        if self.unfinished:
            lines.append(f"left out: {counted(self.unfinished)} not finished")
        return tuple(lines)


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
    if isinstance(value, float) and key.rpartition(".")[2] == "sparsity":
        return asked(value)
    return written(value)


def table(collected: Collected) -> tuple[list[str], list[list[str]]]:
    """Titles and rows for a reader."""
    keys = shown(collected.groups, collected.by)
    metrics = {group.metric for group in collected.groups}
    main = title(metrics.pop()) if len(metrics) == 1 else "score %"
    rest = ["median", "seeds", TRIALS, "chosen"]
    size = ["weights"] if _has_size(collected) else []
    titles = [*(_short_key(key) for key in keys), *size, main, *map(title, collected.extra), *rest]
    return titles, [
        [*(key_cell(key, group) for key in keys), *(_size(group) for _ in size),
         *_results(group, collected.extra)]
        for group in collected.groups
    ]  # fmt: skip


def _has_size(collected: Collected) -> bool:
    """Whether a graft's own number of weights stands beside the sparsity that was asked for."""
    return "weights" not in collected.extra and any("weights" in g.scores for g in collected.groups)


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
        f"{path} " + ", ".join(f"{written(value) or 'none'} ({count})" for value, count in values)
        for path, values in group.chosen.items()
    )
