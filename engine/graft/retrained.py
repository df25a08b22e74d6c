"""What a retraining came to as a skill: the sparse difference from the pretrained model."""

from engine.contract.identity import config_hash
from engine.contract.kinds.retrain import RetrainConfig
from engine.graft.info import digest
from engine.graft.origin import origin
from engine.graft.regions import Region
from engine.graft.skill import Skill, of_weights
from engine.models import LinearModel
from engine.session import Session
from engine.training.best import BestWeights
from engine.training.moving import Within


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
    return of_weights(
        region.indices,
        values,
        within.before(),
        dict(model.head.state_dict()) if isinstance(model, LinearModel) else {},
        shapes={name: list(lm.get_parameter(name).shape) for name in region.indices},
        sizes=region.sizes,
        digests=digests,
        sparsity=len(region) / region.maskable,
        scores={f"dev_{session.data.metric}": best.score},
        config_hash=config_hash(config),
        **origin(config.model, config.task),
    )
