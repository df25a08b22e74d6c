"""Writing k-shot folders, line for line as LM-BFF samples them."""

from pathlib import Path
from typing import Any

from engine import data
from engine.contract.config import FinetuneConfig, parse
from engine.tasks.kshot import write_kshot


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """`question`: the section task of a fine-tuning (name, data, k, mode), `seeds` and `out`.

    Gives the files written, one seed after the other. Raises ConfigError, DataError or
    ValidationError.
    """
    config = parse({"kind": "finetune", "task": question["task"]})
    assert isinstance(config, FinetuneConfig)
    task, out = config.task, Path(question["out"])
    spec = data.spec_of(task)
    written = [
        write_kshot(spec, task.data, out, task.k, seed, task.mode) for seed in question["seeds"]
    ]
    return {"files": [str(path) for paths in written for path in paths]}
