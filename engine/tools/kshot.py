"""Writing k-shot folders, line for line as LM-BFF samples them."""

from pathlib import Path

from engine import data
from engine.contract.questions.catalog import KshotFiles, WriteKshot
from engine.contract.questions.messages import Hear
from engine.tasks.kshot import write_kshot


def answer(question: WriteKshot, hear: Hear) -> KshotFiles:
    """Raises ConfigError or DataError."""
    task, out = question.task, Path(question.out)
    spec = data.spec_of(task)
    written = [
        write_kshot(spec, task.data, out, task.k, seed, task.mode) for seed in question.seeds
    ]
    return KshotFiles(files=tuple(str(path) for paths in written for path in paths))
