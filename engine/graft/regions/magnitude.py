"""Lottery tickets: the largest weights."""

from engine.contract.regions.section import RegionConfig
from engine.graft.mask import budget
from engine.graft.regions import Ground, Region, strongest


def find(ground: Ground, config: RegionConfig) -> Region:
    """The top s of |theta|, in one shot and over all tensors at once.

    Of the fine-tuned weights it is the mask of Frankle and Carbin 2019, section 2, and as there
    training begins again at the weights before it; of the pretrained ones, that of Chen et al.
    2020 ("The Lottery Ticket Hypothesis for Pre-trained BERT Networks") without its rounds of
    training. They set the other weights to 0: here these keep their pretrained values.
    """
    sizes = ground.sizes
    tensors = ground.tuned() if config.magnitude_of == "finetuned" else ground.pretrained
    s = budget(config.sparsity, sum(sizes.values()), "region.sparsity")
    return strongest((tensors[name].abs() for name in sizes), sizes, s)
