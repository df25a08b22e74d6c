"""A card from the control runs that are there: what is not is said to be not run.

Owns which runs a line is from. Reads answers and results, asks the engine what skills share; starts
no run.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain

from engine.contract.catalog import tasks
from engine.contract.layout import read_whole
from engine.contract.questions.skills import DiffSkills, SkillPair, SkillsShared
from graftui.errors import EnvironmentProblem, UsageError
from graftui.models import Run, RunReason, RunStatus
from graftui.planning.evidence.controls import RANDOM, REGION, ControlRun, Controls, Line
from graftui.results.evidence import exchange, place, size, stability
from graftui.results.evidence.card import Card, CardLine, Verdict
from graftui.results.evidence.reading import Tested, tested
from graftui.results.figures import subject
from graftui.scheduler.settle import directory
from graftui.scheduler.skill_files import skill_files
from graftui.settings import Settings

Ask = Callable[[DiffSkills], SkillsShared]


@dataclass(frozen=True, slots=True)
class Gathered:
    """A graft, and what there is of its control runs."""

    graft: Run
    controls: Controls
    runs: Mapping[str, Run]
    """Part -> its run, in whatever state."""
    settings: Settings
    ask: Ask
    """Asks the engine."""

    def done(self, line: Line) -> Iterator[tuple[ControlRun, Run]]:
        """The control runs of a line that finished."""
        for control in self.controls.runs:
            run = self.runs.get(control.part)
            if control.line is line and run and run.status is RunStatus.finished:
                yield control, run

    def why_not(self, line: Line) -> str:
        """Why a line has no verdict."""
        if refused := self.controls.refused.get(line):
            return refused
        asked = [control for control in self.controls.runs if control.line is line]
        if not asked:
            return "none was asked for"
        runs = [run for control in asked if (run := self.runs.get(control.part))]
        failed = [run for run in runs if run.status is RunStatus.failed]
        if failed and line is Line.size and self._gained_nothing:
            return "fine-tuning gained nothing to recover"
        if failed:
            return f"control run {failed[0].id} failed: {failed[0].message or failed[0].reason}"
        states = sorted({run.status.value for run in runs if run.status is not RunStatus.finished})
        return f"its control runs are {' or '.join(states)}" if states else (
            "`graftui evidence` runs it"
        )  # fmt: skip

    @property
    def _gained_nothing(self) -> bool:
        """Whether the fine-tuned model is no better than the pretrained one."""
        tuned, before = (self.graft.summary.get(name) for name in ("finetuned", "pretrained"))
        return tuned is not None and before is not None and tuned <= before

    def whole(self, control: ControlRun) -> bool:
        """Whether a region was trained in at all of its rates: one that diverged has lost."""
        runs = (
            self.runs.get(c.part)
            for c in self.controls.runs
            if (c.line, c.region, c.number) == (control.line, control.region, control.number)
        )
        return all(run and (run.status is RunStatus.finished or run.reason == RunReason.diverged)
                   for run in runs)  # fmt: skip

    def read(self, run: Run) -> Tested:
        """What it answered."""
        return tested(run, directory(self.settings, run).path)


def card(gathered: Gathered) -> Card:
    """All lines. Raises UsageError where the graft is not done, or its task is not known here."""
    graft = gathered.graft
    if graft.status is not RunStatus.finished:
        raise UsageError(
            f"Run {graft.id} is {graft.status}: there is no graft to show evidence for.",
            f"`graftui show {graft.id}` says more.",
        )
    task = str(graft.config.get("task", {}).get("name", ""))
    if task not in tasks():
        raise UsageError(f"The task {task} of run {graft.id} is not known here.", "Add its block.")
    metric, wanted = tasks()[task].metric, gathered.controls.asked.recover
    lines = (
        *_exchange(gathered, metric, wanted),
        _place(gathered, metric),
        *_stability(gathered),
        _size(gathered, wanted),
    )
    return Card(
        run=graft.id, name=graft.name, task=task, metric=metric,
        model=str(graft.config.get("model", {}).get("name", "")), makes=subject(graft),
        weights=int(graft.summary.get("weights", 0)),
        fraction=float(graft.summary.get("fraction", 0.0)), made_at=time.time(), lines=lines,
        notes=tuple(_notes(gathered)),
    )  # fmt: skip


Pairs = Mapping[str, SkillPair]
"""Id of another seed's run -> what its skill shares with the graft's."""
Words = tuple[str, str, str]
"""Title, question and refutation of a line."""


def _missing(gathered: Gathered, line: Line, words: Words) -> CardLine:
    return _not_told(words, Verdict.missing, gathered.why_not(line))


def _not_told(words: Words, verdict: Verdict, why: str) -> CardLine:
    title, asks, refuted_by = words
    return CardLine(title, asks, verdict, refuted_by, because=why)


def _readable(words: Words, line: Callable[[], CardLine]) -> CardLine:
    """The line; where a file that it is from cannot be read, one that says so: the others stand."""
    try:
        return line()
    except (UsageError, EnvironmentProblem) as error:
        return _not_told(words, Verdict.unknown, f"{error.message} {error.hint}".strip())


def _exchange(gathered: Gathered, metric: str, wanted: float) -> Iterator[CardLine]:
    _, run = next(gathered.done(Line.exchange), (None, None))
    both = exchange.SUFFICIENCY, exchange.NECESSITY
    if run is None:
        yield from (_missing(gathered, Line.exchange, words) for words in both)
        return
    read = cache(partial(gathered.read, run))
    yield _readable(both[0], lambda: exchange.sufficiency(read(), metric, wanted))
    yield _readable(both[1], lambda: exchange.necessity(read(), metric))


def _place(gathered: Gathered, metric: str) -> CardLine:
    done = list(gathered.done(Line.retraining))
    if not done:
        return _missing(gathered, Line.retraining, place.PLACE)
    whole = [(control, run) for control, run in done if gathered.whole(control)]
    return _readable(
        place.PLACE,
        lambda: place.place([(control, gathered.read(run)) for control, run in whole], metric),
    )


def _stability(gathered: Gathered) -> Iterator[CardLine]:
    """Both lines: the engine takes seconds to start, and is asked once if it can read all skills;
    else of each line by itself, so that the other one stands.
    """
    runs = {line: [run for _, run in gathered.done(line)] for line in (Line.data, Line.model)}
    known: Pairs = {}
    with suppress(UsageError, EnvironmentProblem):
        known = _pairs(gathered, list(chain(*runs.values())))
    for line, own in runs.items():
        words = stability.line_of(line.value)
        if own:
            yield _readable(words, partial(_stable, gathered, line, own, known))
        else:
            yield _missing(gathered, line, words)


def _stable(gathered: Gathered, line: Line, others: Sequence[Run], known: Pairs) -> CardLine:
    known = known or _pairs(gathered, others)
    pairs = [known[run.id] for run in others]
    return stability.stability(line.value, pairs, [run.id for run in others])


def _pairs(gathered: Gathered, others: Sequence[Run]) -> Pairs:
    if not others:
        return {}
    paths = [_skill(gathered, run) for run in (gathered.graft, *others)]
    shared = gathered.ask(DiffSkills(skills=tuple(paths)))
    return {others[pair.second - 1].id: pair for pair in shared.pairs if pair.first == 0}


def _skill(gathered: Gathered, run: Run) -> str:
    files = skill_files(run, directory(gathered.settings, run))
    if not files:
        raise UsageError(
            f"Run {run.id} has no skill file any more.", f"`graftui rerun {run.id}` makes it anew."
        )
    return str(next(iter(files.values())))


def _size(gathered: Gathered, wanted: float) -> CardLine:
    words = size.line_of(wanted)
    runs = list(gathered.done(Line.size))
    of = {
        name: [run for control, run in runs if control.region == name] for name in (REGION, RANDOM)
    }
    if not of[REGION] or len(of[RANDOM]) < size.FEWEST:
        return _missing(gathered, Line.size, words)

    def line() -> CardLine:
        own, *chance = (_search(gathered, run) for run in (*of[REGION][:1], *of[RANDOM]))
        return size.size(own, chance, wanted, [run.id for _, run in runs])

    return _readable(words, line)


def _search(gathered: Gathered, run: Run) -> size.Smallest:
    """What a search for the smallest graft came to. Raises UsageError where that is not known."""
    try:
        known = size.smallest(json.loads(read_whole(directory(gathered.settings, run).result)))
    except (OSError, ValueError, RecursionError):
        known = None
    if known is None:
        raise UsageError(
            f"The result of run {run.id} cannot be read, or has no smallest graft.",
            f"`graftui rerun {run.id}` makes it anew.",
        )
    return known


def _notes(gathered: Gathered) -> Iterator[str]:
    """What of the controls did not finish: a learning rate that diverges is one that lost."""
    for control in gathered.controls.runs:
        run = gathered.runs.get(control.part)
        if run and run.status in (RunStatus.failed, RunStatus.cancelled, RunStatus.lost):
            reason = f" ({run.reason})" if run.reason else ""
            yield f"control run {run.id} ({control.line}) {run.status}{reason}"
