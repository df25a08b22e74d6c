"""What is foretold of skills together, against counting by hand and whole matrices."""

from itertools import product

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from engine.analysis.conflict import conflicts, uses
from engine.analysis.interference import foretell
from engine.analysis.singular import factors, interference
from engine.analysis.table import correlations
from engine.graft.combining.members import subsets
from engine.graft.combining.vectors import laid_out
from tests.engine.combining.combining_bench import SHAPES, changes, skill

SKILLS = [skill(1), skill(2), skill(3, share=0.3)]
TAUS = [changes(each) for each in SKILLS]
LAMBDA = 0.4


def matrices(name: str) -> list[np.ndarray]:
    """Each skill's change of a matrix, whole."""
    made = []
    for tau in TAUS:
        whole = np.zeros(SHAPES[name]).reshape(-1)
        for (tensor, at), step in tau.items():
            if tensor == name:
                whole[at] = step
        made.append(whole.reshape(SHAPES[name]))
    return made


def slow_sti(deltas: list[np.ndarray]) -> float:
    """|| (U'U - I) S (V'V - I) ||_1 of whole matrices, every product written out."""
    parts = [np.linalg.svd(delta, full_matrices=False) for delta in deltas]
    ranks = [np.linalg.matrix_rank(delta) for delta in deltas]
    u = np.hstack([part[0][:, :r] for part, r in zip(parts, ranks, strict=True)])
    s = np.diag(np.hstack([part[1][:r] for part, r in zip(parts, ranks, strict=True)]))
    v = np.hstack([part[2][:r].T for part, r in zip(parts, ranks, strict=True)])
    eye = np.eye(len(s))
    return float(np.abs((u.T @ u - eye) @ s @ (v.T @ v - eye)).sum())


def test_what_is_foretold_is_what_is_counted_by_hand() -> None:
    wanted = list(subsets(3, "pairs"))
    assert wanted == [(0, 1), (0, 2), (1, 2), (0, 1, 2)]
    told = dict(zip(wanted, foretell(SKILLS, wanted, LAMBDA), strict=True))
    for i, j in wanted[:3]:
        both, either = TAUS[i].keys() & TAUS[j].keys(), TAUS[i].keys() | TAUS[j].keys()
        against = [e for e in both if TAUS[i][e] * TAUS[j][e] < 0]
        mass = {e: abs(TAUS[i][e]) + abs(TAUS[j][e]) for e in both}
        chance = len(TAUS[i]) * len(TAUS[j]) / 38  # 20 + 6 + 12 weights
        measures = told[i, j].measures
        assert measures["jaccard"] == pytest.approx(len(both) / len(either))
        assert measures["directed"] == pytest.approx(
            (len(both) / len(TAUS[i]) + len(both) / len(TAUS[j])) / 2
        )
        assert measures["beyond_chance"] == pytest.approx(len(both) / chance)
        assert measures["sign_conflict"] == pytest.approx(len(against) / len(both))
        assert measures["sign_conflict_mass"] == pytest.approx(
            sum(mass[e] for e in against) / sum(mass.values())
        )
    whole = told[0, 1, 2].measures
    for name in ("jaccard", "directed", "beyond_chance", "sign_conflict", "sign_conflict_mass"):
        assert whole[name] == pytest.approx(np.mean([told[p].measures[name] for p in wanted[:3]]))


def test_each_weight_is_selfish_shared_or_catastrophic() -> None:
    held = sorted({entry for tau in TAUS for entry in tau})
    counts = []
    for entry in held:
        merged = sum(tau.get(entry, 0.0) for tau in TAUS)
        steps = [tau.get(entry, 0.0) for tau in TAUS]
        counts.append(sum(abs(step) > LAMBDA * abs(merged - step) for step in steps))
    measures = foretell(SKILLS, [(0, 1, 2)], LAMBDA)[0].measures
    shares = [measures[name] for name in ("catastrophic", "selfish", "shared")]
    expected = [
        sum(n == 0 for n in counts),
        sum(n == 1 for n in counts),
        sum(n > 1 for n in counts),
    ]
    assert shares == pytest.approx([count / len(held) for count in expected])
    assert sum(shares) == pytest.approx(1)


def test_interference_of_sparse_changes_is_that_of_whole_matrices() -> None:
    told = foretell(SKILLS, [(0, 1), (0, 1, 2)], LAMBDA)
    for numbers, each in zip([(0, 1), (0, 1, 2)], told, strict=True):
        assert each.layers.keys() == {"a.weight", "b.weight"}, "a bias is no matrix"
        for name, value in each.layers.items():
            whole = matrices(name)
            assert value == pytest.approx(slow_sti([whole[n] for n in numbers]), rel=1e-9)
        assert each.measures["sti"] == pytest.approx(sum(each.layers.values()))


def test_tasks_of_orthogonal_directions_do_not_interfere() -> None:
    index = torch.tensor([0, 6])  # (0, 0) and (1, 1) of a 4 x 5 matrix
    parts = [factors(index[n : n + 1], torch.ones(1), 5) for n in (0, 1)]
    assert interference(parts) == 0
    assert interference([parts[0], parts[0]]) == pytest.approx(2)  # 0 1 / 1 0, twice: one each


def test_measures_of_two_skills_are_symmetric() -> None:
    for i, j in ((0, 1), (1, 2)):
        (one,) = foretell([SKILLS[i], SKILLS[j]], [(0, 1)], LAMBDA)
        (other,) = foretell([SKILLS[j], SKILLS[i]], [(0, 1)], LAMBDA)
        assert one.measures == pytest.approx(other.measures, rel=1e-12)


def test_a_weight_that_stays_opposes_none() -> None:
    left, right = skill(1), skill(2)
    for name in left.values:
        left.values[name] = left.base[name].clone()
    vectors = laid_out([left, right])
    assert conflicts(vectors, 0, 1) == {"sign_conflict": 0.0, "sign_conflict_mass": 0.0}
    assert not uses(vectors, LAMBDA)[0].any()


def test_one_skill_foretells_nothing() -> None:
    (alone,) = foretell(SKILLS[:1], [(0,)], LAMBDA)
    assert (alone.measures, alone.layers, alone.pairs) == ({}, {}, [])


def test_the_rank_correlation_is_spearmans() -> None:
    rows = [
        {**dict.fromkeys(("directed", "beyond_chance", "sign_conflict", "shared"), 0.5),
         "sign_conflict_mass": a, "selfish": b, "catastrophic": 0.1, "sti": a + b, "jaccard": 1.0,
         "drop": a * a - b}
        for a, b in product((0.1, 0.5, 0.9), (0.2, 0.4))
    ]  # fmt: skip
    known = correlations(rows)
    assert known.keys() == {"sign_conflict_mass", "selfish", "sti"}, "the rest is all the same"
    expected = spearmanr([row["sti"] for row in rows], [row["drop"] for row in rows])
    assert known["sti"]["rho"] == pytest.approx(expected.statistic)
    assert known["sti"]["n"] == 6
    assert correlations(rows[:2]) == {}
