"""What an attempt computes with, as torch has it once model and data are loaded."""

from typing import Any

import torch

from engine.contract.provenance import DATA, HARDWARE, RANDOM, Facts, Provenance
from engine.data import TaskData
from engine.provenance.machine import driver
from engine.tokenised import Tokenised


def computing(device: torch.device, lm: Any, task: TaskData) -> Provenance:
    """Device, threads and kernels; and which model of the hub, and which rows, they are given."""
    return {HARDWARE: _hardware(device), RANDOM: _random(), DATA: _data(lm, task)}


def _hardware(device: torch.device) -> Facts:
    facts: Facts = {
        "threads": torch.get_num_threads(),
        "cpu kernels": torch.backends.cpu.get_cpu_capability(),
        "device": "CPU",
    }
    if device.type != "cuda":
        return facts
    known = torch.cuda.get_device_properties(device)
    return facts | {
        "device": known.name,
        "device_bytes": known.total_memory,
        "capability": f"{known.major}.{known.minor}",
        "driver": driver(),
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]
    }


def _random() -> Facts:
    """The seeds are in the config; these say whether the same seeds give the same numbers."""
    deterministic = torch.are_deterministic_algorithms_enabled()
    strict = deterministic and not torch.is_deterministic_algorithms_warn_only_enabled()
    return {
        "deterministic kernels": "always"
        if strict
        else "where there are"
        if deterministic
        else "no",
        "cudnn benchmark": torch.backends.cudnn.benchmark,
        "float32 products": torch.get_float32_matmul_precision(),
    }


def _data(lm: Any, task: TaskData) -> Facts:
    """Rows by what makes their tokens: texts, labels, prompts and tokenizer."""
    splits = {"train": task.train, "dev": task.dev, **task.tests}
    rows = {
        f"rows.{name}": rows.key for name, rows in splits.items() if isinstance(rows, Tokenised)
    }
    return {"model.commit": getattr(lm.config, "_commit_hash", None), **rows}
