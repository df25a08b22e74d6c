"""What there is to say of a run just now beside its status: that it is stalled, waits in its
executor's queue, or is elsewhere; and of its files, that they are gone.

Owns how long a silence is too long: by the run's own rhythm. Stores nothing, judges nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from graftui.measured import Artifact
from graftui.models import Run, RunStatus
from graftui.registry.tail import latest_times
from graftui.scheduler.executors import Executors
from graftui.scheduler.identity import Life
from graftui.scheduler.settle import directory
from graftui.settings import Settings

# A silence shorter than this says nothing, whatever the rhythm.
_LEAST_S = 30.0
_TIMES_MEDIAN = 20.0
# A run evaluates or saves now and then, without a word: it may take as long again, and half more.
_TIMES_LONGEST = 2.5
_RHYTHM = 5
"""So many events make one."""


def observed(settings: Settings, runs: Iterable[Run], now: float) -> list[Run]:
    """`runs`, each with its condition."""
    runs, folder = list(runs), settings.folder  # which asks the disk: once
    words = {run.id: "elsewhere" for run in runs if run.folder not in ("", folder)}
    own = {run.id: run for run in runs if run.id not in words and _at_work(run)}
    sights = Executors(settings).poll(run.attempt for run in own.values())
    words |= {id: _condition(settings, own[id], sight.life, now) for id, sight in sights.items()}
    why = {id: sight.waits_for for id, sight in sights.items()}
    return [
        replace(run, condition=words[run.id], waits_for=why.get(run.id, ""))
        if words.get(run.id)
        else run
        for run in runs
    ]


def observed_files(settings: Settings, run: Run, files: Iterable[Artifact]) -> list[Artifact]:
    """`files` of the run, each with whether it is gone; without its folder, nothing is known."""
    folder = directory(settings, run).path
    there = folder.is_dir()
    return [replace(file, gone=there and not (folder / file.path).exists()) for file in files]


def _at_work(run: Run) -> bool:
    return run.status in (RunStatus.starting, RunStatus.running) and run.attempt.begun


def _condition(settings: Settings, run: Run, life: Life, now: float) -> str:
    match life:
        case Life.unknown:
            return "elsewhere"
        case Life.waiting:
            return "waiting"
        case Life.stopped:
            return "stalled"
        case Life.alive if _silent(settings, run, now):
            return "stalled"
        # And nobody could write that down: the disk is full. It may never have said a word.
        case Life.gone if now - (run.heard_at or run.seen_at or now) > _LEAST_S:
            return "stalled"
    return ""


def _silent(settings: Settings, run: Run, now: float) -> bool:
    silence = now - (run.heard_at or now)
    if silence <= _LEAST_S:
        return False
    patience = patience_s(latest_times(settings.run_dir(run.id).events))
    return patience is not None and silence > patience


def patience_s(times: Sequence[float]) -> float | None:
    """How long a run that spoke at `times` may be silent; None: too little is known of it."""
    gaps = [after - before for before, after in pairwise(times)]
    if len(gaps) < _RHYTHM:
        return None
    median = sorted(gaps)[len(gaps) // 2]
    return max(_LEAST_S, _TIMES_MEDIAN * median, _TIMES_LONGEST * max(gaps))
