"""Fine-tuning: few-shot training of a pretrained model on a task."""

from collections.abc import Collection, Iterator
from typing import Literal

from pydantic import Field

from engine.contract import preflight
from engine.contract.catalog import tasks
from engine.contract.kinds import Kind, Reason, Trouble, register_kind
from engine.contract.made_from import MODEL
from engine.contract.sections import (
    ComputeConfig,
    DemoConfig,
    FreezeConfig,
    ModelConfig,
    RunConfig,
    Section,
    TaskConfig,
)


class TrainConfig(Section):
    """Fine-tuning."""

    optimizer: Literal["sgd", "adamw"] = Field(
        "sgd", description="sgd: constant lr, no momentum; adamw: linear decay to 0"
    )
    lr: float = Field(1e-3, gt=0, description="Learning rate")
    steps: int = Field(
        1000, ge=1, description="Optimizer steps", json_schema_extra={"unit": "steps"}
    )
    batch_size: int = Field(
        4, ge=1, description="Examples an optimizer step", json_schema_extra={"unit": "examples"}
    )
    micro_batch: int = Field(
        0,
        ge=0,
        description="Examples a forward pass; 0: the whole batch",
        json_schema_extra={"unit": "examples"},
    )
    weight_decay: float = Field(1e-4, ge=0, description="Weight decay, not on biases and norms")
    clip: float = Field(1.0, ge=0, description="Clip the gradient's norm; 0: do not clip")
    l1: float = Field(
        0.0, ge=0, description="Weight of the l1 norm of (weights - pretrained weights) in the loss"
    )
    eval_every: int = Field(
        100, ge=1, description="Evaluate on dev", json_schema_extra={"unit": "steps"}
    )
    keep_untrained: bool = Field(
        True,
        description="The pretrained model is a candidate for best too; no: trained steps alone, "
        "as the reference has it",
        json_schema_extra={"since": 2, "origin": True},
    )
    keep: Literal["best", "last", "every"] = Field(
        "best",
        description="Checkpoint: best on dev (later wins ties), after the last step, or the best "
        "and one of every evaluation",
    )
    seed: int = Field(
        0,
        ge=0,
        lt=2**32,
        description="Model seed: a linear head's start, dropout, order of examples",
    )


class FinetuneConfig(RunConfig):
    """Few-shot fine-tuning of a pretrained model."""

    kind: Literal["finetune"] = "finetune"
    model: ModelConfig = ModelConfig()
    task: TaskConfig = TaskConfig()
    demo: DemoConfig = DemoConfig()
    train: TrainConfig = TrainConfig()
    freeze: FreezeConfig = FreezeConfig()
    compute: ComputeConfig = ComputeConfig()


def _check(config: FinetuneConfig, linked: Collection[str]) -> Trouble:
    return preflight.check(config)


def _remarks(config: FinetuneConfig) -> list[str]:
    return remarks_of_training(config.train, config.task)


def remarks_of_training(train: TrainConfig, task: TaskConfig) -> list[str]:
    """A batch that the few shots of a task do not fill."""
    return large_batch(train.batch_size, task.k * len(tasks()[task.name].labels))


def _idle(config: FinetuneConfig) -> Iterator[Reason]:
    yield from idle_in_training(config.train)


def idle_in_training(train: TrainConfig) -> Iterator[Reason]:
    """Settings of [train] that have no effect beside others of it."""
    if train.micro_batch >= train.batch_size:
        yield ("train.micro_batch",), f"train.batch_size = {train.batch_size}"
    if train.keep == "last":
        yield ("train.keep_untrained",), "train.keep = last"


def large_batch(batch_size: int, rows: int) -> list[str]:
    """A batch that the training rows do not fill."""
    if batch_size <= rows:
        return []
    return [
        f"train.batch_size = {batch_size} is above the {rows} training rows: each step takes all "
        f"{rows}"
    ]


register_kind(
    Kind(
        config=FinetuneConfig,
        title="Few-shot fine-tuning of a pretrained model",
        roles=(MODEL,),
        stages=("pretrained", "finetuned"),
        check=_check,
        remarks=_remarks,
        idle=_idle,
    )
)
