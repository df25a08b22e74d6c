"""Continual learning: one task after another, and how much of the earlier ones stays."""

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import Field, model_validator

from engine.contract import preflight
from engine.contract.catalog import tasks, unknown_task
from engine.contract.combining import methods
from engine.contract.kinds import Kind, Trouble, register_kind
from engine.contract.kinds.evaluate import task_beside
from engine.contract.kinds.finetune import TrainConfig
from engine.contract.made_from import MODEL
from engine.contract.sections import (
    ComputeConfig,
    DemoConfig,
    FreezeConfig,
    ModelConfig,
    Registered,
    RunConfig,
    Sparsity,
    TaskConfig,
)


class ContinualConfig(RunConfig):
    """Learning a sequence of tasks: by fine-tuning on, and by grafts that are combined."""

    kind: Literal["continual"] = "continual"
    model: ModelConfig = ModelConfig()
    task: TaskConfig = TaskConfig()
    demo: DemoConfig = DemoConfig()
    train: TrainConfig = TrainConfig()
    freeze: FreezeConfig = FreezeConfig()
    compute: ComputeConfig = ComputeConfig()
    then: tuple[str, ...] = Field(
        (), description="Tasks that are learnt after task.name, in this order"
    )
    sparsity: Sparsity = Field(
        1e-2,
        description="Size of each graft: a fraction of the maskable weights, or a count",
    )
    method: Annotated[str, Registered(methods)] = Field(
        "union", description="How the grafts so far become one model (docs/combining.md)"
    )

    @model_validator(mode="after")
    def _each_once(self) -> "ContinualConfig":
        if len({self.task.name, *self.then}) <= len(self.then):
            raise ValueError("then: the same task twice; learn each task once")
        return self

    @property
    def sequence(self) -> tuple[str, ...]:
        """All tasks, in the order in which they are learnt."""
        return (self.task.name, *self.then)

    def task_of(self, name: str) -> TaskConfig:
        """How a task of the sequence is put. It is known."""
        if name == self.task.name:
            return self.task.model_copy(update={"also_test": ()})
        return task_beside(self.task, name)


def check_settings(config: ContinualConfig) -> Trouble:
    """Tasks that are unknown, or cannot follow each other in one network."""
    if config.task.type == "finetune":
        return (
            "task.type = finetune: each task would have a linear head of its own",
            "learn tasks that are prompted (task.type = prompt or autoregressive)",
        )
    if strange := [name for name in config.then if name not in tasks()]:
        return f"continual.then: {unknown_task(strange[0])}", "name tasks of `graftui tasks`"
    if config.train.keep == "every":
        return (
            "train.keep = every is for single fine-tunings: each task would write over the last",
            "set train.keep to best or last",
        )
    return None


def _check(config: ContinualConfig, linked: Collection[str]) -> Trouble:
    if trouble := preflight.check(config) or check_settings(config):
        return trouble
    others = (config.model_copy(update={"task": config.task_of(name)}) for name in config.then)
    return next(filter(None, map(preflight.check, others)), None)


register_kind(
    Kind(
        config=ContinualConfig,
        title="One task after another: fine-tuned on, and as grafts that are combined",
        roles=(MODEL,),
        stages=("pretrained", "finetuned", "sequential", "grafts"),
        check=_check,
    )
)
