"""Reading answers and maps: what is right as it was written, the rest refused in bounded memory."""

import gzip
import json
import os
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from graftui.errors import UsageError
from graftui.results import answers as module
from graftui.results.answers import answers_of
from graftui.results.maps import map_of
from tests.each import each
from tests.strange import VALUES

HEAD: dict[str, Any] = {
    "v": 1, "task": "SST-2", "subject": "model", "stage": "learnt_graft", "split": "test",
    "labels": {"sparsity": 0.001}, "columns": ["id", "gold", "prediction", "probabilities"],
    "classes": ["0", "1"], "rows": 2,
}  # fmt: skip
ROWS: list[Any] = [["a", 0, 1, [0.25, 0.75]], ["b", 1, 1, [None, 1]]]
TENSOR: dict[str, Any] = {
    "name": "l.0.q.weight", "part": "layer", "layer": 0, "module": "q", "parameter": "weight",
    "maskable": 9,
}  # fmt: skip
GRAFT: dict[str, Any] = {
    "subject": "model", "stage": "learnt_graft", "labels": {"sparsity": 0.1},
    "skill": "skill.safetensors", "weights": 3, "counts": [3],
}  # fmt: skip
MAP: dict[str, Any] = {"v": 1, "model": "m", "tensors": [TENSOR], "grafts": [GRAFT]}


def written(folder: Path, *lines: Any) -> Path:
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "answers.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    return folder


def test_groups_are_read_as_they_were_written(tmp_path: Path) -> None:
    assert list(answers_of(tmp_path)) == [], "no file"
    other = {**HEAD, "subject": "union", "labels": {}, "rows": 0}
    first, second = answers_of(written(tmp_path, HEAD, *ROWS, other))
    assert (first.what, first.labels, first.classes) == (
        "learnt_graft", {"sparsity": 0.001}, ("0", "1"),
    )  # fmt: skip
    assert first.rows[0] == ("a", 0, 1, (0.25, 0.75))
    assert str(first.rows[1].probabilities) == "(nan, 1.0)"
    assert (second.what, second.rows) == ("union/learnt_graft", ())


def test_a_torn_file_gives_the_groups_before_the_tear(tmp_path: Path) -> None:
    many = [[os.urandom(8).hex(), 0, 0, [1, 0]] for _ in range(5000)]
    path = written(tmp_path, HEAD, *ROWS, {**HEAD, "rows": 5000}, *many) / "answers.jsonl.gz"
    path.write_bytes(path.read_bytes()[:40_000])
    groups = answers_of(tmp_path)
    assert len(next(groups).rows) == 2
    with pytest.raises(UsageError, match="answers.jsonl.gz cannot be read"):
        next(groups)


@each(
    "lines",
    [
        [[]], [7], [{**HEAD, "v": 2}, *ROWS], [HEAD], [HEAD, ROWS[0]], [{**HEAD, "rows": -1}],
        [{**HEAD, "rows": 10**12}], [{**HEAD, "rows": True}, *ROWS], [{**HEAD, "labels": [1]}],
        [{**HEAD, "bounds": [0, 5]}, *ROWS], [{**HEAD, "stage": None}, *ROWS],
        [HEAD, ROWS[0], ["b", 2, 0, [0, 1]]], [HEAD, ROWS[0], ["b", 0, 0, [1]]],
        [HEAD, ROWS[0], ["b", 0, 0, [0, 2]]], [HEAD, ROWS[0], [1, 0, 0, [0, 1]]],
        [HEAD, ROWS[0], ["b", 0.5, 0, [0, 1]]],
        [{**HEAD, "classes": ["c"] * 5000}, *ROWS],
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(tmp_path: Path, lines: list[Any]) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        list(answers_of(written(tmp_path, *lines)))


def test_a_bomb_is_refused_before_it_goes_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "answers.jsonl.gz"
    path.write_bytes(gzip.compress(b" " * (64 << 20)))  # one line without an end
    tracemalloc.start()
    with pytest.raises(UsageError, match="a line has no end"):
        list(answers_of(tmp_path))
    assert tracemalloc.get_traced_memory()[1] < 2 << 20
    tracemalloc.stop()
    monkeypatch.setattr(module, "MOST_BYTES", 1 << 20)
    row = json.dumps(ROWS[0]).encode() + b"\n"
    head = json.dumps({**HEAD, "rows": 10**6}).encode() + b"\n"
    path.write_bytes(gzip.compress(head + row * 100_000))
    with pytest.raises(UsageError, match="unpacks to more than 1 MiB"):
        list(answers_of(tmp_path))


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", b"\x1f\x8b\x08\x00", b"\x1f\x8b" + b"\0" * 99]
)
def test_what_is_no_gzip_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "answers.jsonl.gz").write_bytes(content)
    if content:
        with pytest.raises(UsageError):
            list(answers_of(tmp_path))
    else:
        assert list(answers_of(tmp_path)) == []


def test_a_pipe_is_waited_for_by_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "answers.jsonl.gz")
    os.mkfifo(tmp_path / "map.json")
    with pytest.raises(UsageError):
        list(answers_of(tmp_path))
    with pytest.raises(UsageError):
        map_of(tmp_path)


@hypothesis_settings(deadline=None, max_examples=30)
@given(data=st.data())
def test_any_value_anywhere_is_read_or_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("odd")
    head, tensor, graft = dict(HEAD), dict(TENSOR), dict(GRAFT)
    for table in (head, tensor, graft):
        if data.draw(st.booleans()):
            table[data.draw(st.sampled_from(sorted(table)))] = data.draw(VALUES)
    (folder / "map.json").write_text(json.dumps({**MAP, "tensors": [tensor], "grafts": [graft]}))
    written(folder, head, *ROWS)
    for read in (lambda: list(answers_of(folder)), lambda: map_of(folder)):
        with suppress(UsageError):
            read()


def test_a_map_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert map_of(tmp_path) is None
    (tmp_path / "map.json").write_text(json.dumps(MAP))
    found = map_of(tmp_path)
    assert found is not None
    (graft,) = found.grafts
    assert (found.model, graft.what, graft.weights) == ("m", "learnt_graft", 3)
    assert found.by_module(graft) == {(0, "q"): 3}


@each(
    "wrong",
    [
        7, {**MAP, "v": 2}, {**MAP, "tensors": None}, {**MAP, "grafts": [{**GRAFT, "counts": []}]},
        {**MAP, "grafts": [{**GRAFT, "counts": [10]}]},
        {**MAP, "grafts": [{**GRAFT, "counts": [-1]}]},
        {**MAP, "tensors": [{**TENSOR, "layer": -1}]},
    ],
)  # fmt: skip
def test_a_map_that_is_none_is_refused(tmp_path: Path, wrong: Any) -> None:
    (tmp_path / "map.json").write_text(json.dumps(wrong))
    with pytest.raises(UsageError, match="map.json cannot be read"):
        map_of(tmp_path)
