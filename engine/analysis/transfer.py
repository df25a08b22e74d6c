"""Measures of continual learning, of a matrix R (T, T): R[k][j] is the score on task j after the
tasks 0 to k were learnt, and b[j] that of the pretrained model.

    average      mean_j R[T-1][j]
    backward     mean over j < T-1 of R[T-1][j] - R[j][j]
    forward      mean over j > 0 of R[j-1][j] - b[j]
    forgetting   mean over j < T-1 of max over k < T-1 of R[k][j], less R[T-1][j]

Average accuracy, backward and forward transfer: Lopez-Paz and Ranzato 2017, "Gradient Episodic
Memory for Continual Learning" (NeurIPS), whose b is a random start. Forgetting: Chaudhry et al.
2018, "Riemannian Walk for Incremental Learning" (ECCV), the maximum being over what came before; of
a task only scores from its own training on count.
"""

from collections.abc import Sequence

Matrix = Sequence[Sequence[float]]


def measures(scores: Matrix, before: Sequence[float]) -> dict[str, float]:
    """Of T >= 1 tasks; one task alone has an average and no more."""
    last, tasks = scores[-1], range(len(scores))
    known = {"average": _mean(last)}
    if len(scores) < 2:
        return known
    earlier = tasks[:-1]
    known["backward"] = _mean([last[j] - scores[j][j] for j in earlier])
    known["forward"] = _mean([scores[j - 1][j] - before[j] for j in tasks[1:]])
    best = [max(scores[k][j] for k in tasks[j:-1]) for j in earlier]
    known["forgetting"] = _mean([best[j] - last[j] for j in earlier])
    return known


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
