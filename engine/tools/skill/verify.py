"""What a model is to a skill, and which tensors are what."""

from engine.contract.questions.messages import Hear
from engine.contract.questions.skills import SkillVerified, VerifySkill
from engine.graft import install
from engine.graft.skill import load
from engine.tools.skill.folder import folder_of


def answer(question: VerifySkill, hear: Hear) -> SkillVerified:
    """Raises SkillError or ConfigError."""
    skill = load(question.skill, allow_nan=True)
    verified = install.verify(skill, folder_of(question.model))
    return SkillVerified(
        state=verified.state.value,
        tensors=len(verified.names),
        skill=tuple(name for name in verified.names if name in verified.skill - verified.base),
        other=tuple(verified.other),
    )
