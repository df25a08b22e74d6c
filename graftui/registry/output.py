"""The end of output.log, as a failed run shows it. Reads a bounded stretch, whatever its size."""

from pathlib import Path

TAIL_LINES = 20
_TAIL_BYTES = 64 << 10


def tail(output: Path) -> str:
    """The last lines of an engine's output; of a progress bar, what it showed last."""
    try:
        with output.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1].rstrip() for line in text.split("\n")]
    return "\n".join([line for line in lines if line][-TAIL_LINES:])
