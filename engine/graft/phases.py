"""The phases of a graft run and their shares of its work, in forward passes of one example."""

import math

from engine.contract.kinds.graft import GraftConfig
from engine.course import TRAINED, Phase
from engine.data import TaskData


def phases(config: GraftConfig, data: TaskData, maskable: int) -> list[Phase]:
    """In their order; `maskable`: how many weights there are to choose from."""
    test, both = sum(map(len, data.tests.values())), len(data.train) + len(data.dev)
    rows = TRAINED * min(config.examples, len(data.train) // data.contexts)
    rated = bool(config.chosen_by and config.chosen_by.scorer)
    learnt = bool(config.chosen_by and config.chosen_by.learner)
    course = [Phase("test", test), Phase("test", test + len(data.dev))]
    if rated:
        course.append(Phase("rate", rows))
    if config.recover:
        course.append(Phase("recover", searches(maskable) * len(data.test)))
    grafts = 1 if config.recover or config.base_patch != "movement" else len(config.curve)
    for number in range(grafts):
        course.append(Phase("test", both + test))
        if learnt:
            work = config.steps * (rows + both / config.eval_every)
            course.append(Phase("graft", work, number / grafts, (number + 1) / grafts))
        course += [Phase("test", test)] * ((learnt or rated) + 2 * config.necessity)
    return course


def searches(maskable: int) -> int:
    """Evaluations of a bisection on a logarithmic scale to within 2 %, the whole one included."""
    return 1 + max(1, math.ceil(math.log2(max(2.0, math.log(maskable, 1.02)))))
