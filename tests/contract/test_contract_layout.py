"""Files are put in place whole, and every graft of a curve has a file of its own."""

import json
import math
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.contract.layout import RunDir, clear_strays, write_json, write_whole


def test_an_old_file_survives_a_write_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "result.json"
    write_whole(path, "old")
    half = Path.write_bytes

    def disk_full(self: Path, data: bytes) -> int:
        half(self, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", disk_full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, "new and longer")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_writer_left_is_cleared_and_no_living_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.json"
    monkeypatch.setattr(Path, "replace", lambda self, to: os._exit(9))
    if (writer := os.fork()) == 0:
        write_whole(path, "half")
    os.waitpid(writer, 0)
    monkeypatch.undo()
    (stray,) = tmp_path.iterdir()
    living = stray.with_name(stray.name.replace(str(writer), str(os.getpid())))
    others = [living, stray.with_name(stray.name.replace(os.uname().nodename, "other"))]
    for each in others:
        each.touch()
    clear_strays(path)
    assert sorted(tmp_path.iterdir()) == sorted(others)


def test_a_value_that_is_no_json_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_json(path, {"loss": 0.5})
    with pytest.raises(TypeError, match="JSON"):
        write_json(path, {"loss": object()})
    assert path.read_text() == '{\n  "loss": 0.5\n}\n'


def test_what_json_has_no_number_for_is_null(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    write_json(path, {"loss": [0.5, math.inf], "scores": ({"recovery": math.nan},)})
    assert json.loads(path.read_text()) == {
        "loss": [0.5, None],
        "scores": [{"recovery": None, "not_finite": {"recovery": "nan"}}],
        "not_finite": {"loss": [None, "inf"]},
    }


def test_a_file_that_is_open_keeps_what_its_reader_saw(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    write_whole(path, b"old")
    with path.open("rb") as reader:
        write_whole(path, b"new")
        assert reader.read() == b"old"
    assert path.read_bytes() == b"new"


@given(
    st.lists(
        st.integers(1, 10**9) | st.floats(1e-9, 1, exclude_max=True),
        unique=True,
        min_size=2,
        max_size=9,
    )
)
def test_each_sparsity_has_its_own_skill_file(sparsities: list[float]) -> None:
    names = {RunDir(Path("run")).skill(s).name for s in sparsities}
    assert len(names) == len(sparsities)


def test_close_sparsities_do_not_share_a_skill_file() -> None:
    run = RunDir(Path("run"))
    assert run.skill(1_000_001) != run.skill(1_000_002)
    assert run.skill(1e-4).name == "skill-0.0001.safetensors"
