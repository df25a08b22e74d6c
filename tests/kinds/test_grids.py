"""What tables of combinations and of continual learning say of a result, which may be anything."""

from typing import Any

from graftui import kinds
from graftui.show.grids import texts
from tests.each import each

COMBINED: dict[str, Any] = {
    "subsets": [
        {"subset": "a+b", "skills": ["a", "b"], "jaccard": 0.25, "directed": 0.5,
         "beyond_chance": 3.0, "sign_conflict": 0.1, "sign_conflict_mass": 0.2, "selfish": 0.7,
         "shared": 0.3, "catastrophic": 0.0, "sti": 12.5, "drop": 0.034},
    ],
    "correlations": {"sti": {"rho": -0.5, "p": 0.6, "n": 3.0}},
}  # fmt: skip
LEARNT: dict[str, Any] = {
    "tasks": ["a", "b"],
    "pretrained": {"a": 0.5, "b": 0.25},
    "sequential": {
        "matrix": [[0.9, 0.3], [0.6, 0.8]],
        "measures": {"average": 0.7, "backward": -0.3, "forward": 0.05, "forgetting": 0.3},
    },
    "grafts": {"matrix": [[0.85, 0.25], [0.8, 0.75]], "measures": {"average": 0.775}},
}


def test_what_was_foretold_stands_beside_the_drop_and_their_rank_correlation() -> None:
    (grid,) = kinds.shown("combine").grids(COMBINED)
    heads, row, rho = texts(grid)
    told = dict(zip(heads, row, strict=True))
    assert (row[0], told["jaccard %"], told["drop %"]) == ("a+b", "25.0", "3.4")
    assert told["STI"] == "12.5"
    assert dict(zip(heads, rho, strict=True))["STI"] == "-0.5"
    assert dict(zip(heads, rho, strict=True))["jaccard %"] == "", "it has no rank correlation"


def test_both_matrices_and_their_measures_are_tables() -> None:
    first, second, measured = kinds.shown("continual").grids(LEARNT)
    assert texts(first)[1:] == [
        ["pretrained", "50.0", "25.0"], ["after a", "90.0", "30.0"], ["after b", "60.0", "80.0"]
    ]  # fmt: skip
    assert second.title == "grafts combined"
    assert texts(measured)[1:] == [
        ["fine-tuned on", "70.0", "30.0", "-30.0", "5.0"], ["grafts combined", "77.5", "", "", ""]
    ]  # fmt: skip


@each("kind", ["combine", "continual"])
@each(
    "result",
    [
        {}, {"subsets": 7}, {"subsets": [{"skills": [1, 2]}]}, {"tasks": ["a"], "pretrained": []},
        {**COMBINED, "correlations": {"sti": 3}}, {**LEARNT, "sequential": {"matrix": [["x"]]}},
        {**COMBINED, "subsets": [{**COMBINED["subsets"][0], "sti": 10**400}]},
    ],
)  # fmt: skip
def test_a_result_that_is_not_what_it_should_be_has_no_table(kind: str, result: Any) -> None:
    assert kinds.shown(kind).grids(result) == ()
