"""Making a skill of several by a set operation."""

from pathlib import Path

from engine.contract.questions.messages import Hear
from engine.contract.questions.skills import CombineSkills, SkillCombined
from engine.graft import sets
from engine.graft.skill import load, write

_WORK = {
    "skill.union": sets.union,
    "skill.intersect": sets.intersect,
    "skill.subtract": sets.subtract,
}


def answer(question: CombineSkills, hear: Hear) -> SkillCombined:
    """Raises SkillError or OSError."""
    made = _WORK[question.name]([load(path) for path in question.skills])
    write(made.skill, Path(question.out))
    return SkillCombined(
        name=question.name,
        path=question.out,
        weights=made.skill.info.weights,
        conflicts=made.conflicts,
    )
