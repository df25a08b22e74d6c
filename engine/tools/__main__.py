"""Answers questions, a line of JSON each, until its standard input ends.

    echo '{"name": "model.parts", "model": {"name": "pocket:masked-lm"}}' | python -m engine.tools

Says what engine.contract.questions has it say. What libraries print goes to standard error,
whichever way they print it. A bug is said, and its traceback printed; it ends the process.
"""

import os
import sys
import traceback
from typing import IO

from engine.contract.questions.messages import Crashed, Ready, line
from engine.contract.questions.values import Value
from engine.tools.answering import answered

_INTERRUPTED = 130


def main() -> int:
    """0 once there are no more questions, 1 after a bug, 130 if interrupted."""
    questions, out = _streams()

    def say(value: Value) -> None:
        out.write(line(value))
        out.flush()

    try:
        say(Ready())
        for question in questions:
            say(answered(question, say))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # who asked is gone
        return 0
    except Exception:  # the edge
        trace = traceback.format_exc()
        sys.stderr.write(trace)
        say(Crashed(trace=trace))
        return 1
    return 0


def _streams() -> tuple[IO[bytes], IO[bytes]]:
    """What was standard input and output; those are an empty and the error stream from now on."""
    asked, told = (os.fdopen(os.dup(n), mode) for n, mode in ((0, "rb"), (1, "wb")))
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return asked, told


if __name__ == "__main__":
    sys.exit(main())
