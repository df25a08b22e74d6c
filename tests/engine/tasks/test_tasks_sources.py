"""Sources: a task's rows from both layouts and from `datasets`; what is missing is named."""

import csv
from pathlib import Path

import pytest

from engine.contract.catalog import tasks
from engine.contract.sections import TaskConfig
from engine.data import spec_of
from engine.errors import ConfigError, DataError
from engine.tasks.readers import Row
from engine.tasks.sampling import k_shot
from engine.tasks.sources import Splits, also_rows, read_rows, some
from tests.engine.engine_bench import rows


def write_tsv(path: Path, lines: list[str], head: str = "sentence\tlabel") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, *lines, ""]), encoding="utf-8")


def config_of(folder: Path, **task: object) -> TaskConfig:
    return TaskConfig.model_validate({"name": "SST-2", "data": str(folder), "k": 2, **task})


def splits_of(folder: Path, **task: object) -> Splits:
    config = config_of(folder, **task)
    return read_rows(config, spec_of(config))


def as_rows(lines: list[str]) -> list[Row]:
    return [Row((text,), label) for text, label in (line.split("\t") for line in lines)]


def last(line: str) -> str:
    return line.split("\t")[-1]


@pytest.mark.parametrize("named", [True, False])
def test_a_k_shot_folder_is_read_as_it_is(tmp_path: Path, named: bool) -> None:
    """The folder given holds the task's folder, or is it."""
    home = tmp_path / "SST-2" if named else tmp_path
    for at, split in enumerate(("train", "dev", "test")):
        write_tsv(home / "2-21" / f"{split}.tsv", rows(4 + at, at))
    found = splits_of(tmp_path, data_seed=21)
    expected = [as_rows(rows(4 + at, at)) for at in range(3)]
    assert [found.train, found.dev, found.tests["test"]] == expected
    assert found.notes == ()


@pytest.mark.parametrize(("mode", "times"), [("k-shot", 1), ("k-shot-10x", 10)])
def test_an_original_folder_is_sampled(tmp_path: Path, mode: str, times: int) -> None:
    """Also where it holds k-shot folders, but of another K or seed."""
    pool = rows(80, 1)
    write_tsv(tmp_path / "SST-2" / "train.tsv", pool)
    write_tsv(tmp_path / "SST-2" / "dev.tsv", rows(6, 2))
    write_tsv(tmp_path / "SST-2" / "16-13" / "train.tsv", rows(4, 7))
    found = splits_of(tmp_path, data_seed=42, test_rows=5, mode=mode)
    drawn = k_shot(pool, last, 2, 42, times)
    assert (found.train, found.dev) == (as_rows(drawn.train), as_rows(drawn.dev))
    assert len(found.dev) == 4 * times
    assert found.tests == {"test": some(as_rows(rows(6, 2)), 5)}, "GLUE's dev"


def test_a_class_that_is_short_is_noted(tmp_path: Path) -> None:
    pool = [*rows(20, 1), *["more\t1"] * 3]
    write_tsv(tmp_path / "train.tsv", pool)
    write_tsv(tmp_path / "dev.tsv", rows(2, 2))
    found = splits_of(tmp_path, k=6)
    assert found.notes == (
        "label '0' has 10 rows, fewer than the 12 asked for: 6 for train, 4 for dev",
    )
    assert [row.label for row in found.dev].count("0") == 4
    assert [row.label for row in found.dev].count("1") == 6


def test_a_class_without_dev_rows_is_refused(tmp_path: Path) -> None:
    write_tsv(tmp_path / "train.tsv", [*["x\t0"] * 5, *["y\t1"] * 20])
    write_tsv(tmp_path / "dev.tsv", rows(2, 2))
    with pytest.raises(DataError) as caught:
        splits_of(tmp_path, k=5)
    assert caught.value.message == (
        "task.k = 5 leaves no dev rows for label '0', which has 5 rows in train.tsv"
    )
    assert caught.value.hint == "set task.k to 4 or less"
    assert len(splits_of(tmp_path, k=4).dev) == 1 + 4
    write_tsv(tmp_path / "train.tsv", ["y\t1"] * 20)
    with pytest.raises(DataError, match="label '0', which has 0 rows") as caught:
        splits_of(tmp_path, k=5)
    assert "two rows or more" in caught.value.hint


def test_short_k_shot_folders_and_left_out_rows_are_noted(tmp_path: Path) -> None:
    head = "id\tqid1\tqid2\tq1\tq2\tsame"
    pairs = ["1\t1\t2\ta\tb\t0", "2\t3\t4\tc\td\t1"]
    for split in ("train", "dev", "test"):
        broken = ["3\t5\t6\te"] * (split == "test")
        write_tsv(tmp_path / "QQP" / "2-13" / f"{split}.tsv", pairs + broken, head)
    found = splits_of(tmp_path, name="QQP")
    assert found.tests["test"] == [Row(("a", "b"), "0"), Row(("c", "d"), "1")]
    assert found.notes == (
        "test.tsv: 1 rows left out, which lack a column or a label",
        "train.tsv has 1 rows of label '0', where task.k = 2",
        "train.tsv has 1 rows of label '1', where task.k = 2",
    )


def score_line(at: int, score: float) -> str:
    return "\t".join(
        [str(at), *["genre", "file", "year", "old", "s1", "s2"], f"a{at}", f"b{at}", f"{score}"]
    )


def test_a_regression_is_grouped_by_the_middle_of_its_bounds(tmp_path: Path) -> None:
    scores = [0, 2.499, 2.5, 5, 1, 3.2, 2.4, 4, 0.5, 2.6]
    pool = [score_line(at, score) for at, score in enumerate(scores)]
    write_tsv(tmp_path / "train.tsv", pool, "head")
    write_tsv(tmp_path / "dev.tsv", pool[:3], "head")
    found = splits_of(tmp_path, name="STS-B")
    drawn = k_shot(pool, lambda line: "low" if float(last(line)) < 2.5 else "high", 2, 13)
    assert [row.texts[0] for row in found.train] == [line.split("\t")[7] for line in drawn.train]
    assert [row.label for row in found.dev] == [last(line) for line in drawn.dev]
    write_tsv(tmp_path / "train.tsv", [*pool, score_line(10, 0) + "x"])
    with pytest.raises(DataError, match="no number"):
        splits_of(tmp_path, name="STS-B")


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    write_tsv(tmp_path / "SST-2" / "16-13" / "train.tsv", rows(4, 1))
    with pytest.raises(DataError, match=r"neither 2-13/ nor train.tsv") as caught:
        splits_of(tmp_path)
    assert "16-13" in caught.value.hint
    with pytest.raises(DataError, match=r"no file .*16-13/dev.tsv"):
        splits_of(tmp_path, k=16)
    write_tsv(tmp_path / "SST-2" / "16-13" / "dev.tsv", rows(4, 1))
    with pytest.raises(DataError, match=r"no file .*16-13/test.tsv") as caught:
        splits_of(tmp_path, k=16)
    assert "dev.tsv of the task's original layout" in caught.value.hint
    assert "as test.tsv" in caught.value.hint


@pytest.mark.parametrize("empty", ["train", "dev", "test"])
def test_a_file_without_rows_is_named(tmp_path: Path, empty: str) -> None:
    for split in ("train", "dev", "test"):
        lines = [] if split == empty else rows(4, 1)
        write_tsv(tmp_path / "SST-2" / "2-13" / f"{split}.tsv", lines)
    with pytest.raises(DataError, match=rf"2-13/{empty}.tsv: there are no {empty} rows"):
        splits_of(tmp_path)


LABELS = ("contradiction", "entailment", "neutral")


def pair_lines(count: int, genre: str, mark: str, width: int = 12) -> list[str]:
    """Lines of MNLI: the genre in column 3, sentences in 8 and 9, the label last."""
    return [
        "\t".join(
            [*"012", genre, *"4567", f"{mark}{at}", genre, *"-" * (width - 11), LABELS[at % 3]]
        )
        for at in range(count)
    ]


def as_pairs(lines: list[str]) -> list[Row]:
    cut = [line.split("\t") for line in lines]
    return [Row((fields[8], fields[9]), fields[-1]) for fields in cut]


def mixed(mark: str, genres: str, width: int = 12) -> list[str]:
    return [line for genre in genres.split() for line in pair_lines(9, genre, mark, width)]


@pytest.fixture
def mnli(tmp_path: Path) -> Path:
    """The original files of MNLI: test files have more columns."""
    write_tsv(tmp_path / "MNLI" / "train.tsv", mixed("t", "telephone government fiction"), "h")
    write_tsv(tmp_path / "MNLI" / "dev_matched.tsv", mixed("m", "telephone fiction", 16), "h")
    write_tsv(tmp_path / "MNLI" / "dev_mismatched.tsv", mixed("u", "letters oup", 16), "h")
    return tmp_path


def test_mnli_has_two_test_sets(mnli: Path) -> None:
    found = splits_of(mnli, name="MNLI", test_rows=11)
    assert found.tests == {
        "test": some(as_pairs(mixed("m", "telephone fiction", 16)), 11),
        "test_mismatched": some(as_pairs(mixed("u", "letters oup", 16)), 11),
    }
    assert list(found.tests) == ["test", "test_mismatched"]


@pytest.mark.parametrize("stem", ["dev", "dev_matched"])
def test_the_dev_file_of_mnli_has_two_names(tmp_path: Path, stem: str) -> None:
    names = ("train", stem, "test_matched", "test_mismatched")
    for at, name in enumerate(names):
        write_tsv(tmp_path / "2-13" / f"{name}.tsv", pair_lines(6 + at, "oup", name), "h")
    found = splits_of(tmp_path, name="MNLI")
    assert found.dev == as_pairs(pair_lines(7, "oup", stem))
    assert [len(test) for test in found.tests.values()] == [8, 9]


def test_a_genre_is_drawn_from_its_own_rows(mnli: Path) -> None:
    found = splits_of(mnli, name="MNLI-telephone")
    pool = pair_lines(9, "telephone", "t")
    drawn = k_shot(pool, last, 2, 13)
    assert (found.train, found.dev) == (as_pairs(drawn.train), as_pairs(drawn.dev))
    assert found.tests == {"test": as_pairs(pair_lines(9, "telephone", "m", 16))}
    with pytest.raises(DataError, match="no train rows"):
        splits_of(mnli, name="MNLI-letters")


@pytest.mark.parametrize("inside", [True, False])
def test_shifted_data_lies_beside_the_tasks_own(mnli: Path, inside: bool) -> None:
    config = config_of(mnli / "MNLI" if inside else mnli, name="MNLI-telephone", test_rows=5)
    found = also_rows("MNLI-letters", config, spec_of(config))
    assert found == some(as_pairs(pair_lines(9, "letters", "u", 16)), 5)


def test_shifted_data_may_call_its_labels_otherwise(tmp_path: Path) -> None:
    """HANS says non-entailment where RTE says not_entailment; both words are No."""
    lines = ["\t".join([label, *"1234", "a", "b"]) for label in ("non-entailment", "entailment")]
    write_tsv(tmp_path / "hans" / "dev.tsv", lines, "h")
    (tmp_path / "RTE").mkdir()
    config = config_of(tmp_path, name="RTE")
    found = also_rows("hans", config, spec_of(config))
    assert found == [Row(("a", "b"), "not_entailment"), Row(("a", "b"), "entailment")]


def test_shifted_data_of_a_k_shot_folder(tmp_path: Path) -> None:
    (tmp_path / "mr" / "2-13").mkdir(parents=True)
    (tmp_path / "mr" / "2-13" / "test.csv").write_text('0,"a, b"\n1,c\n')
    (tmp_path / "SST-2").mkdir()
    config = config_of(tmp_path)
    found = also_rows("mr", config, spec_of(config))
    assert found == [Row(("a, b",), "0"), Row(("c",), "1")]
    with pytest.raises(DataError, match="no file .*imdb/test.tsv"):
        also_rows("imdb", config, spec_of(config))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SST3", ["task.also_test", "'SST3'", "Did you mean SST-2?"]),
        (
            "trec",
            ["task.also_test", "trec", "0 (Description), 1 (Entity)", "SST-2 has 0 (terrible), 1"],
        ),
        ("STS-B", ["task.also_test", "low (No), high (Yes)"]),
    ],
)
def test_shifted_data_of_other_labels_is_refused(
    tmp_path: Path, name: str, words: list[str]
) -> None:
    config = config_of(tmp_path)
    with pytest.raises(ConfigError) as caught:
        also_rows(name, config, spec_of(config))
    assert [word for word in words if word not in caught.value.message] == []


def test_the_pocket_tasks_need_no_folder() -> None:
    config = TaskConfig(name="pocket-film", k=4)
    found = read_rows(config, spec_of(config))
    assert [len(found.train), len(found.dev)] == [8, 8]
    food = TaskConfig(name="pocket-food", k=4)
    other = read_rows(food, spec_of(food)).tests["test"]
    assert also_rows("pocket-food", config, spec_of(config)) == other


@pytest.fixture
def on_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A local copy of a dataset as its folder of csv files, with a cache of its own."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = tmp_path / "glue"
    folder.mkdir()
    for split, count in (("train", 30), ("validation", 8)):
        with (folder / f"{split}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["sentence", "label"])
            writer.writerows(line.split("\t") for line in rows(count, count))
    return folder


def test_a_dataset_is_sampled_like_a_file(on_hub: Path) -> None:
    found = splits_of(on_hub, data=f"hub:{on_hub}")
    drawn = k_shot(rows(30, 30), last, 2, 13)
    assert (found.train, found.dev) == (as_rows(drawn.train), as_rows(drawn.dev))
    assert found.tests == {"test": as_rows(rows(8, 8))}


def test_a_dataset_with_two_test_sets(on_hub: Path) -> None:
    names = {"train": 30, "validation_matched": 6, "validation_mismatched": 9}
    for path in on_hub.iterdir():
        path.unlink()
    files = "".join(f"  - split: {name}\n    path: {name}.csv\n" for name in names)
    card = f"---\nconfigs:\n- config_name: default\n  data_files:\n{files}---\n"
    (on_hub / "README.md").write_text(card)
    for name, count in names.items():
        with (on_hub / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["premise", "hypothesis", "label", "genre"])
            writer.writerows((f"{name}{at}", at, at % 4 - 1, "oup") for at in range(count))
    found = splits_of(on_hub, data=f"hub:{on_hub}", name="MNLI")
    assert {name: len(test) for name, test in found.tests.items()} == {
        "test": 4,
        "test_mismatched": 6,
    }, "a row of label -1 has no label"
    assert found.tests["test"][:3] == [
        Row(("validation_matched1", "1"), "entailment"),
        Row(("validation_matched2", "2"), "neutral"),
        Row(("validation_matched3", "3"), "contradiction"),
    ]
    assert len([note for note in found.notes if "left out" in note]) == 3


def test_shifted_data_of_the_same_dataset(on_hub: Path) -> None:
    config = config_of(on_hub, data=f"hub:{on_hub}")
    spec = spec_of(config)
    assert also_rows("SST-2", config, spec) == as_rows(rows(8, 8)), "the copy, not the hub"
    with pytest.raises(DataError, match="cornell-movie-review-data/rotten_tomatoes"):
        also_rows("mr", config, spec)
    with pytest.raises(ConfigError, match="pocket-film is not on the hub"):
        also_rows("pocket-film", config, spec)


def test_a_dataset_that_does_not_fit_is_named(on_hub: Path) -> None:
    (on_hub / "validation.csv").unlink()
    with pytest.raises(DataError, match="has no split 'validation'; it has train"):
        splits_of(on_hub, data=f"hub:{on_hub}")
    (on_hub / "validation.csv").write_text("text,label\nx,1\n")
    (on_hub / "train.csv").write_text("text,label\nx,1\n")
    with pytest.raises(DataError, match="has no column 'sentence'; it has text, label"):
        splits_of(on_hub, data=f"hub:{on_hub}")


def test_a_dataset_out_of_reach_is_named(on_hub: Path) -> None:
    with pytest.raises(DataError, match="cannot load the dataset 'nobody/nothing'") as caught:
        splits_of(on_hub, data="hub:nobody/nothing")
    assert "task.data" in caught.value.hint


def test_a_task_that_is_not_on_the_hub() -> None:
    with pytest.raises(ConfigError, match="not on the hub"):
        spec_of(TaskConfig(name="pocket-film", data="hub"))


def test_every_k_shot_task_has_a_name_for_each_test_set() -> None:
    for spec in tasks().values():
        assert spec.tests.keys() == spec.original.keys()
        assert spec.hub is None or spec.hub.tests.keys() == spec.tests.keys()


@pytest.mark.shared
@pytest.mark.parametrize("seed", [13, 100])
def test_real_reviews_are_drawn_balanced(shared: Path, seed: int) -> None:
    original = shared / "data" / "lm-bff" / "original"
    splits = splits_of(original, name="mr", k=16, data_seed=seed)
    for half in (splits.train, splits.dev):
        assert sorted(row.label for row in half) == ["0"] * 16 + ["1"] * 16
    assert len({row.texts for row in splits.train + splits.dev}) == 64
    assert len(splits.tests["test"]) == 2000


def test_some_rows_are_not_the_first_ones() -> None:
    """mr's test file has all of one label first."""
    sorted_rows = as_rows([f"text {at}\t{int(at >= 500)}" for at in range(1000)])
    found = some(sorted_rows, 200)
    assert len(found) == 200
    assert found == [row for row in sorted_rows if row in found], "in their order, none twice"
    assert 70 < sum(row.label == "0" for row in found) < 130
    assert some(sorted_rows, 200) == found
    assert some(sorted_rows, 0) == some(sorted_rows, 1000) == sorted_rows
