"""All benchmarks as one table.

make bench                          # all of them, a few minutes on two cores
python -m bench graft_step cli      # some of them
python -m bench scale:100000        # one of them, larger: scale, sweeps and cluster take a number
python -m bench rivals              # graftui beside trackio and MLflow, which it installs for that
python -m bench plots               # its curves beside other widgets', which it installs, too
"""

import importlib
import sys
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table

from bench.measure import Result

ALL = (
    "graft_step", "models", "reference", "top", "curve", "memory", "peaks", "trainer", "skill",
    "emit", "cli", "dashboard", "matrix", "scale", "sweeps", "cluster", "warm",
    "known",
)  # fmt: skip
ASKED_FOR = ("rivals", "plots")
"""Only by name: they install other programs, or take long."""


def results(names: list[str]) -> Iterator[Result]:
    """The results of each benchmark, imported only when its turn comes."""
    for name in names:
        plain, *size = name.split(":")
        yield from importlib.import_module(f"bench.{plain}").run(*size)


def main() -> None:
    names = sys.argv[1:] or list(ALL)
    if unknown := sorted({name.partition(":")[0] for name in names} - {*ALL, *ASKED_FOR}):
        sys.exit(f"there is no benchmark {unknown[0]}; there are {', '.join((*ALL, *ASKED_FOR))}")
    show(results(names))


def show(results: Iterable[Result]) -> int:
    """Print each result as it comes, then the table; how many are outside their bound."""
    table = Table(header_style="bold")
    for column in ("what", "value", "bound", ""):
        table.add_column(column, justify="left" if column == "what" else "right")
    console, outside = Console(), 0
    for result in results:
        console.print(f"[dim]{result.what}: {result.text}[/dim]")
        table.add_row(result.what, result.text, result.bound_text, result.verdict)
        outside += result.outside
    console.print(table)
    return outside


if __name__ == "__main__":
    main()
