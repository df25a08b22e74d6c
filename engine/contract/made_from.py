"""What runs are made from: a role of inputs, the roles that several kinds have, and whether the
files that a config names for them are there.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.contract.model_folder import Trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Something that runs of a kind are made from: another run's result, or a path."""

    name: str
    """As in a recipe, `inputs.NAME`, and in what the registry has of the run."""
    setting: str
    """Which gets the path of what is read, such as "finetuned.path"; a list, where `many`."""
    file: str = ""
    """What is read of another run's folder, such as "checkpoint". Empty: of no run, of paths."""
    of: tuple[str, ...] = ()
    """Kinds of the runs that will do; none: any."""
    digest: str = ""
    """Setting that gets the hash of the other run's config; a list, where `many`."""
    inherits: tuple[str, ...] = ()
    """Sections that are as in the other run's config where nothing else is said."""
    many: bool = False
    named: bool = False
    """Whether the setting may name a run, whose file is then read."""


OF_TASK = ("model", "task", "demo", "freeze", "compute")
"""Sections that say how a task is put to a model."""
MODEL = Role(name="model", setting="model.name")
"""The pretrained model, which is of no run."""
FINETUNED = Role(
    name="finetuned",
    setting="finetuned.path",
    file="checkpoint",
    of=("finetune",),
    digest="finetuned.config_hash",
    inherits=OF_TASK,
)
"""The checkpoint of a fine-tuning."""
SKILLS = Role(
    name="skills",
    setting="skills",
    file="skill.safetensors",
    of=("graft", "retrain", "combine"),
    digest="skill_hashes",
    inherits=OF_TASK,
    many=True,
    named=True,
)
"""Any number of skill files."""


def check_finetuned(path: str, whose: str = "the graft") -> Trouble:
    """The checkpoint `whose` config has the section [finetuned]: not said, or not there."""
    if not path:
        return (
            f"{whose} has no fine-tuned model: finetuned.path is empty",
            'link it to a run in the recipe (of = "finetune"), or give the checkpoint folder',
        )
    return check_checkpoint("finetuned.path", path)


def check_checkpoint(setting: str, path: str) -> Trouble:
    """A checkpoint folder that is not there."""
    if (Path(os.path.expanduser(path)) / "config.json").is_file():
        return None
    return (
        f"{setting} = {path!r}: there is no such folder with a config.json",
        'give the checkpoint/ of a fine-tuning, or link a [finetune] part (of = "finetune")',
    )


def check_skills(setting: str, paths: Iterable[str]) -> Trouble:
    """The first skill file that is not there."""
    for path in paths:
        if not Path(os.path.expanduser(path)).is_file():
            return (
                f"{setting} = {path!r}: there is no such file",
                "give the skill.safetensors of a graft, or link its run (inputs in the recipe)",
            )
    return None
