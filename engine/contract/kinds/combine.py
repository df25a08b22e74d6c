"""Combination: one model of several skills, and how well it does each of their tasks."""

from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from engine.contract import preflight
from engine.contract.catalog import tasks, unknown_task
from engine.contract.combining import methods
from engine.contract.identity import said_of
from engine.contract.kinds import Kind, Reason, Role, Trouble, register_kind
from engine.contract.made_from import MODEL, OF_TASK, SKILLS, check_checkpoint, check_skills
from engine.contract.sections import (
    ComputeConfig,
    DemoConfig,
    FreezeConfig,
    ModelConfig,
    Registered,
    RunConfig,
    TaskConfig,
)


class CombineConfig(RunConfig):
    """One model of several skills, scored on the task of each."""

    kind: Literal["combine"] = "combine"
    skills: tuple[str, ...] = Field(
        (),
        description="Skill files that are combined, by path or by run",
        json_schema_extra={"hashed": False},
    )
    skill_hashes: tuple[str, ...] = Field(
        (), description="Hashes of the configs that the skills were made with"
    )
    finetuned: tuple[str, ...] = Field(
        (),
        description="Checkpoint folders whose whole task vectors are combined, after the skills",
        json_schema_extra={"hashed": False},
    )
    finetuned_hashes: tuple[str, ...] = Field(
        (), description="Hashes of the configs that the checkpoints were trained with"
    )
    model: ModelConfig = ModelConfig()
    task: TaskConfig = TaskConfig()
    demo: DemoConfig = DemoConfig()
    freeze: FreezeConfig = FreezeConfig()
    compute: ComputeConfig = ComputeConfig()
    tasks: tuple[str, ...] = Field(
        (), description="Task of each skill, in their order; empty: as its file or its run says"
    )
    method: Annotated[str, Registered(methods)] = Field(
        "union", description="How the skills become one (docs/combining.md)"
    )
    subsets: Literal["whole", "pairs", "all"] = Field(
        "pairs",
        description="Which of the skills are combined: whole: all of them; pairs: every two, and "
        "all; all: every two or more",
    )
    scale: float = Field(
        1.0,
        gt=0,
        description="What the combined change is multiplied by",
        json_schema_extra={"idle": 1.0},
    )
    scales: tuple[float, ...] = Field(
        (),
        description="What the change of each skill is multiplied by, in their order; empty: 1 each",
        json_schema_extra={"idle": []},
    )
    keep: float = Field(
        0.2,
        gt=0,
        le=1,
        description="Share of its weights that is kept of each skill",
        json_schema_extra={"idle": 0.2},
    )
    within: Literal["model", "tensor"] = Field(
        "model",
        description="Where weights compete to be kept: all with each other, or those of a tensor",
        json_schema_extra={"idle": "model"},
    )
    threshold: float = Field(
        0.4,
        gt=0,
        le=100,
        description="A weight counts for a task where |tau_t| > threshold |sum - tau_t| (lambda of "
        "TALL masks; also for what is foretold)",
    )
    window: float = Field(
        0.14,
        ge=0,
        lt=1,
        description="How much likelier the largest weight of a row is to be kept than the smallest",
        json_schema_extra={"idle": 0.14},
    )
    outliers: float = Field(
        0.01,
        ge=0,
        lt=1,
        description="Share of each tensor's largest changes that is dropped",
        json_schema_extra={"idle": 0.01},
    )
    agree: int = Field(
        2,
        ge=1,
        description="For how many tasks a weight must count; of fewer skills, for all",
        json_schema_extra={"idle": 2},
    )
    ratio: float = Field(
        0.1,
        gt=0,
        le=1,
        description="Share of the weights that count most in a task",
        json_schema_extra={"idle": 0.1},
    )
    seed: int = Field(
        0,
        ge=0,
        lt=2**32,
        description="Seed of what is dropped at random",
        json_schema_extra={"idle": 0},
    )

    @model_validator(mode="after")
    def _a_chance(self) -> "CombineConfig":
        least, most = self.keep - self.window / 2, self.keep + self.window / 2
        if "window" in methods()[self.method].uses and (least <= 0 or most > 1):
            raise ValueError(
                f"window: chances from {least:g} to {most:g}; they must be within 0 to 1"
            )
        return self

    @model_validator(mode="after")
    def _as_many(self) -> "CombineConfig":
        for name in ("scales", "tasks"):
            given, of = len(getattr(self, name)), len(self.skills) + len(self.finetuned)
            if given and of and given != of:
                raise ValueError(f"{name}: {given} of them for {of} skills; give one for each")
        return self

    def idle(self) -> tuple[str, ...]:
        """Settings of other methods than the chosen one."""
        used = methods()[self.method].uses
        return tuple(name for name in settings_of_some() if name not in used)


@lru_cache
def settings_of_some() -> tuple[str, ...]:
    """Fields that only some methods use: each may be idle."""
    fields = CombineConfig.model_fields.items()
    return tuple(name for name, info in fields if "idle" in said_of(info))


def check_settings(config: CombineConfig) -> Trouble:
    """Settings that do not go together, and tasks that are unknown."""
    if config.task.type == "finetune":
        return (
            "task.type = finetune: each task has a linear head of its own, and no two go together",
            "combine skills of tasks that are prompted (task.type = prompt or autoregressive)",
        )
    if strange := [name for name in config.tasks if name not in tasks()]:
        return f"combine.tasks: {unknown_task(strange[0])}", "name tasks of `graftui tasks`"
    return None


def check_inputs(config: CombineConfig, linked: Collection[str] = ()) -> Trouble:
    """Skills that are not said, or not there; `linked`: roles that runs fill."""
    if not (config.skills or config.finetuned or {"skills", "finetuned"} & {*linked}):
        return (
            "there is nothing to combine: combine.skills and combine.finetuned are empty",
            'link runs in the recipe (inputs.skills = ["a", "b"]), or give skill files',
        )
    trouble = None if "skills" in linked else check_skills("combine.skills", config.skills)
    for path in () if "finetuned" in linked else config.finetuned:
        trouble = trouble or check_checkpoint("combine.finetuned", path)
    return trouble


def _check(config: CombineConfig, linked: Collection[str]) -> Trouble:
    return preflight.check(config) or check_settings(config) or check_inputs(config, linked)


def _check_given(
    config: CombineConfig, recipe: Collection[str], overrides: Collection[str]
) -> Trouble:
    """Settings of other methods than the chosen one, but for a recipe's where an override chooses
    another: that is said (`_idle`)."""
    given = overrides if "combine.method" in overrides else {*recipe, *overrides}
    idle = [f"combine.{name}" for name in config.idle() if f"combine.{name}" in given]
    if not idle:
        return None
    users = [
        entry.name for entry in methods().values() if idle[0].removeprefix("combine.") in entry.uses
    ]
    return (
        f"{idle[0]} is not used by combine.method = {config.method}",
        f"leave it out; it is for {', '.join(users)}",
    )


def _idle(config: CombineConfig) -> Iterator[Reason]:
    yield (
        tuple(f"combine.{name}" for name in config.idle()),
        f"combine.method = {config.method}",
    )


register_kind(
    Kind(
        config=CombineConfig,
        title="One model of several skills, scored on the task of each",
        roles=(
            SKILLS,
            Role(
                name="finetuned",
                setting="finetuned",
                file="checkpoint",
                of=("finetune",),
                digest="finetuned_hashes",
                inherits=OF_TASK,
                many=True,
            ),
            MODEL,
        ),
        stages=("pretrained", "alone", "combined", "interference"),
        check=_check,
        check_given=_check_given,
        idle=_idle,
    )
)
