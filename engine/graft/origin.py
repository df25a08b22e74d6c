"""What a skill file says of the model, the task and the packages that it comes from."""

from typing import Any

from engine.contract.sections import ModelConfig, TaskConfig
from engine.data import prompting_of, spec_of
from engine.versions import versions


def origin(model: ModelConfig, task: TaskConfig) -> dict[str, Any]:
    """Those fields of SkillInfo. Raises ConfigError for a task that has no prompt."""
    prompting = prompting_of(task, spec_of(task))
    return {
        "base": model.name,
        "task": task.name,
        "prompt": prompting.prompt,
        "label_words": dict(prompting.label_words),
        "versions": versions(),
    }
