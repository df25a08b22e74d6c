"""A registry with runs of every kind, made by writing run directories and ingesting them.

Times are fixed, so that pictures of it stay the same.
"""

import json
import math
import os
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from engine.contract import events as ev
from engine.contract.config import dumps, parse
from engine.contract.identity import config_hash
from engine.contract.sections import Section
from graftui import settings as knobs
from graftui.models import ACTIVE, Attempt, Input, Run, RunReason, RunStatus
from graftui.registry.card import card_of, write_card
from graftui.registry.ingest import ingest
from graftui.registry.store import Store
from graftui.scheduler.identity import identity
from graftui.settings import Settings

NOW = 1_790_000_000.0
"""What the dashboard of a test takes for the time."""


def place(root: Path) -> Settings:
    """Settings of a world; the reader looks often, so that tests need not wait for long."""
    return knobs.at(root, poll_s=0.05)


def config(kind: str = "finetune", **changes: Any) -> Section:
    """A config; `task__k=32` changes task.k."""
    raw: dict[str, Any] = {"kind": kind, "task": {"name": "pocket-film"}}
    for path, value in changes.items():
        keys = path.split("__")
        into = raw
        for key in keys[:-1]:
            into = into.setdefault(key, {})
        into[keys[-1]] = value
    return parse(raw)


def add(
    settings: Settings,
    id: str,
    about: Section,
    said: Iterable[ev.Event] = (),
    output: str = "",
    **fields: Any,
) -> Run:
    """A run with its directory, its row made from what it said."""
    path = settings.run_dir(id)
    path.path.mkdir(parents=True)
    path.config.write_text(dumps(about))
    path.events.write_bytes(b"".join(map(ev.dumps, said)))
    path.output.write_text(output)
    if parent := fields.pop("parent", None):
        fields["inputs"] = (Input("finetuned", parent),)
    run = Run(**{
        "id": id, "name": "pocket", "kind": about.kind, "config": json.loads(dumps(about)),  # type: ignore[attr-defined]
        "config_hash": config_hash(about), "created_at": NOW - 600, "recipe": "pocket", **fields,
    })  # fmt: skip
    write_card(path, card_of(run))
    with Store.open(settings.db) as store:
        store.add([run])
        ingest(store, id, path)
        return store.get(id)


def alive(run: str) -> Attempt:
    """The start of a run that is at work, as this process."""
    me = identity(os.getpid())
    assert me is not None
    return Attempt(run=run, n=1, **asdict(me))


def began(t: float) -> ev.Event:
    return ev.Started(t=t, pid=os.getpid(), host="gpu1", device="cpu", config_hash="")


def trained(t: float, steps: int, every: int = 20) -> list[ev.Event]:
    """A fine-tuning on its way, up to `steps`."""
    noise = random.Random(7)
    said: list[ev.Event] = []
    for step in range(1, steps + 1):
        loss = 0.08 + 0.7 * math.exp(-step / 60) + 0.08 * noise.random()
        values = {"train/loss": loss, "train/grad_norm": 1 + noise.random(), "train/lr": 0.05}
        said.append(ev.Metric(t=t + step / 10, step=step, values=values))
        if step % every == 0:
            dev = {"dev/loss": loss + 0.1, "dev/accuracy": 0.95 - 0.45 * math.exp(-step / 50)}
            said.append(ev.Metric(t=t + step / 10, step=step, values=dev))
    said.append(
        ev.Progress(
            t=t + steps / 10, phase="finetune", step=steps, total=400,
            done=0.1 + 0.8 * steps / 400, left_s=(450 - steps) / 10,
        )
    )  # fmt: skip
    return said


def evaluated(
    stage: str, accuracy: float, sparsity: float | None = None, **more: float
) -> ev.Event:
    scores = {"accuracy": accuracy, "loss": 1.2 - accuracy, "ece": 0.04, **more}
    labels = {} if sparsity is None else {"sparsity": sparsity}
    return ev.Evaluated(stage=ev.Stage(stage), split="test", labels=labels, scores=scores)


def finetuned(t: float, accuracy: float = 0.934) -> list[ev.Event]:
    """A whole fine-tuning."""
    return [
        began(t), ev.Log(t=t, message="16 examples a class, 2 classes, seed 13"),
        evaluated("pretrained", 0.512), *trained(t, 400), evaluated("finetuned", accuracy),
        ev.Artifact(t=t + 42, path="checkpoint", kind="checkpoint", bytes=1_234_567),
        ev.Finished(t=t + 42, seconds=42, summary={"pretrained": 0.512, "finetuned": accuracy}),
    ]  # fmt: skip


def grafted(t: float, steps: int = 40, accuracy: float = 0.918) -> list[ev.Event]:
    """A whole graft."""
    size = {"weights": 812.0, "fraction": 1e-3}
    said = [began(t), evaluated("pretrained", 0.512), evaluated("finetuned", 0.934)]
    said.append(evaluated("base_patch", 0.841, 1e-3, agreement=0.86, recovery=0.9, **size))
    for step in range(steps + 1):
        values = {
            "graft/loss": 0.2 + 0.5 * math.exp(-step / 9), "graft/weights": 812 + 4.0 * step,
            "graft/train_dev": 0.85 + 0.125 * (1 - math.exp(-step / 10)),
        }  # fmt: skip
        said.append(ev.Metric(t=t + step, step=step, values=values))
    said.append(ev.Progress(t=t + steps, phase="graft", step=steps, total=40))
    scores = {"agreement": 0.964, "recovery": accuracy / 0.934, "gain_recovery": 0.962}
    said.append(evaluated("learnt_graft", accuracy, 1e-3, **scores, **size))
    said.append(ev.Artifact(path="skill.safetensors", kind="skill", bytes=9876))
    figures = {"finetuned": 0.934, "learnt_graft": accuracy, "recovery": accuracy / 0.934}
    figures |= size
    said.append(ev.Finished(t=t + steps, seconds=steps, summary=figures))
    return said


def everything(settings: Settings) -> None:
    """A run in every state."""
    tune, graft = config(task__k=16, train__lr=0.05), config("graft", sparsity=1e-3, steps=40)
    add(settings, "t2wqaa", tune, finetuned(NOW - 7200), created_at=NOW - 7210, output="loading\n")
    add(settings, "g7kmaa", graft, grafted(NOW - 7000), created_at=NOW - 7205, parent="t2wqaa")
    add(settings, "t3xxbb", config(train__lr=0.2), finetuned(NOW - 3600, 0.887), name="lr-0.2",
        created_at=NOW - 3605, tags=("lr", "seed13"))  # fmt: skip
    failed = [began(NOW - 3000), *trained(NOW - 3000, 37), ev.Failed(
        t=NOW - 2990, reason=ev.FailReason.diverged, message="train/loss is nan at step 38",
        hint="lower the learning rate (train.lr or graft.lr), or clip the gradient")]  # fmt: skip
    add(settings, "t4yycc", config(train__lr=9.0), failed, name="lr-9", created_at=NOW - 3010,
        tags=("lr",), output="Traceback\nEngineError: train/loss is nan at step 38\n")  # fmt: skip
    stopped = [began(NOW - 2000), *trained(NOW - 2000, 120),
               ev.Cancelled(t=NOW - 1980, seconds=20, message="stopped by SIGTERM")]  # fmt: skip
    add(settings, "t5zzdd", config(task__name="pocket-topic"), stopped, name="topic",
        created_at=NOW - 2010)  # fmt: skip
    add(settings, "t6uuee", config(task__name="pocket-topic"), [began(NOW - 1500)], name="topic",
        created_at=NOW - 1510, status=RunStatus.lost, ended_at=NOW - 1400,
        message="Its process vanished without a last event.")  # fmt: skip
    model = config(task__name="SST-2", model__name="models/distilbert-mlm", task__data="data/k")
    add(settings, "t8aaff", model, [began(NOW - 31), *trained(NOW - 31, 240)], name="sst2",
        recipe="sst2", created_at=NOW - 40, status=RunStatus.starting,
        attempt=alive("t8aaff"))  # fmt: skip
    waits = config("graft", task__name="SST-2", model__name="models/distilbert-mlm")
    add(settings, "g9bbgg", waits, name="sst2", recipe="sst2", created_at=NOW - 39,
        parent="t8aaff")  # fmt: skip


def many(settings: Settings, count: int) -> None:
    """A big registry: rows alone, as if their directories had been cleared away."""
    about = config()
    text = json.loads(dumps(about))
    states: Sequence[RunStatus] = [s for s in RunStatus if s not in ACTIVE]
    base = Run(id="", name="sweep", kind="finetune", config=text, config_hash="", created_at=0.0,
               total=400, step=400, started_at=NOW - 50, ended_at=NOW - 8, phase="finetune",
               summary={"finetuned": 0.9, "pretrained": 0.5})  # fmt: skip
    runs = [
        replace(base, id=f"r{n:05d}", name=f"sweep-{n}", created_at=NOW - 60 * n,
                status=states[n % len(states)],
                reason=RunReason.oom if n % len(states) == 1 else None)
        for n in range(count)
    ]  # fmt: skip
    with Store.open(settings.db) as store:
        store.add(runs)


def grid(settings: Settings) -> None:
    """Two learning rates with two seeds each, and a graft of each run."""
    for lr in (0.1, 0.2):
        for seed in (1, 2):
            tuned = f"t{int(10 * lr)}{seed}"
            about = config(train__lr=lr, train__seed=seed)
            add(settings, tuned, about, finetuned(NOW - 500, lr + seed / 10))
            cut = config("graft", seed=seed, finetuned={"config_hash": tuned})
            said = grafted(NOW - 300, 3, lr + seed / 20)
            add(settings, f"g{int(10 * lr)}{seed}", cut, said, parent=tuned)
