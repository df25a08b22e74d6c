"""`graftui ls` and `compare` on retrainings: the rate is each region's own, draws are seeds."""

import pytest

from tests.cli import study
from tests.cli.workplace import Workplace

ACCURACIES = {  # region, its seed, train.lr -> dev, test
    ("skill", 0, 0.1): (0.8, 0.81),
    ("skill", 0, 1.0): (0.9, 0.91),
    ("random", 1, 0.1): (0.7, 0.71),
    ("random", 1, 1.0): (0.6, 0.61),
    ("random", 2, 0.1): (0.5, 0.51),
    ("random", 2, 1.0): (0.8, 0.83),
}


@pytest.fixture
def work_with_regions(work: Workplace) -> Workplace:
    for number, ((source, seed, lr), (dev, test)) in enumerate(ACCURACIES.items()):
        told = [("retrained", split, None, study.of_class(value))
                for split, value in (("dev", dev), ("test", test))]  # fmt: skip
        study.add(
            work.path, f"r{number}", "retrain", told, summary={"retrained": test, "dev": dev},
            region__source=source, region__seed=seed, region__like="biases", train__lr=lr,
        )  # fmt: skip
    return work


def test_dev_chooses_the_rate_of_each_region_and_of_each_draw(work_with_regions: Workplace) -> None:
    said = work_with_regions.json("compare", "--by", "region.source", "-f", "kind=retrain")
    groups = {group["key"]["region.source"]: group for group in said["groups"]}
    assert groups["skill"]["runs"] == ["r1"]
    assert groups["random"]["runs"] == ["r2", "r5"]
    assert groups["random"]["scores"]["accuracy"]["mean"] == pytest.approx((0.71 + 0.83) / 2)
    assert groups["random"]["flags"] == groups["skill"]["flags"] == []


def test_a_retraining_is_called_by_its_region_and_has_its_score_in_lists(
    work_with_regions: Workplace,
) -> None:
    columns = ("ls", "--columns", "id,kind,graft", "-f", "graft > 82")
    text = work_with_regions.run(*columns)
    assert "random retrain" in text
    assert "83.0" in text
    assert {line.split()[0] for line in text.splitlines()[1:]} == {"r1", "r5"}
