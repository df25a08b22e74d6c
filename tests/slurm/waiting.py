"""The real engine, but at its first start it waits in mid-run until it is told to stop.

A run this short would else be over before Slurm has passed the signal on.
"""

import sys
import time
from pathlib import Path

from engine.__main__ import main
from engine.emit import StopRequest

_AT = 10
"""The look for a signal at which it waits: there is one a step, and more."""
_LONGEST_S = 900.0


def wait_in_mid_run() -> None:
    """The looks for a signal, from now on."""
    check, looks, until = StopRequest.check, [0], time.monotonic() + _LONGEST_S

    def waiting(self: StopRequest) -> None:
        check(self)
        looks[0] += 1
        while looks[0] == _AT and time.monotonic() < until:
            check(self)
            time.sleep(0.02)

    StopRequest.check = waiting  # type: ignore[method-assign]


if __name__ == "__main__":
    if not Path(sys.argv[1], "state").exists():
        wait_in_mid_run()
    sys.exit(main())
