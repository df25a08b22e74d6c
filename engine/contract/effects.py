"""Settings that have no effect beside others: said when runs are planned, never refused.

Only those that somebody changed are worth a word: a default without effect is none.
"""

from collections.abc import Iterator

from engine.contract.kinds import Reason, kinds
from engine.contract.schema import flatten, settings
from engine.contract.sections import OnTask, RunConfig, TaskConfig


def without_effect(config: RunConfig) -> list[str]:
    """What to say of idle settings, a sentence a reason."""
    values = flatten(config)
    defaults = {setting.path: setting.default for setting in settings(config.kind)}
    changed = {path for path, value in values.items() if value != defaults[path]}
    shared = _of_task(config.task, values) if isinstance(config, OnTask) else ()
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
