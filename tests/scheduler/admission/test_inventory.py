"""Reading a machine: GPUs by a pretend driver, memory by control groups in files."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import pynvml
import pytest

from graftui.errors import UsageError
from graftui.scheduler import memory
from graftui.scheduler.admission.inventory import Pretended, ThisMachine, inventory_of
from graftui.scheduler.admission.machine import GIB, AtWork, Gpu
from graftui.scheduler.admission.rooms import room_of
from tests.each import each


@dataclass
class Driver:
    """NVIDIA's, as far as it is asked: card -> its parts, for one that is divided."""

    cards: dict[str, list[str]]

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in dir(self):
            if name.startswith("nvml"):
                monkeypatch.setattr(pynvml, name, getattr(self, name))

    def nvmlInit(self) -> None:
        if not self.cards:
            raise pynvml.NVMLError_LibraryNotFound()

    def nvmlDeviceGetCount(self) -> int:
        return len(self.cards)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> str:
        return list(self.cards)[index]

    def nvmlDeviceGetMigMode(self, card: str) -> list[int]:
        if not self.cards[card]:
            raise pynvml.NVMLError_NotSupported()
        return [1, 1]

    def nvmlDeviceGetMaxMigDeviceCount(self, card: str) -> int:
        return 7

    def nvmlDeviceGetMigDeviceHandleByIndex(self, card: str, part: int) -> str:
        if part >= len(self.cards[card]):
            raise pynvml.NVMLError_NotFound()
        return self.cards[card][part]

    def nvmlDeviceGetMemoryInfo(self, handle: str) -> SimpleNamespace:
        return SimpleNamespace(total=24 * GIB, used=3 * GIB, free=21 * GIB)

    def nvmlDeviceGetUUID(self, handle: str) -> str:
        return handle

    def nvmlDeviceGetComputeRunningProcesses(self, handle: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(pid=7, usedGpuMemory=2 * GIB),
                SimpleNamespace(pid=8, usedGpuMemory=None)]  # fmt: skip


def test_what_the_driver_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    Driver({"GPU-aa": [], "GPU-bb": ["MIG-1", "MIG-2"]}).install(monkeypatch)
    gpus = ThisMachine().look().gpus
    assert [(gpu.index, gpu.uuid) for gpu in gpus] == [(0, "GPU-aa"), (1, "MIG-1"), (1, "MIG-2")]
    assert gpus[0] == Gpu(0, "GPU-aa", 24 * GIB, 3 * GIB, {7: 2 * GIB})


@pytest.mark.parametrize(
    ("visible", "uuids"),
    [
        ("1,0", ["GPU-bb", "GPU-aa"]), ("GPU-b", ["GPU-bb"]), ("0,7,1", ["GPU-aa"]),
        ("", []), ("-1", []), ("GPU-", []), ("0,0", ["GPU-aa"]),
    ],
)  # fmt: skip
def test_what_its_user_lets_be_seen(
    visible: str, uuids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Driver({"GPU-aa": [], "GPU-bb": []}).install(monkeypatch)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert [gpu.uuid for gpu in ThisMachine().look().gpus] == uuids


def _fails(*_: object) -> None:
    raise pynvml.NVMLError_GpuIsLost()


def test_a_driver_that_is_not_there_or_fails_means_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    Driver({}).install(monkeypatch)
    seen = ThisMachine().look()
    assert seen.gpus == ()
    assert seen.cores >= 1
    assert seen.total_bytes >= seen.available_bytes > 0
    Driver({"GPU-aa": []}).install(monkeypatch)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetMemoryInfo", _fails)
    assert ThisMachine().look().gpus == ()


def test_a_pretend_machine_is_what_its_file_says(tmp_path: Path) -> None:
    path = tmp_path / "machine.json"
    gpus = [{"uuid": "GPU-a", "total_gib": 24, "used_gib": 2}]
    path.write_text(json.dumps({"cores": 3, "memory_gib": 8, "available_gib": 6, "gpus": gpus}))
    seen = inventory_of(str(path)).look()
    assert (seen.cores, seen.total_bytes, seen.available_bytes) == (3, 8 * GIB, 6 * GIB)
    assert seen.gpus == (Gpu(0, "GPU-a", 24 * GIB, 2 * GIB, {0: 2 * GIB}),)
    assert isinstance(inventory_of(""), ThisMachine)


@each(
    "text",
    ["", "[]", "{}", '{"cores": 1}', '{"cores": 1, "memory_gib": "x"}',
     '{"cores": 1, "memory_gib": 1, "gpus": [1]}', '{"cores": 1, "memory_gib": 1, "gpus": [{}]}'],
)  # fmt: skip
def test_a_file_that_says_no_machine_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "machine.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=r"machine\.json does not say"):
        Pretended(path).look()


@pytest.fixture
def group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, dict[str, str]], None]:
    """Makes the files of the control group that this process is in."""
    monkeypatch.setattr(memory, "_OWN", tmp_path / "cgroup")
    monkeypatch.setattr(memory, "_MOUNT", tmp_path)

    def made(line: str, files: dict[str, str]) -> None:
        (tmp_path / "cgroup").write_text(line)
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)

    return made


def test_a_limit_of_the_control_group_is_what_there_is(
    group: Callable[[str, dict[str, str]], None],
) -> None:
    group("0::/a/b\n", {
        "a/memory.max": "100\n", "a/memory.current": "90\n",
        "a/memory.stat": "anon 60\ninactive_file 30\n", "a/b/memory.max": "max\n",
        "a/b/memory.current": "80\n", "a/b/memory.events": "oom 1\noom_kill 4\n",
    })  # fmt: skip
    assert memory.within_limit(1000, 500) == (100, 40)
    assert memory.within_limit(1000, 30) == (100, 30), "others have the rest"
    assert memory.within_limit(50, 20) == (50, 20), "the machine is smaller"
    assert memory.oom_kills() == 4


def test_an_older_control_group(group: Callable[[str, dict[str, str]], None]) -> None:
    group("4:memory:/a\n", {
        "memory/a/memory.limit_in_bytes": "100\n", "memory/a/memory.usage_in_bytes": "90\n",
        "memory/a/memory.stat": "total_inactive_file 20\n",
        "memory/a/memory.oom_control": "oom_kill_disable 0\noom_kill 2\n",
    })  # fmt: skip
    assert memory.within_limit(1000, 500) == (100, 30)
    assert memory.oom_kills() == 2
    group("4:memory:/other\n", {})
    assert memory.within_limit(1000, 500) == (1000, 500)


def run(id: str, gpu_bytes: int | None, gpu: str = "GPU-a") -> AtWork:
    return AtWork(id, (0.0, 0.0), "", 1, 1 * GIB, gpu, gpu_bytes)


@each(
    ("used", "held", "runs", "left"),
    [
        (0, {}, [], 24),
        (5, {99: 5}, [], 19),
        (5, {99: 5}, [run("a", 4 * GIB)], 19),  # has not begun to take what it needs
        (9, {99: 5, 1: 4}, [run("a", 4 * GIB)], 19),
        (9, {99: 5, 1: 4}, [run("a", None)], 19),
        (9, {}, [run("a", 4 * GIB)], 19),  # whose it is, the driver does not tell
        (9, {}, [run("a", None)], 24),
        (9, {99: 9}, [run("a", 4 * GIB)], 15),
        (9, {1: 9}, [run("a", 4 * GIB, "GPU-b")], 15),
    ],
)
def test_what_others_hold_of_a_gpu(
    used: int, held: dict[int, int], runs: list[AtWork], left: int
) -> None:
    gpu = Gpu(0, "GPU-a", 24 * GIB, used * GIB, {pid: size * GIB for pid, size in held.items()})
    there = SimpleNamespace(
        cores=2, total_bytes=64 * GIB, available_bytes=40 * GIB, swap_bytes=0, gpus=[gpu]
    )
    room = room_of(there, runs, {"a": 1}, {"a": 2 * GIB})  # type: ignore[arg-type]
    assert room.gpus[0].bytes == left * GIB
    assert room.bytes == (42 if runs else 40) * GIB
