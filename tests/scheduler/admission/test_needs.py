"""What a run needs: by its word, by what such runs took, by its model."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.contract.kinds.graft import GraftConfig
from engine.contract.model_folder import weights_of
from engine.contract.sections import ComputeConfig, ModelConfig, TaskConfig
from graftui.models import Run, RunStatus
from graftui.registry.store import Store
from graftui.scheduler.admission import needs
from graftui.scheduler.admission.machine import GIB, Need, Source
from graftui.scheduler.admission.needs import Needs
from graftui.scheduler.submit import Plan
from tests.scheduler.scheduler_bench import Bench


def graft(model: str = "some/model", task: str = "pocket-film", **changes: Any) -> Plan:
    compute = ComputeConfig(**changes.pop("compute", {}))
    config = GraftConfig(
        model=ModelConfig(name=model), task=TaskConfig(name=task), compute=compute, **changes
    )
    return Plan(name="g", kind="graft", config=config)


def finished(bench: Bench, made: Plan, peak: int, gpu: int | None = None) -> Run:
    (run,) = bench.submit(made)
    bench.change(run.id, peak_bytes=peak, peak_gpu_bytes=gpu)
    return bench.change(run.id, status=RunStatus.finished, ended_at=5.0)


def need(bench: Bench, made: Plan, with_gpus: bool = False) -> Need:
    (run,) = bench.submit(made)
    with Store.open(bench.settings.db) as store:
        return Needs().of(store, run, with_gpus)


def test_by_what_runs_of_its_shape_took_at_most(bench: Bench) -> None:
    finished(bench, graft(), 5 * GIB)
    finished(bench, graft(task="pocket-food", seed=3, sparsity=0.5), 6 * GIB)
    finished(bench, graft(localizer="movement"), 9 * GIB)
    finished(bench, graft(compute={"bf16": True}), 8 * GIB)
    finished(bench, graft(), 7 * GIB, gpu=11 * GIB)
    seen = need(bench, graft(steps=7))
    assert (seen.memory_bytes, seen.memory_from, seen.on_gpu) == (
        6 * GIB, Source.measured, False,
    )  # fmt: skip
    seen = need(bench, graft(), with_gpus=True)
    assert (seen.memory_bytes, seen.memory_from) == (7 * GIB, Source.measured)
    assert (seen.gpu_bytes, seen.gpu_from) == (11 * GIB + needs._CONTEXT, Source.measured)


def test_its_own_word_goes_first_and_each_figure_by_itself(bench: Bench) -> None:
    finished(bench, graft(), 5 * GIB, gpu=7 * GIB)
    seen = need(bench, graft(compute={"memory_gib": 2.5}), with_gpus=True)
    assert (seen.memory_bytes, seen.memory_from) == (5 * GIB // 2, Source.declared)
    assert seen.gpu_from is Source.measured
    seen = need(bench, graft(compute={"gpu_memory_gib": 3.0}), with_gpus=True)
    assert (seen.gpu_bytes, seen.gpu_from) == (3 * GIB, Source.declared)


def test_what_failed_or_was_cut_short_tells_nothing(bench: Bench) -> None:
    run = finished(bench, graft(), 5 * GIB)
    bench.change(run.id, status=RunStatus.cancelled)
    seen = need(bench, graft(), with_gpus=True)
    assert (seen.memory_from, seen.gpu_bytes) == (Source.assumed, None)


@pytest.mark.parametrize(
    ("device", "on_gpu", "number"),
    [("auto", True, None), ("cuda", True, None), ("cuda:2", True, 2), ("cpu", False, None)],
)
def test_where_it_computes(bench: Bench, device: str, on_gpu: bool, number: int | None) -> None:
    seen = need(bench, graft(compute={"device": device}), with_gpus=True)
    assert (seen.on_gpu, seen.device) == (on_gpu, number)
    assert seen.gpu_bytes == (None if on_gpu else 0)


def test_a_model_on_the_disk_lets_one_guess(bench: Bench, tmp_path: Path) -> None:
    weights = weights_of("pocket:masked-lm")
    assert weights
    seen = need(bench, graft("pocket:masked-lm"), with_gpus=True)
    assert seen.memory_from is seen.gpu_from is Source.estimated
    assert seen.gpu_bytes == 24 * weights + GIB + needs._CONTEXT
    assert need(bench, graft("pocket:masked-lm")).memory_bytes == 24 * weights + GIB


def test_the_headers_are_counted(tmp_path: Path) -> None:
    header = json.dumps({
        "__metadata__": {"format": "pt"},
        "a": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]},
        "b": {"dtype": "F32", "shape": [], "data_offsets": [48, 52]},
    }).encode()  # fmt: skip
    for name in ("model-1.safetensors", "model-2.safetensors"):
        (tmp_path / name).write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 52)
    assert weights_of(str(tmp_path)) == 26
    assert weights_of("roberta-base") is None
    for wrong in (b"", b"12", (1 << 60).to_bytes(8, "little"), (2).to_bytes(8, "little") + b"[]"):
        (tmp_path / "model-1.safetensors").write_bytes(wrong)
        assert weights_of(str(tmp_path)) is None


def test_the_pocket_models_are_as_large_as_their_weights() -> None:
    """Against the library that reads them."""
    from safetensors import safe_open

    from engine.contract.model_folder import pocket_folder

    (file,) = pocket_folder("pocket:masked-lm").glob("*.safetensors")
    with safe_open(str(file), "np") as tensors:
        total = sum(tensors.get_tensor(key).size for key in tensors.keys())  # noqa: SIM118
    assert weights_of("pocket:masked-lm") == total
