"""What tests of whole runs need: a tiny model on disk, a tiny task, and a run done in-process."""

import json
import os
import random
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from engine import data
from engine.__main__ import main
from engine.contract import config as configs
from engine.contract import events as ev
from engine.contract.layout import RunDir
from engine.contract.sections import DemoConfig, FreezeConfig, TaskConfig
from engine.emit import Emitter, StopRequest
from engine.evaluate import Evaluator
from engine.models import freeze_all_but, weight_map, wrap
from engine.session import Session
from engine.training.state import States
from tests.engine.engine_tokens import plain_tokenizer
from tests.engine.engine_zoo import FAMILIES

MOODS = {"0": ("bad", "dull", "grim"), "1": ("good", "fun", "deep")}
TRAIN = {"optimizer": "adamw", "lr": 0.01, "steps": 12, "batch_size": 4, "eval_every": 4}
LEARNS = {
    "roberta": {
        "hidden_dropout_prob": 0.02,
        "attention_probs_dropout_prob": 0.02,
        "initializer_range": 0.15,
    }
}
THINGS = ("film", "plot", "cast", "story")


def rows(count: int, seed: int) -> list[str]:
    """Lines of SST-2's format, as many of each label, that a tiny model can learn."""
    draw = random.Random(seed)
    found = []
    for number in range(count):
        label = str(number % 2)
        words = ["the", draw.choice(THINGS), "is", draw.choice(MOODS[label])]
        words += ["yet", "a", draw.choice(THINGS)] * draw.randrange(3)
        found.append(f"{' '.join(words)} .\t{label}")
    return found


def write_task(root: Path, k: int = 4, test: int = 24) -> Path:
    """A k-shot folder of SST-2 below `root`; gives `root`."""
    folder = root / "SST-2" / f"{k}-13"
    folder.mkdir(parents=True)
    for split, (count, seed) in {"train": (2 * k, 1), "dev": (2 * k, 2), "test": (test, 3)}.items():
        text = "\n".join(["sentence\tlabel", *rows(count, seed)])
        (folder / f"{split}.tsv").write_text(text + "\n", encoding="utf-8")
    return root


def write_model(folder: Path, name: str = "roberta", **changes: Any) -> Path:
    """A random model with its tokenizer, for from_pretrained; one that can learn the task."""
    tokenizer = plain_tokenizer()
    lm = FAMILIES[name].build(vocab_size=len(tokenizer), **{**LEARNS.get(name, {}), **changes})
    lm.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def finetuning(model: Path, task: Path, **train: Any) -> dict[str, Any]:
    """A raw config that a test may change before it is run."""
    return {
        "kind": "finetune",
        "model": {"name": str(model)},
        "task": {"name": "SST-2", "data": str(task), "k": 4},
        "train": {**TRAIN, **train},
        "compute": {"device": "cpu", "threads": 1},
    }


def grafting(model: Path, task: Path, checkpoint: Path, **graft: Any) -> dict[str, Any]:
    """A raw graft config for the same model and task."""
    raw = finetuning(model, task)
    del raw["train"]
    return {
        **raw,
        "kind": "graft",
        "finetuned": {"path": str(checkpoint)},
        **{"sparsity": 0.05, "steps": 4, **graft},
    }


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that has ended."""

    place: RunDir
    code: int

    @property
    def events(self) -> list[ev.Event]:
        return ev.read(self.place.events.read_bytes())[0]

    @property
    def failed(self) -> ev.Failed:
        last = self.events[-1]
        assert isinstance(last, ev.Failed), last
        return last

    def without_times(self) -> list[dict[str, Any]]:
        """Its events as plain data, without what may differ between two equal runs: the second
        finds its rows tokenised, and takes answers over."""
        found = []
        for event in self.events:
            if isinstance(event, ev.Progress) and event.phase.startswith(("tokenise", "test")):
                continue
            if isinstance(event, ev.Log) and "taken over from" in event.message:
                continue
            if isinstance(event, ev.Metric) and all(n.startswith("host/") for n in event.values):
                continue  # what memory it holds is said as time goes by
            plain = event.model_dump(mode="json")
            for key in ("t", "pid", "seconds", "seq", "left_s", "peak_bytes"):
                plain.pop(key, None)
            if plain["event"] == "log":
                plain["message"] = plain["message"].split(" s: ")[-1]  # "loaded in 0.1 s: ..."
            found.append(plain)
        return found


def content(path: Path) -> Any:
    """The library writes the texts of a safetensors file in an order that chance gives."""
    raw = path.read_bytes()
    if path.suffix != ".safetensors":
        return raw
    end = 8 + int.from_bytes(raw[:8], "little")
    return json.loads(raw[8:end]), raw[end:]


def prepare(folder: Path, raw: dict[str, Any]) -> RunDir:
    """A run directory with its config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    place = RunDir(folder)
    place.config.write_text(configs.dumps(configs.parse(raw)))
    return place


def run_here(folder: Path, raw: dict[str, Any], *more: str) -> Ran:
    """Do the run in this process (a new one costs seconds of imports). `more`: arguments."""
    place = prepare(folder, raw)
    handlers = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)}
    try:
        return Ran(place, main([str(folder), *more]))
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        torch.use_deterministic_algorithms(False)


def exit_code(pid: int) -> int:
    """Of a child of this process, once it has ended."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def load_task(task: TaskConfig, tokenizer: Any, **demo: Any) -> data.TaskData:
    """A task as a run loads it, cached nowhere that stays."""
    with tempfile.TemporaryDirectory() as cache:
        return data.load(task, DemoConfig(**demo), tokenizer, Path(cache), lambda *_: None)


class NeverStop(StopRequest):
    """Takes no signals away from pytest."""

    def __init__(self) -> None:
        self._signal = ""

    def ask(self) -> None:
        self._signal = "SIGTERM"


def session_of(lm: Any, task: data.TaskData, folder: Path, place: str = "cpu") -> Session:
    """A session around a model and a task in memory."""
    stop, device = NeverStop(), torch.device(place)
    model = wrap(lm, task, "cls").to(device)
    weights = weight_map(lm)
    maskable = weights.maskable(FreezeConfig())
    freeze_all_but(lm, maskable)
    return Session(
        run_dir=RunDir(folder),
        emit=Emitter(folder / "events.jsonl"),
        stop=stop,
        device=device,
        tokenizer=plain_tokenizer(),
        data=task,
        model=model,
        maskable=maskable,
        evaluate=Evaluator(model, task, device, 36, False, stop.check),
        bf16=False,
        weights=weights,
        states=States(folder / "state", "", every_s=0),
    )
