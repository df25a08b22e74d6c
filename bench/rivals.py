"""graftui beside trackio and MLflow, on the same 10,000 runs: whole commands, as they are typed.

    python -m bench rivals      # not part of `make bench`: 20 minutes, most of it MLflow's

Each has the same runs: the same settings and scores, and a curve of 100 points. Each does the
nearest same thing by what it documents for its users (bench/beside), in its own Python, with its
imports, on its default store, one after the other in turns. That all three name the same runs is
checked. A figure is theirs / ours, of processor time and of wall clock: above 1, ours is ahead.

What is not quite the same: `trackio list runs` names all runs, and nothing else of them; `mlflow
runs list` ends after 1,000. trackio filters, sorts, compares and exports by SQL of our own.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.beside.study import BEST, FILE, METRICS, NAME, PAGE, PROJECT, RATE, calls
from bench.measure import Result
from bench.scale import grow
from engine.emit import Emitter
from graftui.registry.store import Store
from graftui.results.side_by_side import flat
from graftui.settings import Settings, at

ROOT = Path(__file__).parents[1]
VENV = ROOT / ".venv-rivals"
WANTED = ("trackio==0.43.0", "mlflow==3.17.2")
RUNS, ROUNDS = 10_000, 2
Command = Sequence[str]


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of one command."""

    cpu: float
    wall: float


@dataclass(frozen=True, slots=True)
class Row:
    """The nearest same thing of each."""

    what: str
    ours: Command
    """Words after graftui."""
    trackio: Command
    """A command of its folder; a single word: an act of bench/beside/of_trackio.py."""
    mlflow: Command
    ahead: float = 1.0
    """So many times, at least."""


ROWS = (
    Row("--help", ["--help"], ["trackio", "--help"], ["mlflow", "--help"]),
    Row("list runs", ["ls"], ["trackio", "list", "runs", "--project", PROJECT],
        ["mlflow", "runs", "list", "--experiment-id", "1"], ahead=3),
    Row("list a page", ["ls"], ["page"], ["page"], ahead=3),
    Row("filter", ["ls", "-f", f"train.lr >= {RATE} and tuned > {100 * BEST:g}"],
        ["filter"], ["filter"]),
    Row("sort by a score", ["ls", "--sort", "-tuned"], ["sort"], ["sort"]),
    Row("compare 200 runs", ["compare"], ["compare"], ["compare"]),
    Row("export to CSV", ["export", "-o", "ours.csv"], ["export"],
        ["mlflow", "experiments", "csv", "-x", "1", "-o", "mlflow.csv"]),
)  # fmt: skip


def run() -> Iterator[Result]:
    installed(VENV, WANTED)
    with tempfile.TemporaryDirectory() as name:
        settings = at(Path(name))
        fill(settings)
        check_alike(settings.root)
        for row in ROWS:
            yield from beside(row, settings)
        yield from logging(settings.root)


def installed(venv: Path, wanted: Sequence[str]) -> None:
    """They are, in an environment of their own beside the project's; made once."""
    made = venv / "made"
    if not made.exists() or made.read_text() != " ".join(wanted):
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([venv / "bin" / "python", "-m", "pip", "install", "-q", *wanted], check=True)
        made.write_text(" ".join(wanted))


def fill(settings: Settings) -> None:
    """The runs, here and with both."""
    grow(settings, RUNS)
    with Store.open(settings.db) as store:
        with store.write() as db:
            db.execute("UPDATE runs SET archived = 0")
            for stage in ("pretrained", "finetuned"):
                db.execute(
                    "INSERT INTO scores (run, subject, stage, split, labels, scores)"
                    " SELECT id, 'model', :stage, 'test', '{}', json_object('accuracy',"
                    " json_extract(summary, '$.' || :stage)) FROM runs",
                    {"stage": stage},
                )
        with (settings.root / FILE).open("w", encoding="utf-8") as file:
            for each in store.list():
                told = {
                    "id": each.id, "name": each.name, "created_at": each.created_at,
                    "settings": flat(each.config, each.kind), "scores": each.summary,
                }  # fmt: skip
                file.write(f"{json.dumps(told)}\n")
    for rival in ("trackio", "mlflow"):
        done(command_of(rival, ["fill"]), settings.root)


def check_alike(folder: Path) -> None:
    """That what is timed is the same: each tells of the same runs."""
    for row in ROWS:
        if row.trackio in (["page"], ["filter"], ["sort"]):
            listed = done([*command_of("graftui", row.ours), "--json"], folder)
            own = [each["id"] for each in json.loads(listed)]
            for rival, words in (("trackio", row.trackio), ("mlflow", row.mlflow)):
                theirs = _answer(done(command_of(rival, words), folder))
                assert theirs == own, f"{row.what}: {rival} has {theirs[:3]}, and we {own[:3]}"
            assert len(own) == PAGE


def beside(row: Row, settings: Settings) -> Iterator[Result]:
    """What ours takes, and how many times as long the others."""
    folder = settings.root
    own = [*row.ours, *(of_that_name(settings) if row.ours == ["compare"] else [])]
    commands = {"graftui": own, "trackio": row.trackio, "mlflow": row.mlflow}
    rounds = [
        {who: took(command_of(who, words), folder) for who, words in commands.items()}
        for _ in range(ROUNDS)
    ]
    cpu, wall = (
        {who: min(getattr(each[who], clock) for each in rounds) for who in commands}
        for clock in ("cpu", "wall")
    )
    yield Result(f"{row.what}: ours, CPU", 1000 * cpu["graftui"], "ms")
    for rival in ("trackio", "mlflow"):
        times = cpu[rival] / cpu["graftui"]
        yield Result(f"{row.what}: {rival} / ours, CPU", times, "x", least=row.ahead)
        yield Result(f"{row.what}: {rival} / ours, wall", wall[rival] / wall["graftui"], "x")


def of_that_name(settings: Settings) -> list[str]:
    """Ids of the runs that are compared."""
    with Store.open(settings.db) as store:
        return [run.id for run in store.list() if run.name == NAME]


def logging(folder: Path) -> Iterator[Result]:
    """The call that a training loop makes. trackio and MLflow's second way leave the writing to a
    thread; ours has written when it returns.
    """
    emit = Emitter(folder / "events.jsonl")
    own = _p99(calls(lambda step: emit.metric(step, METRICS)))
    yield Result("log a step: ours, p99", 1e6 * own, "us")
    for rival, act in (("trackio", "log"), ("mlflow", "log"), ("mlflow", "log later")):
        theirs = _p99(_answer(done(command_of(rival, [act]), folder)))
        yield Result(f"{act} a step: {rival} / ours, p99", theirs / own, "x", least=1)


def _p99(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(0.99 * len(seconds))]


def _answer(printed: str) -> list[float]:
    """Of a script of bench/beside, on its line among what the tracker itself may print."""
    line = next(line for line in printed.splitlines() if line.startswith('{"result"'))
    return list(json.loads(line)["result"])


def command_of(who: str, words: Command) -> list[str]:
    """What is run."""
    if who == "graftui":
        return [sys.executable, "-m", "graftui", *words]
    if words[0] == who:
        return [str(VENV / "bin" / who), *words[1:]]
    return [str(VENV / "bin" / "python"), "-m", f"bench.beside.of_{who}", *words]


def took(command: Command, folder: Path) -> Took:
    """Of it and its children."""
    before, since = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done(command, folder)
    wall, after = time.perf_counter() - since, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Took(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def done(command: Command, folder: Path) -> str:
    """What it prints, in that folder, where each has its store."""
    env = os.environ | {
        "PYTHONPATH": str(ROOT), "TRACKIO_DIR": str(folder / "trackio"),
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
        "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "GIT_PYTHON_REFRESH": "quiet",
    }  # fmt: skip
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"):
        env.pop(name, None)  # all are as they are installed: compiled once
    return subprocess.run(
        command, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        check=True,
    ).stdout  # fmt: skip
