"""Control: a graft's region beside random ones, put in and taken out."""

from collections.abc import Collection
from dataclasses import replace
from typing import Literal

from pydantic import Field

from engine.contract import preflight
from engine.contract.kinds import Kind, Role, Trouble, register_kind
from engine.contract.made_from import FINETUNED, MODEL, OF_TASK, check_finetuned, check_skills
from engine.contract.sections import (
    ComputeConfig,
    DemoConfig,
    Finetuned,
    FreezeConfig,
    ModelConfig,
    RunConfig,
    Section,
    TaskConfig,
)


class SkillFile(Section):
    """The graft whose region is looked at; a recipe's link fills it in."""

    path: str = Field("", description="Skill file", json_schema_extra={"hashed": False})
    config_hash: str = Field("", description="Hash of the config it was cut with")


class ControlConfig(RunConfig):
    """What a region carries, beside random regions with as many weights of each tensor."""

    kind: Literal["control"] = "control"
    finetuned: Finetuned = Finetuned()
    grafted: SkillFile = SkillFile()
    model: ModelConfig = ModelConfig()
    task: TaskConfig = TaskConfig()
    demo: DemoConfig = DemoConfig()
    freeze: FreezeConfig = FreezeConfig()
    compute: ComputeConfig = ComputeConfig()
    draws: int = Field(
        5, ge=1, le=1000, description="Random regions", json_schema_extra={"unit": "regions"}
    )
    seed: int = Field(0, ge=0, lt=2**32, description="Of the random regions")


def _check(config: ControlConfig, linked: Collection[str]) -> Trouble:
    return (
        preflight.check(config)
        or (None if "finetuned" in linked else check_finetuned(config.finetuned.path))
        or (None if "grafted" in linked else check_grafted(config.grafted.path))
    )


def check_grafted(path: str) -> Trouble:
    """A skill file that is not said, or not there."""
    if not path:
        return (
            "the control has no region: grafted.path is empty",
            'link it to a graft in the recipe (inputs.grafted = "graft"), or give a skill file',
        )
    return check_skills("grafted.path", [path])


register_kind(
    Kind(
        config=ControlConfig,
        title="A graft's region beside random ones, put in and taken out",
        roles=(
            Role(
                name="grafted",
                setting="grafted.path",
                file="skill.safetensors",
                of=("graft", "retrain"),
                digest="grafted.config_hash",
                inherits=OF_TASK,
            ),
            replace(FINETUNED, inherits=()),
            MODEL,
        ),
        stages=(
            "pretrained",
            "finetuned",
            "region",
            "random_region",
            "knocked_out",
            "knocked_out_random",
        ),
        check=_check,
    )
)
