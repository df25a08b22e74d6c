"""What ended a run, as its last event: the reason, a sentence, and what to do.

Owns which error means which reason. The traceback of one that nobody foresaw goes to output.log.
"""

import contextlib
import errno
import re
import sys
import traceback

from pydantic import ValidationError

from engine.contract import schema
from engine.contract.events import Failed, FailReason
from engine.errors import EngineError

# As torch's allocators, the C++ library and the system word it.
_NO_MEMORY = re.compile(
    r"allocate memory|bad_alloc|not enough memory|out of memory|MemoryError", re.IGNORECASE
)
_ON_GPU = re.compile(r"CUDA|HIP|MPS|GPU")
_ASKED = re.compile(r"tried to allocate (\d+) bytes")
_SMALLER = "set train.micro_batch, or lower compute.batch_tokens"


def failure(error: Exception) -> Failed:
    """The event for an error."""
    if isinstance(error, EngineError):
        _print(f"{error.message}\n{error.hint}")
        return Failed(reason=error.reason, message=error.message, hint=error.hint)
    if isinstance(error, ValidationError):
        troubles = schema.explain(error)
        return Failed(reason=FailReason.config, message="; ".join(troubles.values()))
    if disk_is_full(error):
        return Failed(
            reason=FailReason.crashed,
            message="the disk is full",
            hint="free some space (`graftui rm ID` deletes a run with its checkpoint); then "
            "`graftui resume ID` goes on with it",
        )
    _print("".join(traceback.format_exception(error)))
    if advice := out_of_memory(error):
        return Failed(reason=FailReason.oom, message=advice[0], hint=advice[1])
    if isinstance(error, OSError) and error.filename:
        return Failed(
            reason=FailReason.data, message=str(error), hint="check the path and the disk"
        )
    return Failed(
        reason=FailReason.crashed,
        message=f"{type(error).__name__}: {error}",
        hint="this is a bug: output.log holds the traceback",
    )


def disk_is_full(error: Exception) -> bool:
    """Whether there was no room for a file; safetensors words it in an error of its own."""
    number = error.errno if isinstance(error, OSError) else None
    return number in (errno.ENOSPC, errno.EDQUOT) or "No space left on device" in str(error)


def out_of_memory(error: Exception) -> tuple[str, str] | None:
    """What to say if that is what `error` means, and what to do."""
    text = f"{type(error).__name__}: {error}"
    known = isinstance(error, MemoryError | RuntimeError | OSError)
    if not known or not (_NO_MEMORY.search(text) or type(error).__name__ == "OutOfMemoryError"):
        return None
    if _ON_GPU.search(text):
        return str(error).splitlines()[0], _SMALLER
    asked = _ASKED.search(text)
    more = f": {int(asked[1]) / 2**30:.3g} GiB more were asked for" if asked else ""
    return (
        f"the memory of this machine ran out{more}",
        f"end other work, run fewer at once (GRAFTUI_JOBS), {_SMALLER}, or take a smaller model",
    )


def _print(text: str) -> None:
    """To output.log. The event says the same, and a full disk must not take that with it."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr)
