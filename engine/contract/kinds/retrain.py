"""Retraining: fine-tuning from the pretrained model where only a region of the weights moves."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Literal

from pydantic import Field

from engine.contract import made_from, preflight
from engine.contract.kinds import Kind, Reason, Role, Trouble, register_kind
from engine.contract.kinds.finetune import TrainConfig, idle_in_training, remarks_of_training
from engine.contract.made_from import MODEL, OF_TASK, check_finetuned
from engine.contract.regions import FINETUNED, MASK
from engine.contract.regions.section import RegionConfig, check_region, reads, unused
from engine.contract.sections import (
    ComputeConfig,
    DemoConfig,
    Finetuned,
    FreezeConfig,
    ModelConfig,
    RunConfig,
    TaskConfig,
)


class RetrainConfig(RunConfig):
    """Few-shot fine-tuning of a region of the weights alone."""

    kind: Literal["retrain"] = "retrain"
    region: RegionConfig = RegionConfig()
    finetuned: Finetuned = Finetuned()
    model: ModelConfig = ModelConfig()
    task: TaskConfig = TaskConfig()
    demo: DemoConfig = DemoConfig()
    train: TrainConfig = TrainConfig()
    freeze: FreezeConfig = FreezeConfig()
    compute: ComputeConfig = ComputeConfig()
    signs: Literal["free", "finetuned"] = Field(
        "free",
        description="finetuned: each weight may only lie on the side of its pretrained value to "
        "which the full fine-tuning moved it",
    )


def check_settings(config: RetrainConfig, linked: Collection[str] = ()) -> Trouble:
    """A region that has no weights, a fine-tuned model that is needed and not said, or settings
    that do not go together; `linked`: the roles that other runs fill."""
    if config.train.keep == "every":
        return (
            "train.keep = every: a retraining keeps a skill file, of one step",
            "set train.keep to best or last",
        )
    if trouble := check_region(config.region, linked):
        return trouble
    needed = config.signs == "finetuned" or FINETUNED in reads(config.region)
    if FINETUNED in linked or not (needed or config.finetuned.path):
        return None
    return check_finetuned(config.finetuned.path, "the retraining")


def _check(config: RetrainConfig, linked: Collection[str]) -> Trouble:
    return preflight.check(config) or check_settings(config, linked)


def _remarks(config: RetrainConfig) -> list[str]:
    return remarks_of_training(config.train, config.task)


def _idle(config: RetrainConfig) -> Iterator[Reason]:
    region = config.region
    beside = f"region.source = {region.source}"
    beside += f" like {region.like}" if region.source == "random" else ""
    given = (name for name in unused(region) if name != "mask_hash")  # which nobody gives
    yield tuple(f"region.{name}" for name in given), beside
    yield from idle_in_training(config.train)


register_kind(
    Kind(
        config=RetrainConfig,
        title="Few-shot fine-tuning of a region of the weights alone",
        roles=(
            replace(made_from.FINETUNED, inherits=("train", *OF_TASK)),
            Role(
                name=MASK,
                setting="region.mask",
                file="skill.safetensors",
                of=("graft", "retrain"),
                digest="region.mask_hash",
                inherits=OF_TASK,
                named=True,
            ),
            MODEL,
        ),
        stages=("pretrained", "finetuned", "retrained"),
        check=_check,
        remarks=_remarks,
        idle=_idle,
    )
)
