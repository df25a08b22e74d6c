"""What skills share: sizes, what every two have in common, and what all have."""

from dataclasses import asdict

from engine.contract.questions.messages import Hear
from engine.contract.questions.skills import DiffSkills, SkillPair, SkillSize, SkillsShared
from engine.graft import sets
from engine.graft.skill import load


def answer(question: DiffSkills, hear: Hear) -> SkillsShared:
    """Raises SkillError."""
    skills = [load(path) for path in question.skills]
    infos = [skill.info for skill in skills]
    most = max(1, *(info.maskable for info in infos))
    shared, either = (work(skills).skill.info.weights for work in (sets.intersect, sets.union))
    return SkillsShared(
        skills=tuple(
            SkillSize(
                path=path, task=info.task, weights=info.weights, share=100 * info.weights / most
            )
            for path, info in zip(question.skills, infos, strict=True)
        ),
        pairs=tuple(SkillPair(**asdict(pair)) for pair in sets.pairs(skills)),
        all=shared,
        all_share=100 * shared / most,
        any=either,
        any_share=100 * either / most,
    )
