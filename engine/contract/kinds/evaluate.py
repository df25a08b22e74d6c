"""Evaluation: a model with skills in it, or a fine-tuned one, on any tasks."""

from collections.abc import Collection
from typing import Annotated, Literal

from pydantic import Field

from engine.contract import preflight
from engine.contract.catalog import tasks, unknown_task
from engine.contract.files import on_hub, task_folder
from engine.contract.kinds import Kind, Trouble, register_kind
from engine.contract.made_from import (
    FINETUNED,
    MODEL,
    SKILLS,
    check_finetuned,
    check_skills,
)
from engine.contract.sections import (
    ComputeConfig,
    DemoConfig,
    Finetuned,
    FreezeConfig,
    ModelConfig,
    RunConfig,
    TaskConfig,
)

Alpha = Annotated[float, Field(ge=0, le=1)]


class EvaluateConfig(RunConfig):
    """Scores and answers of a model with skills in it, and of a fine-tuned one, on any tasks."""

    kind: Literal["evaluate"] = "evaluate"
    skills: tuple[str, ...] = Field(
        (),
        description="Skill files that are put into the model together, by path or by run; of "
        "several, no two may hold one weight",
        json_schema_extra={"hashed": False},
    )
    skill_hashes: tuple[str, ...] = Field(
        (), description="Hashes of the configs that the skills were made with"
    )
    finetuned: Finetuned = Finetuned()
    model: ModelConfig = ModelConfig()
    task: TaskConfig = TaskConfig()
    demo: DemoConfig = DemoConfig()
    freeze: FreezeConfig = FreezeConfig()
    compute: ComputeConfig = ComputeConfig()
    tasks: tuple[str, ...] = Field(
        (),
        description="More tasks to test on beside task.name, each by its own prompt and label "
        "words (by those of task.name: task.also_test)",
    )
    alphas: tuple[Alpha, ...] = Field(
        (),
        description="Also score pretrained + alpha (fine-tuned - pretrained) for each of these "
        "(WiSE-FT), and for the alpha that is best on dev",
    )


def task_beside(task: TaskConfig, name: str) -> TaskConfig:
    """What another task is tested by beside `task`: its own prompt and words, the same shots, its
    folder beside that of `task`. The tasks are known.
    """
    own = ("name", "also_test", "prompt", "label_words", "prompt_file", "mapping_file")
    asked = {
        field: TaskConfig.model_fields[field].get_default(call_default_factory=True)
        for field in own
    }
    if task.data and not on_hub(task.data):
        asked["data"] = str(task_folder(task.data, tasks()[task.name]).parent)
    elif on_hub(task.data):
        asked["data"] = "hub"
    return task.model_copy(update={**asked, "name": name})


def further(config: EvaluateConfig) -> tuple[str, ...]:
    """The tasks to test on beside task.name, each once."""
    return tuple(name for name in dict.fromkeys(config.tasks) if name != config.task.name)


def check_settings(config: EvaluateConfig) -> Trouble:
    """Settings that do not go together, and tasks that are unknown."""
    if len(set(config.alphas)) != len(config.alphas):
        return "evaluate.alphas: the same value twice", "give each alpha once"
    if config.alphas and not config.finetuned.path:
        return (
            "evaluate.alphas: there is no fine-tuned model to go towards: finetuned.path is empty",
            "link it to a run in the recipe (inputs.finetuned), or give the checkpoint folder",
        )
    for name in further(config):
        if name not in tasks():
            return f"evaluate.tasks: {unknown_task(name)}", ""
    if both := sorted({*config.tasks} & {*config.task.also_test}):
        return (
            f"{both[0]} is in evaluate.tasks and in task.also_test",
            "leave it out of one: evaluate.tasks asks in its own words, task.also_test in those "
            "of task.name",
        )
    if config.task.type == "finetune":
        return _check_head(config)
    return None


def _check_head(config: EvaluateConfig) -> Trouble:
    """A linear head is one task's, and comes with what was trained."""
    if further(config):
        return (
            f"evaluate.tasks: a linear head of {config.task.name} does not answer "
            f"{further(config)[0]}",
            "give tasks of the same labels as task.also_test",
        )
    if not config.skills and not config.finetuned.path:
        return (
            "task.type = finetune: there is no linear head, since there are neither skills nor a "
            "fine-tuned model",
            "give evaluate.skills or finetuned.path, or another task.type",
        )
    if len(config.skills) > 1:
        return (
            "evaluate.skills: several skills with a linear head each",
            "evaluate one at a time, or skills that are prompted",
        )
    return None


def _check(config: EvaluateConfig, linked: Collection[str]) -> Trouble:
    asked = config
    if "skills" in linked:  # their paths come with the runs
        asked = asked.model_copy(update={"skills": config.skills or ("linked",)})
    if "finetuned" in linked:
        asked = asked.model_copy(update={"finetuned": Finetuned(path="linked")})
    trouble = preflight.check(config) or check_settings(asked)
    if trouble is None and "finetuned" not in linked and config.finetuned.path:
        trouble = check_finetuned(config.finetuned.path)
    if trouble is None and "skills" not in linked:
        trouble = check_skills("evaluate.skills", config.skills)
    return trouble or _check_tasks(config)


def _check_tasks(config: EvaluateConfig) -> Trouble:
    """The first trouble of a further task: its files, its prompt, its words."""
    for name in further(config):
        other = config.model_copy(update={"task": task_beside(config.task, name)})
        if trouble := preflight.check(other):
            return f"evaluate.tasks, {name}: {trouble[0]}", trouble[1]
    return None


register_kind(
    Kind(
        config=EvaluateConfig,
        title="A model with skills in it, or a fine-tuned one, on any tasks",
        roles=(
            SKILLS,
            FINETUNED,
            MODEL,
        ),
        stages=("pretrained", "finetuned", "interpolated", "wise_ft", "grafted"),
        check=_check,
    )
)
