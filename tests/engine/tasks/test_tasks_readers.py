"""Readers: files as they are found in the wild, in LM-BFF's layouts and from `datasets`."""

import csv
from pathlib import Path

import pytest
from engine_bench import rows

from engine.contract.catalog import TaskSpec, tasks
from engine.contract.config import TaskConfig
from engine.data import Splits, read_rows, spec_of
from engine.errors import ConfigError, DataError
from engine.tasks.readers import Row, read_file
from engine.tasks.sampling import k_shot

SST2, MR = tasks()["SST-2"], tasks()["mr"]


def read_text(folder: Path, text: str | bytes, spec: TaskSpec = SST2) -> list[Row]:
    path = folder / f"file.{spec.format}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_file(path, spec)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sentence\tlabel\na b\t1\n", [("a b", "1")]),
        ("sentence\tlabel\na b\t1", [("a b", "1")]),
        ("\ufeffsentence\tlabel\na\t0\n", [("a", "0")]),
        ("sentence\tlabel\r\na\t0\r\nb\t1\r\n", [("a", "0"), ("b", "1")]),
        ('sentence\tlabel\nsay "no\t0\n"b" c\t1\n', [('say "no', "0"), ('"b" c', "1")]),
        ("sentence\tlabel\na\u2028b\u0085c\x0bd\t0\n", [("a\u2028b\u0085c\x0bd", "0")]),
        ("sentence\tlabel\n🙂 film\t1\n", [("🙂 film", "1")]),
        ("sentence\tlabel\n\t1\n", [("", "1")]),
        ("sentence\tlabel\n\na\t1\n\n", [("a", "1")]),
    ],
)
def test_tsv(tmp_path: Path, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(*row.texts, row.label) for row in read_text(tmp_path, text)] == expected


def test_csv_is_quoted_as_usual(tmp_path: Path) -> None:
    texts = ['say "no", twice', "two\nlines", "plain", "🙂, \u2028 and ''"]
    with (tmp_path / "file.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("0", text) for text in texts])
    found = read_file(tmp_path / "file.csv", MR)
    assert found == [Row((text,), "0") for text in texts]


def test_a_byte_order_mark_is_no_part_of_the_first_field(tmp_path: Path) -> None:
    assert read_text(tmp_path, "\ufeff0,a film\n", MR) == [Row(("a film",), "0")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sentence\tlabel\nno tab here\n", ["1 columns", "SST-2", "column 1", "no tab here"]),
        ("sentence\tlabel\ncaf\xe9\t1\n".encode("latin-1"), ["is not UTF-8"]),
    ],
)
def test_a_malformed_file_is_named(tmp_path: Path, text: str | bytes, words: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        read_text(tmp_path, text)
    assert [w for w in [*words, "file.tsv"] if w not in caught.value.message] == []


def test_a_csv_that_python_cannot_parse_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="file.csv"):
        read_text(tmp_path, f'0,"{"x" * 200_000}"\n', MR)


def write_tsv(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["sentence\tlabel", *lines, ""]), encoding="utf-8")


def splits_of(folder: Path, **task: object) -> Splits:
    config = TaskConfig.model_validate({"name": "SST-2", "data": str(folder), "k": 2, **task})
    return read_rows(config, spec_of(config))


def as_rows(lines: list[str]) -> list[Row]:
    return [Row((text,), label) for text, label in (line.split("\t") for line in lines)]


@pytest.mark.parametrize("named", [True, False])
def test_a_k_shot_folder_is_read_as_it_is(tmp_path: Path, named: bool) -> None:
    """The folder given holds the task's folder, or is it."""
    home = tmp_path / "SST-2" if named else tmp_path
    for at, split in enumerate(("train", "dev", "test")):
        write_tsv(home / "2-21" / f"{split}.tsv", rows(4 + at, at))
    found = splits_of(tmp_path, data_seed=21)
    expected = [as_rows(rows(4 + at, at)) for at in range(3)]
    assert [found.train, found.dev, found.test] == expected


def test_an_original_folder_is_sampled(tmp_path: Path) -> None:
    pool = rows(40, 1)
    write_tsv(tmp_path / "SST-2" / "train.tsv", pool)
    write_tsv(tmp_path / "SST-2" / "dev.tsv", rows(6, 2))
    found = splits_of(tmp_path, data_seed=42, test_rows=5)
    train, dev = k_shot(pool, lambda line: line.split("\t")[1], 2, 42)
    assert (found.train, found.dev) == (as_rows(train), as_rows(dev))
    assert found.test == as_rows(rows(6, 2))[:5], "GLUE's labelled test set is its dev file"


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    write_tsv(tmp_path / "SST-2" / "16-13" / "train.tsv", rows(4, 1))
    with pytest.raises(DataError, match=r"neither 2-13/ nor train.tsv") as caught:
        splits_of(tmp_path)
    assert "16-13" in caught.value.hint
    with pytest.raises(DataError, match=r"no file .*16-13/dev.tsv"):
        splits_of(tmp_path, k=16)


@pytest.mark.parametrize("empty", ["train", "dev", "test"])
def test_a_file_without_rows_is_named(tmp_path: Path, empty: str) -> None:
    for split in ("train", "dev", "test"):
        lines = [] if split == empty else rows(4, 1)
        write_tsv(tmp_path / "SST-2" / "2-13" / f"{split}.tsv", lines)
    with pytest.raises(DataError, match=f"no {empty} rows"):
        splits_of(tmp_path)


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
    train, dev = k_shot(rows(30, 30), lambda line: line.split("\t")[1], 2, 13)
    assert (found.train, found.dev) == (as_rows(train), as_rows(dev))
    assert found.test == as_rows(rows(8, 8))


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


@pytest.mark.shared
@pytest.mark.parametrize("name", ["SST-2", "mr"])
@pytest.mark.parametrize("seed", [13, 21, 42, 87, 100])
def test_published_splits_are_read(shared: Path, name: str, seed: int) -> None:
    found = splits_of(shared / "data/lm-bff/k-shot", name=name, k=16, data_seed=seed)
    for half in (found.train, found.dev):
        assert sorted(row.label for row in half) == ["0"] * 16 + ["1"] * 16
    assert {row.label for row in found.test} == {"0", "1"}
    assert all(row.texts[0].strip() for row in found.train + found.dev + found.test)
