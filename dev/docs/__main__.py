"""Makes what README and docs show: pictures of the dashboard, and a recorded session.

    python -m dev.docs docs/pictures                    # some minutes: it makes a study first
    python -m dev.docs docs/pictures --study FOLDER     # of a study that is there

Two goes give the same but for durations and ages. Look at each picture before it is committed.
"""

import argparse
import tempfile
from pathlib import Path

from dev.docs import pictures, recording, study


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m dev.docs", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("out", type=Path, help="the folder to write to")
    parser.add_argument("--study", type=Path, help="the folder of a study that is there")
    given = parser.parse_args()
    out = given.out.absolute()
    out.mkdir(parents=True, exist_ok=True)
    if given.study:
        _show(given.study.absolute(), out)
        return
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "study"
        study.make(made)
        try:
            _show(made, out)
        finally:
            study.leave(made)


def _show(made: Path, out: Path) -> None:
    pictures.take(made, out)
    recording.write(made, out / "session.cast")


if __name__ == "__main__":
    main()
