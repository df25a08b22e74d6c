"""MLflow on its default store, SQLite, by `mlflow.search_runs` and the client of its tracking API.

    python -m bench.beside.of_mlflow ACT      with MLFLOW_TRACKING_URI, in the folder of the study

The store is made by MLflow itself, with its first run; the rows of the others are put beside that
one's as its client would have written them, since its client takes 60 ms a run.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import mlflow

from bench.beside.study import (
    BEST,
    METRICS,
    NAME,
    PAGE,
    POINTS,
    PROJECT,
    answer,
    calls,
    loss,
    runs,
)

_ORDER = ["attributes.start_time DESC"]
_FILLS = "-"
"""Ids are of 32 characters there."""


def fill() -> str:
    """The study; the id of its experiment."""
    study: str = mlflow.create_experiment(PROJECT)
    with mlflow.start_run(experiment_id=study) as first:
        mlflow.log_params({"a": 1})
        mlflow.log_metrics({"b": 1.0})
    mlflow.delete_run(first.info.run_id)
    path = Path(mlflow.get_tracking_uri().removeprefix("sqlite:///"))
    with sqlite3.connect(path) as db:
        db.row_factory = sqlite3.Row
        known = db.execute("SELECT * FROM runs").fetchone()
        for run in runs():
            _insert(db, dict(known), run)
    return study


def _insert(db: sqlite3.Connection, known: dict[str, Any], run: dict[str, Any]) -> None:
    id, at = run["id"].ljust(32, _FILLS), int(1000 * run["created_at"])
    _rows(db, "runs", [{**known, "run_uuid": id, "name": run["name"], "start_time": at,
                        "end_time": at + 60_000, "lifecycle_stage": "active",
                        "deleted_time": None}])  # fmt: skip
    _rows(db, "tags", [{"key": "mlflow.runName", "value": run["name"], "run_uuid": id}])
    settings = run["settings"].items()
    _rows(db, "params", [{"key": k, "value": str(v), "run_uuid": id} for k, v in settings])
    common = {"timestamp": at, "is_nan": False, "run_uuid": id}
    last = [{"key": k, "value": v, "step": POINTS, **common} for k, v in run["scores"].items()]
    curve = [{"key": "train/loss", "value": loss(step), "step": step, **common}
             for step in range(1, POINTS + 1)]  # fmt: skip
    _rows(db, "metrics", [*curve, *last])
    _rows(db, "latest_metrics", [curve[-1], *last])


def _rows(db: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    names = ", ".join(rows[0])
    marks = ", ".join(f":{name}" for name in rows[0])
    db.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", rows)


def page() -> list[str]:
    return _found("", _ORDER)


def filtered() -> list[str]:
    """Params are text there, with neither >= nor IN nor OR: the two rates below are excluded."""
    rates = "params.`train.lr` != '0.0001' and params.`train.lr` != '1e-05'"
    return _found(f"{rates} and metrics.finetuned > {BEST}", _ORDER)


def sorted_() -> list[str]:
    return _found("", ["metrics.finetuned DESC", *_ORDER])


def compared() -> int:
    """Settings and scores of 200 runs, as a table of what differs; how many there are."""
    frame = _frame(f"attributes.run_name = '{NAME}'", _ORDER, 1_000)
    settings = frame[[name for name in frame.columns if name.startswith("params.")]]
    differing = settings.loc[:, settings.nunique(dropna=False) > 1]
    return len(differing.to_string().splitlines()) - 1


def logged() -> list[float]:
    """Seconds of each of many calls: what they say is in the store when they return."""
    return _logged(synchronous=True)


def logged_later() -> list[float]:
    """The same by its asynchronous way: a thread writes it to the store."""
    return _logged(synchronous=False)


def _logged(synchronous: bool) -> list[float]:
    mlflow.set_experiment(PROJECT)
    with mlflow.start_run():
        return calls(lambda step: mlflow.log_metrics(METRICS, step=step, synchronous=synchronous))


def _found(query: str, order: Iterable[str]) -> list[str]:
    return [id.rstrip(_FILLS) for id in _frame(query, order, PAGE)["run_id"]]


def _frame(query: str, order: Iterable[str], most: int) -> Any:
    return mlflow.search_runs(
        experiment_names=[PROJECT], filter_string=query, order_by=list(order), max_results=most
    )


if __name__ == "__main__":
    answer({
        "fill": fill, "page": page, "filter": filtered, "sort": sorted_, "compare": compared,
        "log": logged, "log later": logged_later,
    })  # fmt: skip
