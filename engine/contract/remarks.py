"""What is worth saying of a config that can run as it is: it may not be what was meant.

Of settings without effect only those that somebody changed: a default without effect is no news.
"""

from collections.abc import Iterator

from engine.contract.catalog import tasks
from engine.contract.kinds import Reason, kinds
from engine.contract.schema import flatten, settings
from engine.contract.sections import RunConfig, TaskConfig, on_task


def remarks(config: RunConfig) -> list[str]:
    """Sentences without a full stop. The task is in the catalog."""
    words = merged_words(config.task) if on_task(config) else ()
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


def without_effect(config: RunConfig) -> list[str]:
    """What to say of idle settings, a sentence a reason."""
    values = flatten(config)
    defaults = {setting.path: setting.default for setting in settings(config.kind)}
    changed = {path for path, value in values.items() if value != defaults[path]}
    shared = _of_task(config.task, values) if on_task(config) else ()
    return [
        f"{', '.join(idle)}: no effect with {beside}"
        for paths, beside in (*shared, *kinds()[config.kind].idle(config))
        if (idle := [path for path in paths if path in changed])
    ]


def _of_task(task: TaskConfig, values: dict[str, object]) -> Iterator[Reason]:
    beside = f"task.type = {task.type}"
    if task.type != "prompt-demo":
        yield tuple(path for path in values if path.startswith("demo.")), beside
    elif not values["demo.filter"]:
        yield ("demo.filter_rate", "demo.filter_model"), "demo.filter = no"
    if task.type != "autoregressive":
        yield ("task.bos",), beside
    if task.type != "finetune":
        yield ("task.head",), beside
    else:
        yield ("task.label_words",), beside
        if task.head != "mask":
            yield ("task.prompt",), f"task.head = {task.head}"
