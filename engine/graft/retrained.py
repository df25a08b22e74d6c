"""What a retraining came to as a skill: the sparse difference from the pretrained model."""

from engine import data
from engine.contract.identity import config_hash
from engine.contract.kinds.retrain import RetrainConfig
from engine.contract.skill_info import SkillInfo
from engine.graft.info import digest
from engine.graft.regions import Region
from engine.graft.skill import Skill
from engine.models import LinearModel
from engine.session import Session
from engine.training.best import BestWeights
from engine.training.moving import Within
from engine.versions import versions


def skill_of(
    session: Session, config: RetrainConfig, region: Region, within: Within, best: BestWeights
) -> Skill:
    """All weights of the region, those too that did not move; the model shows `best`, and does so
    again when this is done.
    """
    lm, model = session.model.lm, session.model
    values = within.values()
    within.undo()
    digests = {name: digest(lm.get_parameter(name)) for name in region.indices}
    best.restore()
    within.show()
    prompting = data.prompting_of(config.task, data.spec_of(config.task))
    about = SkillInfo(
        base=config.model.name,
        digests=digests,
        shapes={name: list(lm.get_parameter(name).shape) for name in region.indices},
        task=config.task.name,
        prompt=prompting.prompt,
        label_words=prompting.label_words,
        sparsity=len(region) / region.maskable,
        weights=len(region),
        maskable=region.maskable,
        scores={f"dev_{session.data.metric}": best.score},
        config_hash=config_hash(config),
        versions=versions(),
        tensors=region.sizes,
    )
    head = dict(model.head.state_dict()) if isinstance(model, LinearModel) else {}
    return Skill(about, region.indices, values, within.before(), head)
