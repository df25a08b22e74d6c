"""What is worth saying of a config that can run as it is: it may not be what was meant."""

from engine.contract.catalog import tasks
from engine.contract.config import FinetuneConfig, GraftConfig, TaskConfig
from engine.contract.effects import without_effect


def remarks(config: FinetuneConfig | GraftConfig) -> list[str]:
    """Sentences without a full stop. The task is in the catalog."""
    found = [*without_effect(config), *merged_words(config.task)]
    if isinstance(config, FinetuneConfig):
        labels = tasks()[config.task.name].labels
        found += large_batch(config.train.batch_size, config.task.k * len(labels))
    return found


def merged_words(task: TaskConfig) -> list[str]:
    """Label words of the config's and of the catalog's side by side."""
    spec = tasks()[task.name]
    default = spec.prompting(task.type)
    kept = [label for label in spec.labels if label not in task.label_words]
    if task.type == "finetune" or default is None or not (kept and task.label_words):
        return []
    words = {**default.label_words, **task.label_words}
    told = ", ".join(f"{label} = {words[label].strip()!r}" for label in kept)
    return [f"task.label_words leaves the task's own words to other labels: {told}"]


def large_batch(batch_size: int, rows: int) -> list[str]:
    """A batch that the training rows do not fill."""
    if batch_size <= rows:
        return []
    return [
        f"train.batch_size = {batch_size} is above the {rows} training rows: each step takes all "
        f"{rows}"
    ]
