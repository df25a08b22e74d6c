"""The environment of the processes that graftui starts. Imports nothing that takes time."""

import os
import sysconfig
from pathlib import Path

import engine


def importable() -> dict[str, str]:
    """The environment, with graftui and engine importable as they are here, from any folder."""
    return {**os.environ, **_python()}


def for_engines() -> dict[str, str]:
    """The same, and how an engine's threads wait."""
    return {**os.environ, **own_of_engines()}


def own_of_engines() -> dict[str, str]:
    """What of that is not simply the environment here."""
    # Threads that spin starve busy cores, and ones that sleep at once cost a mask's update (many
    # short passes) four times its time: a spin of microseconds. Tokenizers warn about forks.
    waiting = {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": "3000"}
    # As nvidia-smi and admission number them; CUDA itself has the fastest first.
    order = {"CUDA_DEVICE_ORDER": os.environ.get("CUDA_DEVICE_ORDER", "PCI_BUS_ID")}
    return {**_python(), **waiting, **order, "TOKENIZERS_PARALLELISM": "false"}


def of_attempt(device: str, gpu: str, threads: int | None) -> dict[str, str]:
    """What an engine is told of what it was given: `device` of its config, the uuid of its GPU, CPU
    threads where it would not take as many by itself.
    """
    told = {}
    if threads and "OMP_NUM_THREADS" not in os.environ:
        told["OMP_NUM_THREADS"] = str(threads)
    if device == "cpu":
        told["CUDA_VISIBLE_DEVICES"] = ""
    elif gpu and ":" not in device:  # cuda:1 is the second of all that its user lets be seen
        told["CUDA_VISIBLE_DEVICES"] = gpu
    return told


def _python() -> dict[str, str]:
    home = str(Path(engine.__file__).parents[1])
    path = os.environ.get("PYTHONPATH", "")
    # Ahead of the standard library, site-packages could hide parts of it; nor is it needed there.
    if home != sysconfig.get_path("purelib") and home not in path.split(os.pathsep):
        path = os.pathsep.join(filter(None, (home, path)))
    # Else a folder `engine` in the user's working directory would be taken for ours.
    return {"PYTHONPATH": path, "PYTHONSAFEPATH": "1", "PYTHONUNBUFFERED": "1"}
