"""What is worth saying of a config that can run as it is: it may not be what was meant."""

from engine.contract.catalog import tasks
from engine.contract.effects import without_effect
from engine.contract.kinds import kinds
from engine.contract.sections import OnTask, RunConfig, TaskConfig


def remarks(config: RunConfig) -> list[str]:
    """Sentences without a full stop. The task is in the catalog."""
    words = merged_words(config.task) if isinstance(config, OnTask) else ()
    return [*without_effect(config), *words, *kinds()[config.kind].remarks(config)]


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
