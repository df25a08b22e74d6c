"""Peak memory of learning a mask, on top of a bare forward and backward pass of the same rows.

    python -m bench.memory bare         # peak of one of them, in bytes

RoBERTa-base's shapes, random weights, 32 prompts, CPU, float32; each in a process of its own. What
both hold, model and gradients and activations, falls out; in floats a maskable weight. A float of
it is the fine-tuned weights, one the pretrained ones, one S; the model's own are a view.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Result, alone, forget_peak, status

MASKABLE = 85_054_464
BIT = 1 / 32  # of a float


def run() -> Iterator[Result]:
    bare, learning, making = (
        alone("bench.memory", what) for what in ("bare", "learning", "making")
    )
    floats = 4 * MASKABLE
    what = "memory on top of model + gradients, floats a weight"
    yield Result(f"{what}, learning", (learning - bare) / floats, "", 3 + BIT)
    yield Result(f"{what}, while it is set up", (making - bare) / floats, "", 3 + BIT)


def measure(what: str) -> int:
    """Peak bytes of a `bare` pass, of `learning`, or of both that and `making` the mask."""
    from bench import shapes
    from engine.contract.kinds.graft import GraftConfig
    from engine.graft.gradients import accumulate
    from engine.graft.localizers.learnt import LearntMask
    from engine.graft.mask import budget, top

    lm = shapes.roberta()
    session = shapes.session(lm, Path(tempfile.mkdtemp()))
    rows = list(session.data.train)
    accumulate(session, rows)
    if what != "bare":
        forget_peak()
        delta = shapes.tuned(lm, session.maskable)
        base = top(delta.movement(), budget(1e-4, len(delta)))
        mask = LearntMask(delta, base, GraftConfig())
        mask.put()
    if what != "making":
        forget_peak()
        for _ in range(2):
            lost = accumulate(session, rows)
            if what == "learning":
                mask.update(lost)
                delta.put(mask.rounded())
                mask.put()
    return status("VmHWM")


if __name__ == "__main__":
    print(measure(sys.argv[1]))
