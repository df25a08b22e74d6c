"""The columns of lists of runs: the one place where each is named, read and laid out.

`ls`, the dashboard's table and the export of runs are made from COLUMNS, in its order. A column's
name is its heading and the key that runs are filtered and sorted by (the registry has its SQL).
Beside them every setting is a column, by its path, and every figure, by its name (`column`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from graftui.models import Run
from graftui.planning.values import written
from graftui.results.figures import figure, of_summary, percent, sparsities, subject
from graftui.results.times import duration, moment, since

Read = Callable[[Run, float], str]
"""A cell's text, of a run at a time (seconds since the epoch)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column, and in which lists it is."""

    name: str
    read: Read
    narrow: Read | None = None
    """The same where there is little room, in the dashboard's table; None: as `read`."""
    right: bool = False
    """Aligned to the right, as figures are."""
    ls: int | None = None
    """Width of a terminal, in cells, from which on `ls` has it; None: never."""
    table: int | None = None
    """The same for the dashboard's table."""
    width: int = 0
    """Cells in the dashboard's table; 0: what the others leave."""
    is_figure: bool = False
    """Whether it is what a run was scored, which the summary of a run need not have."""
    timed: bool = False
    """Whether it reads otherwise as time goes by."""
    dated: bool = False
    """Whether it says when something was, which takes times.STAMP where times are absolute."""
    order: str = ""
    """What a click on its heading sorts by, where it is not the name; `-`: greatest first."""
    number: Callable[[Run, float], float | None] | None = None
    """What the mean of some runs is made of; None: of these a mean says nothing."""
    form: Callable[[float], str] = str
    """How such a number is written, in little room."""
    exported: str = ""
    """Its heading in files, which programs read: never changed; empty: files lack it."""
    exact: Callable[[Run], Any] | None = None
    """What stands in files; None: as `read`."""

    @property
    def sort(self) -> str:
        """What a click on its heading sorts by: of figures the greatest come first."""
        return self.order or ("-" if self.right else "") + self.name


def elapsed(run: Run, now: float) -> float | None:
    """Seconds that it has run at the time `now`, or ran."""
    if run.started_at is not None and run.status.active:
        return max(0.0, now - run.started_at)
    return run.seconds


def _score(name: str, *stages: str, **more: Any) -> Column:
    """A share of the run's summary: of the first of the stages that it has."""

    def share(run: Run, _: float) -> float | None:
        return next((run.summary[stage] for stage in stages if stage in run.summary), None)

    def wide(run: Run, now: float) -> str:
        return percent(share(run, now))

    def narrow(run: Run, now: float) -> str:
        return percent(share(run, now), narrow=True)

    return Column(name, wide, narrow, right=True, number=share,
                  form=partial(percent, narrow=True), **more)  # fmt: skip


def _model(run: Run, _: float) -> str:
    name = str(run.config.get("model", {}).get("name", ""))
    return name.rstrip("/").rpartition("/")[2]


def _setting(path: str) -> Read:
    """A value of the config; empty where the kind of run has no such setting."""
    section, _, name = path.partition(".")

    def value(run: Run, _: float) -> str:
        within = run.config.get(section)
        if isinstance(within, Mapping):
            return written(within.get(name))
        return written(run.config.get(name)) if section == run.kind else ""

    return value


def _seed(run: Run, _: float) -> str:
    """Of what it draws while it learns."""
    train = run.config.get("train")
    within = train if isinstance(train, Mapping) else run.config
    return written(within.get("seed"))


_KIND = 14
"""Cells of the column kind: "movement graft"."""


def _kind(run: Run, _: float) -> str:
    """What a run makes; where that is long its first word is cut: "movem. retrain"."""
    whole = subject(run)
    first, _space, rest = whole.partition(" ")
    room = _KIND - len(rest) - 2
    return f"{first[:room]}. {rest}" if len(whole) > _KIND and rest and room > 2 else whole


def _seconds(run: Run) -> float | None:
    return None if run.seconds is None else round(run.seconds, 2)


COLUMNS = (
    Column("id", lambda run, _: run.id, ls=0, table=0, width=6, exported="id"),
    Column("name", lambda run, _: f"★ {run.name}" if run.star else run.name, ls=110, table=0,
           exported="name", exact=lambda run: run.name),
    Column("kind", lambda run, _: subject(run), _kind, ls=70, table=0, width=_KIND,
           exported="kind", exact=lambda run: run.kind),
    Column("status", lambda run, _: run.status, ls=0, table=0, width=12, exported="status"),
    Column("reason", lambda run, _: run.reason or "", width=10, exported="reason"),
    Column("recipe", lambda run, _: run.recipe, width=12, exported="recipe"),
    Column("task", lambda run, _: str(run.config.get("task", {}).get("name", "")), ls=95, table=94,
           width=12),
    Column("model", _model, ls=145, table=138, width=16),
    Column("progress", lambda run, _: run.phase, table=0, width=11, order="-progress"),
    Column("localizer", lambda run, _: written(run.config.get("localizer")), width=10),
    _score("zero-shot", "pretrained", ls=120, width=9),
    _score("tuned", "finetuned", ls=0, table=0, width=5),
    # Of a graft that was not to be learnt, the base patch is all there is; what is retrained is the
    # pretrained model with other values in a region.
    _score("graft", "learnt_graft", "base_patch", "retrained", "grafted", ls=0, table=0, width=5),
    _score("recov.", "recovery", ls=75, table=102, width=6),
    Column("sparsity", lambda run, _: sparsities(run.config), right=True, ls=80, table=174,
           width=10),
    Column("weights", lambda run, _: figure("weights", run.summary.get("weights")), right=True,
           ls=80, width=9, number=lambda run, _: run.summary.get("weights"),
           form=partial(figure, "weights")),
    Column("seed", _seed, right=True, table=182, width=5),
    Column("took", lambda run, now: duration(elapsed(run, now)),
           lambda run, now: duration(elapsed(run, now), narrow=True), right=True, ls=130, table=111,
           width=7, timed=True, number=elapsed, form=partial(duration, narrow=True)),
    Column("age", lambda run, now: since(run.created_at, now),
           lambda run, now: since(run.created_at, now, narrow=True), right=True, ls=155, table=118,
           width=4, timed=True, dated=True, order="-created"),
    Column("tags", lambda run, _: " ".join(run.tags), table=152, width=16, exported="tags"),
    Column("note", lambda run, _: run.note, width=24, exported="note"),
    Column("host", lambda run, _: run.attempt.host, width=12),
    Column("device", lambda run, _: run.device, width=8),
    Column("parent", lambda run, _: run.parent or "", width=6, exported="parent"),
    Column("created", lambda run, _: moment(run.created_at), width=25, exported="created"),
    Column("seconds", lambda run, _: str(_seconds(run) or ""), right=True, width=8,
           exported="seconds", exact=_seconds),
    Column("hash", lambda run, _: run.config_hash, width=16, exported="config_hash"),
)  # fmt: skip


def for_ls(width: int) -> list[Column]:
    """Those that `ls` has room for in a terminal of so many cells."""
    return [column for column in COLUMNS if column.ls is not None and width >= column.ls]


def for_table(width: int) -> list[Column]:
    """Those of the dashboard's table. The state comes first: the mark stands beside its glyph."""
    shown = [column for column in COLUMNS if column.table is not None and width >= column.table]
    return sorted(shown, key=lambda column: column.name != "status")


def column(name: str) -> Column:
    """The column of that name: one of COLUMNS, or a setting by its path, or else a figure. Whether
    there is such a key the registry says.
    """
    known = next((column for column in COLUMNS if column.name == name), None)
    return known or _beyond(name)


@cache
def _beyond(name: str) -> Column:
    """One that is no column of lists by itself; the same for the same name."""
    if "." in name:
        return Column(name, _setting(name), width=max(len(name), 8))
    form = partial(of_summary, name)
    return Column(
        name,
        lambda run, _: form(value) if (value := run.summary.get(name)) is not None else "",
        right=True,
        width=max(len(name), 7),
        is_figure=True,
        number=lambda run, _: run.summary.get(name),
        form=form,
    )


def exported(run: Run) -> dict[str, Any]:
    """What files tell of a run beside its settings and scores."""
    return {
        column.exported: column.exact(run) if column.exact else column.read(run, 0.0)
        for column in COLUMNS
        if column.exported
    }
