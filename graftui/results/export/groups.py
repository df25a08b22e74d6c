"""Results collected over seeds as CSV, JSON, Markdown or LaTeX. Pure functions over groups.

CSV and JSON hold every score and key; the others what a reader needs.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import partial
from typing import Any

from engine.contract import finite
from graftui.results.export import grid, parquet, sheet
from graftui.results.groups import Collected, chosen, table
from graftui.results.over_seeds import Group, shown


def to_markdown(collected: Collected) -> str:
    """A table, and a line below that says how it came about."""
    return f"{grid.markdown(*table(collected))}\n{collected.about}\n"


def to_latex(collected: Collected) -> str:
    """A tabular for booktabs, after a comment that says how it came about."""
    titles, rows = table(collected)
    return f"% {collected.about}\n" + grid.latex(
        titles, rows, left=len(shown(collected.groups, collected.by))
    )


def to_csv(collected: Collected, raw: bool = False) -> str:
    """A row a group, every score with mean, std, median and the number of seeds that have it.

    `raw`: text that begins as a formula does is left so.
    """
    return sheet.text_of(*_lines(collected), raw)


def to_parquet(collected: Collected) -> bytes:
    """The same rows."""
    return parquet.bytes_of(*_lines(collected))


def _lines(collected: Collected) -> tuple[list[str], list[list[Any]]]:
    """Titles and rows."""
    names = dict.fromkeys(name for group in collected.groups for name in group.scores)
    about = ["seeds", "trials", "flags", "chosen", "runs"]
    heads = [f"{name}.{what}" for name in names for what in ("mean", "std", "median", "n")]
    titles = [*collected.groups[0].key, *about, *heads]
    return titles, [_line(group, names) for group in collected.groups]


def _line(group: Group, names: Iterable[str]) -> list[Any]:
    cells = [*group.key.values(), group.seeds, group.trials, "; ".join(group.flags)]
    cells += [chosen(group), " ".join(group.runs)]
    for name in names:
        spread = group.scores.get(name)
        cells += (
            ["", "", "", 0]
            if spread is None
            else [spread.mean, spread.std, spread.median, spread.n]
        )
    return cells


def to_json(collected: Collected) -> str:
    """Everything."""
    whole = {
        "by": collected.by,
        "over": collected.over,
        "best_on": collected.best_on,
        "groups": [_object(group) for group in collected.groups],
        "left_out": [
            {"stage": left_out.stage, "why": left_out.why, "runs": left_out.runs}
            for left_out in collected.left_out
        ],
        "unfinished": collected.unfinished,
    }
    return finite.dumps(whole) + "\n"


def to_json_lines(collected: Collected) -> str:
    """A JSON object a group."""
    return finite.lines(map(_object, collected.groups))


def _object(group: Group) -> dict[str, Any]:
    return {
        "key": group.key, "metric": group.metric, "seeds": group.seeds, "trials": group.trials,
        "flags": group.flags, "runs": group.runs, "chosen": group.chosen,
        "scores": {name: asdict(spread) for name, spread in group.scores.items()},
    }  # fmt: skip


FORMATS: dict[str, Callable[[Collected], str | bytes]] = {
    "csv": to_csv,
    "raw csv": partial(to_csv, raw=True),
    "json": to_json,
    "jsonl": to_json_lines,
    "md": to_markdown,
    "latex": to_latex,
    "parquet": to_parquet,
}
