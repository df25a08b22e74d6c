"""The machine and the environment that an attempt runs in, as far as they are told without torch.

Owns which variables of the environment are noted: those of a list, for any other may hold a secret.
Runs no program.
"""

import os
import platform
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from engine.contract.provenance import Facts

_NAMES = frozenset([
    "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_LAUNCH_BLOCKING", "CUBLAS_WORKSPACE_CONFIG",
    "NVIDIA_TF32_OVERRIDE", "NVIDIA_VISIBLE_DEVICES", "PYTORCH_CUDA_ALLOC_CONF",
    "PYTORCH_ALLOC_CONF", "HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES",
    "MKL_NUM_THREADS", "MKL_DYNAMIC", "MKL_CBWR", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "TOKENIZERS_PARALLELISM", "PYTHONHASHSEED", "PYTHONPATH", "VIRTUAL_ENV", "CONDA_DEFAULT_ENV",
    "LD_LIBRARY_PATH", "LD_PRELOAD",
    "HF_HOME", "HF_HUB_CACHE", "HF_DATASETS_CACHE",
    "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE",
    "SLURM_JOB_ID", "SLURM_ARRAY_JOB_ID", "SLURM_ARRAY_TASK_ID", "SLURM_JOB_PARTITION",
    "SLURM_JOB_NODELIST", "SLURM_CPUS_PER_TASK", "SLURM_MEM_PER_NODE", "SLURM_RESTART_COUNT",
    "SLURM_CLUSTER_NAME",
])  # fmt: skip
_FAMILIES = ("OMP_", "GOMP_", "KMP_", "GRAFTUI_")
"""Beginnings of names that are noted."""
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASS|CRED|AUTH|NOTIFY|HOOK", re.IGNORECASE)
"""In the name of one that is not, whatever its beginning."""
_LONGEST = 1000
"""Characters of a value."""


def environment(variables: Mapping[str, str] = os.environ) -> Facts:
    """The variables that matter to a result. An address is left out: it may hold a password."""
    return {
        name: value[:_LONGEST]
        for name, value in sorted(variables.items())
        if (name in _NAMES or name.startswith(_FAMILIES))
        and not _SECRET.search(name)
        and "://" not in value
    }


def hardware() -> Facts:
    """The host: its name, system, processor, cores that may be used, and memory."""
    system = os.uname()
    return {
        "host": system.nodename,
        "system": f"{system.sysname} {system.release} {system.machine}",
        "cpu": _processor(),
        "cores": _cores(),
        "memory_bytes": _memory(),
    }


def _processor() -> str:
    with suppress(OSError):
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            told = re.search(r"^model name\s*:\s*(.+)$", file.read(4096), re.MULTILINE)
        if told:
            return told[1].strip()
    return platform.machine()


def _cores() -> int | None:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None


def driver() -> str | None:
    """Version of NVIDIA's driver; None: there is none."""
    with suppress(OSError):
        told = re.search(r"\s(\d+(?:\.\d+)+)\s", _DRIVER.read_text(errors="replace"))
        return told[1] if told else None
    return None


_DRIVER = Path("/proc/driver/nvidia/version")
