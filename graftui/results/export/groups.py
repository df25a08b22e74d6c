"""Results collected over seeds as CSV, JSON, Markdown or LaTeX. Pure functions over groups.

CSV and JSON hold every score and key; the others what a reader needs.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from typing import Any

from engine.contract import finite
from graftui.results.export import grid, sheet
from graftui.results.groups import Collected, chosen, table
from graftui.results.over_seeds import Group, shown


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
