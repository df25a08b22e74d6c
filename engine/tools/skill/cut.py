"""Cutting a skill from two checkpoints of any size: neither is loaded as a whole."""

from pathlib import Path

from engine.contract.questions.messages import Hear, Progress
from engine.contract.questions.skills import CutSkill, SkillCut
from engine.graft import stream
from engine.graft.skill import write
from engine.tools.skill.folder import folder_of
from engine.versions import versions


def answer(question: CutSkill, hear: Hear) -> SkillCut:
    """Raises SkillError, ConfigError or OSError."""
    base, tuned = question.model.name, question.finetuned.path

    def compared(done: int, total: int) -> None:
        hear(Progress(done=done, total=total, what="weights compared"))

    made = stream.cut(
        folder_of(base),
        folder_of(tuned),
        question.sparsity,
        question.freeze,
        compared,
        base=base,
        task=f"movement to {Path(tuned).name}",
        prompt="",
        label_words={},
        scores={},
        config_hash="",
        versions=versions(),
    )
    write(made.skill, Path(question.out))
    about = made.skill.info
    return SkillCut(
        path=question.out,
        weights=about.weights,
        maskable=about.maskable,
        tensors=len(about.digests),
        least=made.least,
    )
