"""A warm engine: a process that has imported what takes seconds, and forks a child a run.

    python -m engine.warm --channel 7 --runs data/runs      (graftui does that: 7 is a socket)

Each child is its own session and, by way of a fork between, a child of who asked for it; it waits
at its gate, and then is `python -m engine` in all but the imports. The warm process ends with the
socket, or after a while without a request. Owns what is imported beforehand, and refuses to fork
once a thread has begun or a GPU is open in it: neither outlives a fork. Linux alone.
"""

import argparse
import atexit
import ctypes
import gc
import importlib
import os
import pkgutil
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from engine.contract.layout import write_json
from engine.contract.warming import Begin, Forked, Ready, Refused, Said, Start, heard, line

IDLE_S = 300.0
"""It holds some 300 MB of memory: not for ever."""
_FAMILIES = (
    "albert", "bert", "deberta_v2", "distilbert", "electra", "gpt2", "gpt_neo", "gpt_neox",
    "llama", "modernbert", "opt", "qwen2", "roberta", "xlm_roberta",
)  # fmt: skip
"""Models of transformers that are loaded beforehand: 30 ms each. Others load in the child."""
_GPUS = ("/dev/nvidia", "/dev/kfd", "/dev/dxg")
_LONGEST = 8 << 20
"""Bytes of a request: of any environment."""
State = dict[str, tuple[int, int]]
"""Of files: time of modification, and size."""


@dataclass(frozen=True, slots=True)
class Child:
    """What a child has been forked for."""

    start: Start
    output: int
    """Descriptor of its output."""
    gate: int
    """Descriptor that it waits at."""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m engine.warm", description=__doc__)
    parser.add_argument("--channel", type=int, required=True, help="descriptor of the socket")
    parser.add_argument("--runs", required=True, help="whose runs these are: `ps` shows it")
    asked = parser.parse_args(arguments)
    with socket.socket(fileno=asked.channel) as channel:
        load()
        if why := unfit():
            _say(channel, Refused(why))
            return 1
        child = serve(channel)
    if child is not None:
        _leave(be_engine(child))
    return 0


def load() -> None:
    """Import what runs need. No model, no data: a child is as new as a cold engine."""
    import numpy  # noqa: F401
    import torch  # noqa: F401

    for family in _FAMILIES:
        # transformers drops models now and then: those would be loaded by no run either.
        with suppress(ModuleNotFoundError):
            importlib.import_module(f"transformers.models.{family}.modeling_{family}")
    for package in ("engine.kinds", "engine.graft.localizers"):
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__):
            importlib.import_module(f"{package}.{module.name}")
    importlib.import_module("engine.__main__")
    # OpenBLAS begins its threads when it is loaded, and ends them before a fork, by itself; they
    # come back with its first use. So it is here without any from the first child on.
    if (pid := os.fork()) == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    gc.collect()
    gc.freeze()  # else a child's first collection would copy all of this


def unfit() -> str:
    """Why this process must not fork, or nothing."""
    threads = len(os.listdir("/proc/self/task")) - 1
    if threads:
        return f"{threads} of its threads have begun"
    for number in os.listdir("/proc/self/fd"):
        with suppress(FileNotFoundError):  # the one that lists them
            path = os.readlink(f"/proc/self/fd/{number}")
            if path.startswith(_GPUS):
                return f"it has opened {path}"
    return ""


def serve(channel: socket.socket) -> Child | None:
    """Fork a child a request, until there are none. In a child: what it was forked for."""
    loaded = state()
    channel.settimeout(IDLE_S)
    _say(channel, Ready())
    for child in _requests(channel):
        reason = unfit()
        changed = "" if reason else _changed(loaded)
        if reason or changed:
            _say(channel, Refused(reason or f"{changed} has changed", outdated=bool(changed)))
            return None
        try:
            pid = fork()
        except OSError as error:
            _say(channel, Refused(f"it cannot fork: {error.strerror}"))
            return None
        if pid == 0:
            return child
        os.close(child.output)
        os.close(child.gate)
        _say(channel, Forked(pid))
    return None


def fork() -> int:
    """The process number of a grandchild, which has lost its parent by then; 0 in that one.

    Raises OSError where there is no room for another process.
    """
    reading, writing = os.pipe()
    between = os.fork()
    if between == 0:
        with suppress(OSError):
            if (pid := os.fork()) == 0:
                os.close(reading)
                os.close(writing)
                return 0
            os.write(writing, str(pid).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        number = pipe.read()
    os.waitpid(between, 0)
    if not number:
        raise BlockingIOError(11, "no more processes")
    return int(number)


def be_engine(child: Child) -> int:
    """In the child: be the engine of one run; its exit code."""
    os.setsid()
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    for number in (1, 2):
        os.dup2(child.output, number)
    os.close(child.output)
    given = os.environ.get("OMP_NUM_THREADS")
    os.environ.clear()
    os.environ.update(child.start.env)
    os.chdir(child.start.cwd)
    begin = _at_gate(child.gate)
    if begin is None:
        return 0
    if begin.path:
        with suppress(OSError):  # a full disk; graftui writes it too
            Path(begin.path).parent.mkdir(exist_ok=True)
            write_json(Path(begin.path), begin.attempt)
    _be_new(given)
    _be_called(child.start.arguments)

    from engine.__main__ import main as engine

    return engine(child.start.arguments)


def state() -> State:
    """Of the files of all modules that are loaded."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return {path: _state(path) for path in files if path}


def _state(path: str) -> tuple[int, int]:
    try:
        seen = os.stat(path)
    except OSError:
        return 0, 0
    return seen.st_mtime_ns, seen.st_size


def _changed(loaded: State) -> str:
    """The first of the loaded files that is not as it was."""
    return next((path for path, before in loaded.items() if _state(path) != before), "")


def _requests(channel: socket.socket) -> Iterator[Child]:
    """What is asked for, until who asks is gone or silent for long."""
    while True:
        try:
            text, numbers, _, _ = socket.recv_fds(channel, 1 << 16, 2)
            while text and not text.endswith(b"\n") and len(text) < _LONGEST:
                more = channel.recv(1 << 16)
                text = text + more if more else b""
        except (TimeoutError, ConnectionError):
            return
        if not text:
            return
        said = heard(text)
        assert isinstance(said, Start)
        yield Child(said, *numbers)


def _say(channel: socket.socket, said: Said) -> None:
    with suppress(OSError):  # who asked is gone: the next request will not come
        channel.sendall(line(said))


def _at_gate(gate: int) -> Begin | None:
    """What came through; None: who asked is gone, or thought better of it."""
    with os.fdopen(gate, "rb") as file:
        text = file.readline()
    if not text.endswith(b"\n"):
        return None
    said = heard(text)
    assert isinstance(said, Begin)
    return said


def _be_new(given: str | None) -> None:
    """Be as a process that has just been started. `given`: threads, as the parent was told."""
    import numpy as np
    import torch

    np.random.seed()  # else that of all children would be the same; Python sees to its own
    threads = os.environ.get("OMP_NUM_THREADS")
    if threads != given:  # read when the library was loaded
        number = (threads or "").partition(",")[0]
        torch.set_num_threads(int(number) if number.isdigit() else len(os.sched_getaffinity(0)))


def _leave(code: int) -> NoReturn:
    """End as Python does, but for the modules: taking those apart copies them, 0.3 s a run."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    os._exit(code)


def _be_called(arguments: list[str]) -> None:
    """Have `ps` and Python show what this is: `python -m engine RUN_DIR --attempt N`."""
    import engine.__main__

    sys.argv = [str(engine.__main__.__file__), *arguments]
    with suppress(OSError, ValueError, IndexError):
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        first, last = int(fields[45]), int(fields[46])
        name = "\0".join([sys.executable, "-m", "engine", *arguments]).encode()
        room = last - first
        ctypes.memmove(first, name[: room - 1].ljust(room, b"\0"), room)


if __name__ == "__main__":
    sys.exit(main())
