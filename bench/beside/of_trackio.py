"""trackio: `trackio query`'s SQL, which it documents for what its other verbs cannot ask.

    python -m bench.beside.of_trackio ACT      with TRACKIO_DIR, in the folder of the study

Its Python names no runs by a filter, an order or a page, nor compares or exports any. The database
is made by trackio; the rows are put there as `trackio.log` would have, which takes a process a run.
"""

import csv
import json
import sqlite3
from pathlib import Path
from typing import Any

import trackio
from trackio.sqlite_storage import SQLiteStorage

from bench.beside.study import (
    BEST,
    METRICS,
    NAME,
    PAGE,
    POINTS,
    PROJECT,
    RATE,
    answer,
    calls,
    loss,
    runs,
)

_LAST = f"configs AS c JOIN metrics AS m ON m.run_id = c.run_id AND m.step = {POINTS + 1}"
_NEWEST = "ORDER BY c.created_at DESC"


def fill() -> None:
    """The study: of each run its settings, its curve, and at one step more its scores."""
    path = SQLiteStorage.init_db(PROJECT)
    with sqlite3.connect(path) as db:
        for run in runs():
            id, name, at = run["id"], run["name"], f"{run['created_at']:.0f}"
            settings = json.dumps(run["settings"])
            db.execute(
                "INSERT INTO configs (run_id, run_name, config, created_at) VALUES (?, ?, ?, ?)",
                (id, name, settings, at),
            )
            steps = range(1, POINTS + 1)
            points = [(at, id, name, n, json.dumps({"train/loss": loss(n)})) for n in steps]
            points.append((at, id, name, POINTS + 1, json.dumps(run["scores"])))
            db.executemany(
                "INSERT INTO metrics (timestamp, run_id, run_name, step, metrics)"
                " VALUES (?, ?, ?, ?, ?)",
                points,
            )


def page() -> list[str]:
    return _ids(f"SELECT run_id FROM configs AS c {_NEWEST} LIMIT {PAGE}")


def filtered() -> list[str]:
    rate, tuned = "json_extract(config, '$.\"train.lr\"')", "json_extract(metrics, '$.finetuned')"
    return _ids(
        f"SELECT c.run_id FROM {_LAST} WHERE {rate} >= {RATE} AND {tuned} > {BEST}"
        f" {_NEWEST} LIMIT {PAGE}"
    )


def sorted_() -> list[str]:
    tuned = "json_extract(metrics, '$.finetuned')"
    return _ids(f"SELECT c.run_id FROM {_LAST} ORDER BY {tuned} DESC, c.created_at DESC"
                f" LIMIT {PAGE}")  # fmt: skip


def compared() -> int:
    """Settings and scores of 200 runs, a line each of what differs; how many there are."""
    known = _settings_and_scores(f"WHERE c.run_name = '{NAME}'")
    differing = [key for key in known[0] if len({str(run.get(key)) for run in known}) > 1]
    print("\n".join(f"{key} {[run.get(key) for run in known]}" for key in differing))
    return len(known)


def exported() -> int:
    """Settings and scores of all runs, as a table in a file."""
    known = _settings_and_scores("")
    with Path("trackio.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(dict.fromkeys(key for run in known for key in run)))
        table.writeheader()
        table.writerows(known)
    return len(known)


def logged() -> list[float]:
    """Seconds of each of many calls: a thread writes what they say to the database."""
    trackio.init(project=PROJECT, embed=False, auto_log_gpu=False, auto_log_cpu=False)
    took = calls(lambda step: trackio.log(METRICS, step=step))
    trackio.finish()
    return took


def _settings_and_scores(where: str) -> list[dict[str, Any]]:
    rows = _query(f"SELECT c.run_name, config, metrics FROM {_LAST} {where}")
    return [
        {"name": row["run_name"], **_read(row["config"]), **_read(row["metrics"])} for row in rows
    ]


def _read(cell: Any) -> dict[str, Any]:
    return dict(json.loads(cell) if isinstance(cell, str | bytes) else cell)


def _ids(query: str) -> list[str]:
    return [row["run_id"] for row in _query(query)]


def _query(query: str) -> list[dict[str, Any]]:
    """What `trackio query project` calls."""
    return list(SQLiteStorage.query_project(PROJECT, query)["rows"])


if __name__ == "__main__":
    answer({
        "fill": fill, "page": page, "filter": filtered, "sort": sorted_, "compare": compared,
        "export": exported, "log": logged,
    })  # fmt: skip
