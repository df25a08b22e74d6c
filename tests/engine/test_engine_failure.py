"""Why a run failed, as its last event says it."""

import errno
from typing import Any

import pytest
import torch

from engine.failure import failure, out_of_memory


def raised(act: Any) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011  whatever it is
        act()
    return caught.value


@pytest.mark.parametrize(
    "act",
    [
        lambda: torch.empty(2**48, dtype=torch.float64),  # the allocator's own words
        lambda: bytearray(2**62),
        lambda: (_ for _ in ()).throw(RuntimeError("std::bad_alloc")),
        lambda: (_ for _ in ()).throw(OSError(errno.ENOMEM, "Cannot allocate memory")),
    ],
)
def test_out_of_memory_without_a_gpu(act: Any, capfd: pytest.CaptureFixture[str]) -> None:
    failed = failure(raised(act))
    assert (failed.reason, failed.message.split(":")[0]) == (
        "oom", "the memory of this machine ran out",
    )  # fmt: skip
    assert "GRAFTUI_JOBS" in failed.hint
    assert "train.micro_batch" in failed.hint
    assert "Traceback" in capfd.readouterr().err


def test_how_much_was_asked_for_is_said() -> None:
    words = out_of_memory(raised(lambda: torch.empty(2**48, dtype=torch.float64)))
    assert words is not None
    assert f"{2**51 / 2**30:.3g} GiB" in words[0]


def test_out_of_memory_on_a_gpu_is_told_as_such() -> None:
    error = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nMore.")
    failed = failure(error)
    assert failed.reason == "oom"
    assert failed.message == "CUDA out of memory. Tried to allocate 2 GiB."
    assert "GRAFTUI_JOBS" not in failed.hint


@pytest.mark.parametrize("error", [ValueError("out of memory"), RuntimeError("shapes differ")])
def test_a_bug_stays_a_bug(error: Exception) -> None:
    assert failure(error).reason == "crashed"
    assert "bug" in failure(error).hint


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_named(number: int) -> None:
    told = failure(OSError(number, "no room"))
    assert told.message == "the disk is full"
    assert "graftui resume" in told.hint


def test_a_text_that_is_not_utf8_does_not_hide_the_failure() -> None:
    failed = failure(FileNotFoundError(errno.ENOENT, "No such file", "caf\udce9"))
    assert failed.reason == "data"
    assert "caf\\" in failed.message
