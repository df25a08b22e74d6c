"""Installing a skill into a checkpoint folder or a copy of one, and taking it out again."""

from pathlib import Path

from engine.contract.questions.messages import Hear
from engine.contract.questions.skills import InstallSkill, SkillChanged, UninstallSkill
from engine.errors import ConfigError
from engine.graft import install
from engine.graft.skill import load
from engine.tools.skill.folder import folder_of


def answer(question: InstallSkill | UninstallSkill, hear: Hear) -> SkillChanged:
    """Raises SkillError, ConfigError or OSError, with nothing changed."""
    # To undo an install is always right.
    allow_nan = question.allow_nan if isinstance(question, InstallSkill) else True
    skill = load(question.skill, allow_nan)
    if question.out is None and not Path(question.model).expanduser().is_dir():
        raise ConfigError(
            f"the model {question.model} is used by others too: it is not changed where it lies",
            "give --out a folder for a copy with the skill",
        )
    folder, out = folder_of(question.model), Path(question.out) if question.out else None
    if isinstance(question, InstallSkill):
        changed = install.install(skill, folder, out, allow_nan)
    else:
        changed = install.uninstall(skill, folder, out)
    return SkillChanged(
        name=question.name,
        folder=str(changed.folder),
        entries=changed.entries,
        rounded=changed.rounded,
        unchanged=changed.unchanged,
    )
