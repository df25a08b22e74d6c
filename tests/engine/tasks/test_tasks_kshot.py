"""K-shot files, byte for byte against LM-BFF's procedure written out with numpy and pandas."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.catalog import tasks
from engine.contract.sections import TaskConfig
from engine.errors import DataError
from engine.tasks.kshot import write_kshot
from engine.tasks.readers import read_table
from engine.tasks.sources import read_rows

SEEDS = (13, 21, 42, 87, 100)
KINDS = ("sst-5", "mr", "subj", "trec", "SST-2", "CoLA", "MRPC", "QQP", "STS-B", "MNLI", "SNLI")


def drawn_by_hand(records: list[Any], label: Any, k: int, seed: int, times: int) -> list[list[Any]]:
    """Shuffled, grouped, the first K and the next of each group (REFERENCE.md, section 2)."""
    kept = np.random.get_state()
    np.random.seed(seed)
    np.random.shuffle(records)
    np.random.set_state(kept)
    order = list(dict.fromkeys(map(label, records)))
    parts = [[record for record in records if label(record) == group] for group in order]
    train = [record for part in parts for record in part[:k]]
    return [train, [record for part in parts for record in part[k : k + times * k]]]


def tsv_by_hand(source: Path, k: int, seed: int, times: int, head: int, label: Any) -> list[bytes]:
    """The bytes of train and dev, from raw lines with their own ends."""
    with source.open("rb") as file:
        lines = file.readlines()
    halves = drawn_by_hand(lines[head:], label, k, seed, times)
    return [b"".join(lines[:head] + half) for half in halves]


def csv_by_hand(source: Path, k: int, seed: int, times: int, out: Path) -> list[bytes]:
    rows = pandas.read_csv(source, header=None, keep_default_na=False).values.tolist()
    halves = drawn_by_hand(rows, lambda row: row[0], k, seed, times)
    found = []
    for half in halves:
        pandas.DataFrame(half).to_csv(out, header=False, index=False)
        found.append(out.read_bytes())
    return found


def bytes_of(paths: list[Path]) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in paths}


END = st.sampled_from(["\n", "\r\n"])
TSV = st.text(st.characters(exclude_characters="\t\r\n\0", exclude_categories=["Cs"]), max_size=12)


@given(
    texts=st.lists(TSV, min_size=30, max_size=60),
    end=END,
    bom=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
    mode=st.sampled_from(["k-shot", "k-shot-10x"]),
)
def test_raw_lines_are_kept(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[str],
    end: str,
    bom: bool,
    seed: int,
    mode: str,
) -> None:
    root = tmp_path_factory.mktemp("made")
    head = "\ufeff" * bom + "sentence\tlabel"
    lines = [head, *(f"{text}\t{at * at % 3 % 2}" for at, text in enumerate(texts))]
    (root / "train.tsv").write_bytes("".join(line + end for line in lines).encode())
    (root / "dev.tsv").write_bytes("".join(line + end for line in lines[:9]).encode())
    written = write_kshot(tasks()["SST-2"], str(root), root / "out", 3, seed, mode)
    assert [path.relative_to(root / "out").as_posix() for path in written] == [
        f"SST-2/3-{seed}/{split}.tsv" for split in ("train", "dev", "test")
    ]
    times = 10 if mode == "k-shot-10x" else 1
    last = lambda line: line.rstrip(b"\r\n").split(b"\t")[-1]  # noqa: E731
    train, dev = tsv_by_hand(root / "train.tsv", 3, seed, times, 1, last)
    test = (root / "dev.tsv").read_bytes()
    assert bytes_of(written) == {"train.tsv": train, "dev.tsv": dev, "test.tsv": test}


CSV = st.text("abc ,\"'\n🙂\u2028", min_size=1, max_size=12).filter(str.strip)


@given(texts=st.lists(CSV, min_size=30, max_size=60), seed=st.integers(0, 2**32 - 1))
def test_csv_is_written_as_pandas_does(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], seed: int
) -> None:
    root = tmp_path_factory.mktemp("made")
    rows = [(at % 3 % 2, text) for at, text in enumerate(texts)]
    for name, part, end in (("train", rows, "\r\n"), ("test", rows[:9], "\n")):
        with (root / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator=end).writerows(part)
    written = write_kshot(tasks()["mr"], str(root), root / "out", 3, seed, "k-shot")
    train, dev = csv_by_hand(root / "train.csv", 3, seed, 1, root / "half.csv")
    pandas.DataFrame(rows[:9]).to_csv(root / "half.csv", header=False, index=False)
    test = (root / "half.csv").read_bytes()
    assert bytes_of(written) == {"train.csv": train, "dev.csv": dev, "test.csv": test}


def write_lines(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())


def test_mnli_has_its_own_names(tmp_path: Path) -> None:
    labels = tasks()["MNLI"].labels
    lines = ["\t".join([*"0123456789", labels[at % 3]]) for at in range(12)]
    for name in ("train", "dev_matched", "dev_mismatched"):
        write_lines(tmp_path / f"{name}.tsv", [name, *lines])
    written = write_kshot(tasks()["MNLI"], str(tmp_path), tmp_path / "out", 1, 13, "k-shot")
    names = ["train.tsv", "dev_matched.tsv", "test_matched.tsv", "test_mismatched.tsv"]
    assert [path.name for path in written] == names
    heads = [path.read_text().split("\n")[0] for path in written]
    assert heads == ["train", "train", "dev_matched", "dev_mismatched"]


def test_a_regression_and_a_task_without_a_header(tmp_path: Path) -> None:
    scored = ["\t".join([*"012345678", str(at * 7 % 11 / 2)]) for at in range(20)]
    write_lines(tmp_path / "STS-B" / "train.tsv", ["head", *scored])
    write_lines(tmp_path / "STS-B" / "dev.tsv", ["head", *scored])
    judged = [f"x\t{at % 2}\t\tsentence {at}" for at in range(20)]
    write_lines(tmp_path / "CoLA" / "train.tsv", judged)
    write_lines(tmp_path / "CoLA" / "dev.tsv", judged)
    low = lambda line: float(line.split(b"\t")[-1]) < 2.5  # noqa: E731
    second = lambda line: line.split(b"\t")[1]  # noqa: E731
    for name, head, label in (("STS-B", 1, low), ("CoLA", 0, second)):
        written = write_kshot(tasks()[name], str(tmp_path), tmp_path / "out", 4, 42, "k-shot")
        train, dev = tsv_by_hand(tmp_path / name / "train.tsv", 4, 42, 1, head, label)
        found = bytes_of(written)
        assert (found["train.tsv"], found["dev.tsv"]) == (train, dev)
        assert found["test.tsv"] == (tmp_path / name / "dev.tsv").read_bytes()


def test_a_last_line_without_its_end_is_not_glued_to_the_next(tmp_path: Path) -> None:
    lines = ["sentence\tlabel", *(f"t{at}\t{at % 2}" for at in range(8))]
    (tmp_path / "train.tsv").write_text("\n".join(lines))
    (tmp_path / "dev.tsv").write_text("\n".join(lines))
    for seed in range(4):
        write_kshot(tasks()["SST-2"], str(tmp_path), tmp_path / "out", 2, seed, "k-shot")
        found = (tmp_path / f"out/SST-2/2-{seed}/train.tsv").read_text()
        assert found.count("\n") == 5
        assert set(found.split("\n")) <= {*lines, ""}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    lines = ["sentence\tlabel", *(f"t{at}\t{at % 2}" for at in range(8))]
    for name in ("train", "dev"):
        write_lines(tmp_path / "from" / f"{name}.tsv", lines)
    return tmp_path / "from"


def test_a_folder_that_is_there_is_left_alone(source: Path, tmp_path: Path) -> None:
    draw = tasks()["SST-2"], str(source), tmp_path / "out", 2, 13
    written = write_kshot(*draw, "k-shot")
    before = [path.stat().st_mtime_ns for path in written]
    assert write_kshot(*draw, "k-shot") == written
    assert [path.stat().st_mtime_ns for path in written] == before, "the same again is no change"
    written[0].write_text("mine\n")
    with pytest.raises(DataError, match="2-13 is already there"):
        write_kshot(*draw, "k-shot")
    assert written[0].read_text() == "mine\n"


@pytest.mark.parametrize("link", ["SST-2", "SST-2/2-13"])
@pytest.mark.parametrize("there", [True, False])
def test_a_link_out_of_the_folder_is_not_followed(
    source: Path, tmp_path: Path, link: str, there: bool
) -> None:
    elsewhere = tmp_path / "elsewhere"
    if there:
        elsewhere.mkdir()
    (tmp_path / "out" / link).parent.mkdir(parents=True)
    (tmp_path / "out" / link).symlink_to(elsewhere)
    with pytest.raises(DataError, match="elsewhere.*, outside of .*out"):
        write_kshot(tasks()["SST-2"], str(source), tmp_path / "out", 2, 13, "k-shot")
    assert not there or list(elsewhere.iterdir()) == []


def test_nothing_is_left_half_written(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.name == "dev.tsv":
            raise OSError("no space left on device")
        return whole(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="no space left"):
        write_kshot(tasks()["SST-2"], str(source), tmp_path / "out", 2, 13, "k-shot")
    assert list((tmp_path / "out" / "SST-2").iterdir()) == []


def test_a_folder_without_original_files_is_refused(source: Path, tmp_path: Path) -> None:
    (source / "train.tsv").rename(source / "other.tsv")
    with pytest.raises(DataError, match="holds no train.tsv"):
        write_kshot(tasks()["SST-2"], str(source), tmp_path / "out", 2, 13, "k-shot")


ON_HUB = {
    "MNLI": ("validation_matched", "validation_mismatched"),
    "CoLA": ("validation",),
    "subj": ("test",),
    "anli": ("test_r1",),
    "STS-B": ("validation",),
}


@pytest.mark.parametrize("name", ON_HUB)
def test_rows_of_the_hub_are_written_in_the_tasks_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Drawing from the hub gives what its k-shot files give, but for tabs and line ends in tsv."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    spec = tasks()[name]
    assert spec.hub
    splits = (spec.hub.train, *ON_HUB[name])
    (tmp_path / "hub").mkdir()
    files = "".join(f"  - split: {split}\n    path: {split}.jsonl\n" for split in splits)
    card = f"---\nconfigs:\n- config_name: default\n  data_files:\n{files}---\n"
    (tmp_path / "hub" / "README.md").write_text(card)
    classes = len(spec.labels)
    for split in splits:
        records = [
            {
                **{column: f'{split} "{at}", 🙂\u2028 {column}' for column in spec.hub.text},
                spec.hub.label: at % classes * (4.5 if spec.bounds else 1),
            }
            for at in range(6 * classes)
        ]
        (tmp_path / "hub" / f"{split}.jsonl").write_text("\n".join(map(json.dumps, records)))
    source = f"hub:{tmp_path / 'hub'}"
    written = write_kshot(spec, source, tmp_path / "out", 2, 21, "k-shot")
    config = {"name": name, "k": 2, "data_seed": 21}
    first = read_rows(TaskConfig.model_validate({**config, "data": source}), spec)
    again = read_rows(TaskConfig.model_validate({**config, "data": str(tmp_path / "out")}), spec)
    assert (first.train, first.dev, first.tests) == (again.train, again.dev, again.tests)
    assert len(first.train) == 2 * classes
    assert len(written) == 2 + len(ON_HUB[name])


def test_tabs_of_the_hub_become_spaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "hub").mkdir()
    records = [{"sentence": f"a\tb\r\nc {at}", "label": at % 2} for at in range(8)]
    for split in ("train", "validation"):
        (tmp_path / "hub" / f"{split}.jsonl").write_text("\n".join(map(json.dumps, records)))
    source = f"hub:{tmp_path / 'hub'}"
    written = write_kshot(tasks()["SST-2"], source, tmp_path / "out", 2, 13, "k-shot")
    lines = written[2].read_text().split("\n")
    assert lines == ["text0\tlabel", *(f"a b  c {at}\t{at % 2}" for at in range(8)), ""]


def groups_of(labels: list[str]) -> list[str]:
    """The labels in order, one for each run of equal ones."""
    return [label for at, label in enumerate(labels) if at == 0 or labels[at - 1] != label]


def checked(folder: Path, name: str) -> Counter[str]:
    """The rows of a split, once it has what every split drawn by the procedure has."""
    spec = tasks()[name]
    train, dev = (
        read_table(folder / f"{stem}.{spec.format}", spec) for stem in ("train", spec.dev)
    )
    half = (lambda label: str(float(label) < 2.5)) if spec.bounds else str
    classes = [[half(row.label) for row in table.rows] for table in (train, dev)]
    for labels in classes:
        assert set(Counter(labels).values()) == {16}
        assert len(set(labels)) == len(spec.labels)
        assert len(groups_of(labels)) == len(spec.labels), "groups stand together"
    assert groups_of(classes[0]) == groups_of(classes[1]), "in the same order"
    assert train.header == dev.header
    assert bool(train.header) == spec.header
    return Counter(str(record.content) for record in (*train.records, *dev.records))


@pytest.mark.shared
@pytest.mark.parametrize("name", KINDS)
def test_published_splits_have_the_procedures_properties(shared: Path, name: str) -> None:
    for seed in SEEDS:
        rows = checked(shared / f"data/lm-bff/k-shot/{name}/16-{seed}", name)
        assert set(rows.values()) == {1}, f"dev shares no row with train, seed {seed}"


@pytest.mark.shared
@pytest.mark.parametrize("name", ["SST-2", "mr", "sst-5", "subj", "trec"])
def test_splits_drawn_here_have_them_too(shared: Path, tmp_path: Path, name: str) -> None:
    spec = tasks()[name]
    published = shared / "data/lm-bff/k-shot" / name
    source = shared / "data/lm-bff/original"
    records = read_table(source / name / f"train.{spec.format}", spec).records
    # TREC's own file has a few questions twice.
    pool = Counter(str(record.content) for record in records)
    written = write_kshot(spec, str(source), tmp_path, 16, SEEDS[0], "k-shot")
    assert checked(written[0].parent, name) <= pool
    test = (published / f"16-{SEEDS[0]}" / written[2].name).read_bytes()
    assert written[2].read_bytes() == test, "the published test file, to the byte"


@pytest.mark.shared
@pytest.mark.parametrize("name", ["SST-2", "mr", "sst-5", "subj", "trec"])
def test_real_files_are_drawn_by_the_book(shared: Path, tmp_path: Path, name: str) -> None:
    spec = tasks()[name]
    source = shared / "data/lm-bff/original" / name / f"train.{spec.format}"
    for mode, times in (("k-shot", 1), ("k-shot-10x", 10)):
        written = write_kshot(spec, str(source.parents[1]), tmp_path / mode, 16, 87, mode)
        if spec.format == "csv":
            expected = csv_by_hand(source, 16, 87, times, tmp_path / "half.csv")
        else:
            last = lambda line: line.strip().split(b"\t")[-1]  # noqa: E731
            expected = tsv_by_hand(source, 16, 87, times, 1, last)
        assert [path.read_bytes() for path in written[:2]] == expected
