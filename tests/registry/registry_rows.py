"""Runs and events to fill a registry with."""

import json
import time
from pathlib import Path
from typing import Any

from engine.contract import events as ev
from engine.contract.identity import config_hash
from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.kinds.graft import GraftConfig
from engine.contract.layout import RunDir
from engine.contract.sections import ModelConfig
from graftui.models import Here, Run
from graftui.registry import queue
from graftui.registry.lineage import inputs_of_then
from graftui.registry.rows import new_id
from graftui.registry.store import Store
from graftui.scheduler.queue import policy
from graftui.turns import Knobs

KINDS = {"finetune": FinetuneConfig, "graft": GraftConfig}


def make(kind: str = "finetune", **fields: Any) -> Run:
    """A queued run; `fields` change it, `parent`: the fine-tuning it waits for."""
    parent = fields.pop("parent", None)
    config = KINDS[kind](**fields.pop("settings", {}))
    given = {
        "id": new_id(),
        "name": "a run",
        "kind": kind,
        "config": config.model_dump(mode="json"),
        "config_hash": config_hash(config),
        "created_at": time.time(),
        "inputs": inputs_of_then(config.model_dump(mode="json"), parent),
        **fields,
    }
    return Run(**given)


def claim_next(store: Store, jobs: int, here: Here) -> Run | None:
    """As a supervisor does, with nothing said of the queue but its width."""
    with store.write() as db:
        busy = queue.busy(db, here)
        chosen = policy.next_run(queue.waiting(db, here), busy, Knobs(jobs=jobs))
        if chosen is not None:
            queue.claim(db, chosen.id)
    return None if chosen is None else store.get(chosen.id)


def settings(**changed: Any) -> dict[str, Any]:
    """Settings of a config whose model has that name."""
    return {"model": ModelConfig(**changed)}


def a_life() -> list[ev.Event]:
    """The events of a run that finishes."""
    happened: list[ev.Event] = [
        ev.Started(pid=1, host="h", device="cpu", config_hash="x", versions={}),
        ev.Log(message="ein Wörtchen\nin two lines"),
        ev.Progress(phase="train", step=1, total=2, done=0.25, left_s=7.5),
        ev.Metric(step=1, values={"train/loss": 0.5, "train/grad": float("nan")}),
        ev.Metric(step=2, values={"train/loss": 0.25}),
        ev.Metric(step=2, values={"train/loss": 0.125}),
        ev.Evaluated(stage=ev.Stage.base_patch, split="dev", scores={"accuracy": 0.5}),
        ev.Evaluated(stage=ev.Stage.base_patch, split="dev", scores={"accuracy": 0.6}),
        ev.Evaluated(
            stage=ev.Stage.learnt_graft,
            split="dev",
            labels={"sparsity": 1e-4},
            scores={"accuracy": 0.7},
        ),
        ev.Artifact(path="skill.safetensors", kind="skill", bytes=7),
        ev.Finished(seconds=2.0, summary={"accuracy": 0.7, "ece": float("nan")}),
    ]
    return [e.model_copy(update={"seq": i, "t": 1000.0 + i}) for i, e in enumerate(happened)]


def text_of(happened: list[ev.Event]) -> bytes:
    return b"".join(map(ev.dumps, happened))


def place(runs: Path, run: Run) -> RunDir:
    """The directory of `run`, with its config."""
    made = RunDir(runs / run.id)
    made.path.mkdir(parents=True)
    made.config.write_text(json.dumps(run.config))
    return made
