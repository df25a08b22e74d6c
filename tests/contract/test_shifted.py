"""Which tasks can be asked in the words of another: those of the paper's shifts, and no others."""

import pytest

from engine.contract.catalog import tasks
from engine.contract.preflight import check_words
from engine.contract.sections import TaskConfig
from engine.contract.shifted import OtherLabels, translation
from tests.each import each

REVIEWS = ("mr", "cr", "imdb", "yelp_polarity", "amazon_polarity")
GENRES = ("MNLI-telephone", "MNLI-government", "MNLI-letters", "MNLI-facetoface", "SNLI", "anli")
FIT = [
    *(("SST-2", name) for name in REVIEWS),
    *(("MNLI", name) for name in GENRES),
    ("QNLI", "RTE"), ("RTE", "QNLI"), ("QNLI", "hans"), ("RTE", "hans"), ("RTE", "wnli"),
    ("pocket-film", "pocket-food"),
]  # fmt: skip


@each(("own", "other"), FIT)
def test_each_label_goes_to_that_of_the_same_word(own: str, other: str) -> None:
    theirs, ours = (tasks()[name].masked.label_words for name in (other, own))
    labels = translation(tasks()[other], tasks()[own])
    assert {label: ours[to] for label, to in labels.items()} == theirs
    assert check_words(TaskConfig(name=own, also_test=(other,))) is None


@pytest.mark.parametrize(
    ("own", "other"),
    [("SST-2", "trec"), ("SST-2", "subj"), ("SST-2", "CoLA"), ("MNLI", "RTE"), ("MRPC", "STS-B")],
)
def test_labels_that_only_look_alike_are_refused_when_it_is_planned(own: str, other: str) -> None:
    with pytest.raises(OtherLabels):
        translation(tasks()[other], tasks()[own])
    trouble = check_words(TaskConfig(name=own, also_test=(other,)))
    assert trouble is not None
    assert all(name in trouble[0] for name in (own, other, "task.also_test"))
