"""A made-up study in a registry: fine-tunings and grafts over seeds and learning rates.

Run directories with events, as an engine leaves them; the command line takes them in by itself.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.contract import events as ev
from engine.contract.config import dumps, parse
from engine.contract.identity import config_hash
from engine.contract.layout import RunDir
from graftui.models import RunCard
from graftui.registry.card import write_card
from graftui.registry.ingest import adopt
from graftui.registry.store import Store
from graftui.settings import load

Known = dict[str, tuple[Any, ...]]
"""By id: a run, its scores, curves and files, wherever it lies."""
Told = tuple[str, str, float | None, dict[str, float]]
"""Stage, split, sparsity, scores."""


def add(
    place: Path,
    id: str,
    kind: str,
    told: Sequence[Told],
    parent: str | None = None,
    tags: tuple[str, ...] = ("study",),
    summary: dict[str, float] | None = None,
    ends: bool = True,
    **settings: Any,
) -> None:
    """A run that has told these scores; `train__lr=0.1` sets train.lr."""
    raw: dict[str, Any] = {"kind": kind}
    for path, value in settings.items():
        into = raw
        *sections, name = path.split("__")
        for section in sections:
            into = into.setdefault(section, {})
        into[name] = value
    config = parse(raw)
    made = RunDir(place / "data" / "runs" / id)
    made.path.mkdir(parents=True)
    made.config.write_text(dumps(config))
    created = 1_790_000_000.0 + len(list(made.path.parent.iterdir()))
    said: list[ev.Event] = [
        ev.Started(t=created, pid=1, host="h", device="cpu", config_hash=config_hash(config)),
        *(
            ev.Evaluated(
                t=created,
                stage=ev.Stage(stage),
                split=split,
                labels={} if at is None else {"sparsity": at},
                scores=scores,
            )
            for stage, split, at, scores in told
        ),
    ]
    last: ev.Event = ev.Finished(t=created + 9, seconds=9, summary=summary or {})
    if not ends:
        last = ev.Failed(t=created + 9, reason=ev.FailReason.oom, message="no memory is left")
    made.events.write_bytes(b"".join(map(ev.dumps, [*said, last])))
    write_card(
        made, RunCard(id=id, name=f"study-{id}", created_at=created, tags=tags, parent=parent)
    )


def of_class(accuracy: float, **more: float) -> dict[str, float]:
    """The scores of a classification."""
    return {**more, "accuracy": accuracy, "loss": 1.25 - accuracy, "ece": 0.04}


def tuned(dev: float, test: float) -> list[Told]:
    """What a fine-tuning tells."""
    return [
        ("pretrained", "test", None, of_class(0.5)),
        ("finetuned", "dev", None, of_class(dev)),
        ("finetuned", "test", None, of_class(test)),
    ]


def grafted(sparsity: float, dev: float, test: float, weights: float = 812.0) -> list[Told]:
    """What a graft tells of one sparsity."""
    size = {"weights": weights, "fraction": sparsity, "agreement": 0.95, "recovery": test}
    patch = {**of_class(test - 0.1, **size), "gain_recovery": 0.8}
    learnt = {**of_class(test, **size), "added": 5.0, "dropped": 3.0}
    return [
        ("base_patch", "dev", sparsity, of_class(dev - 0.1)),
        ("base_patch", "test", sparsity, patch),
        ("learnt_graft", "dev", sparsity, of_class(dev)),
        ("learnt_graft", "test", sparsity, learnt),
    ]


def films(place: Path) -> None:
    """pocket-film: three seeds, two learning rates each; of each tuning a curve of two grafts.

    Seed 21 has one learning rate alone, seed 42 no graft that finished.
    """
    trials = {
        "a1": (13, 0.01, 0.90, 0.80), "a2": (13, 0.02, 0.92, 0.84), "b1": (21, 0.01, 0.91, 0.86),
        "c1": (42, 0.01, 0.95, 0.88), "c2": (42, 0.02, 0.95, 0.90),
    }  # fmt: skip
    for id, (seed, lr, dev, test) in trials.items():
        shared: dict[str, Any] = {"task__name": "pocket-film", "task__data_seed": seed}
        add(place, id, "finetune", tuned(dev, test), train__lr=lr, summary={"dev": dev}, **shared)
        curve = [*grafted(1e-3, dev, test - 0.04), *grafted(1e-4, dev, test - 0.08, 81.0)]
        told = [*tuned(dev, test), *curve]
        add(place, f"g{id}", "graft", told, parent=id, sparsities=[1e-3, 1e-4],
            ends=seed != 42, **shared)  # fmt: skip


def known() -> Known:
    """All that is known of the runs here, but for where they lie and when they were taken in."""
    settings = load()
    with Store.open(settings.db) as store:
        adopt(store, settings)
        runs = [replace(run, seen_at=None, folder="") for run in store.list()]
        scores = store.scores([run.id for run in runs])
        return {
            run.id: (run, scores[run.id], store.series(run.id), store.artifacts(run.id))
            for run in runs
        }
