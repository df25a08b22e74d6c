"""Settings that have no effect beside others: said when runs are planned, never refused.

Only those that somebody changed are worth a word: a default without effect is none.
"""

from collections.abc import Iterator

from engine.contract.config import FinetuneConfig, GraftConfig, TaskConfig
from engine.contract.schema import flatten, settings

Reason = tuple[tuple[str, ...], str]
"""Settings, and beside what they have no effect."""


def without_effect(config: FinetuneConfig | GraftConfig) -> list[str]:
    """What to say of idle settings, a sentence a reason."""
    values = flatten(config)
    defaults = {setting.path: setting.default for setting in settings(config.kind)}
    changed = {path for path, value in values.items() if value != defaults[path]}
    special = _of_graft(config) if isinstance(config, GraftConfig) else _of_training(config)
    return [
        f"{', '.join(idle)}: no effect with {beside}"
        for paths, beside in (*_of_task(config.task, values), *special)
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


def _of_training(config: FinetuneConfig) -> Iterator[Reason]:
    train = config.train
    if train.micro_batch >= train.batch_size:
        yield ("train.micro_batch",), f"train.batch_size = {train.batch_size}"
    if train.keep == "last":
        yield ("train.keep_untrained",), "train.keep = last"


def _of_graft(config: GraftConfig) -> Iterator[Reason]:
    beside = f"graft.localizer = {config.localizer}" if config.learn else "graft.learn = no"
    yield tuple(f"graft.{name}" for name in config.idle()), beside
    if config.sparsities:
        yield ("graft.sparsity",), "graft.sparsities"
    elif config.recover:
        yield ("graft.sparsity",), f"graft.recover = {config.recover:g}"
    elif config.base_patch != "movement":
        yield ("graft.sparsity",), "graft.base_patch = a stored mask"
