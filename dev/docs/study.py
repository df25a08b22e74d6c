"""A small study on the pocket language, as somebody might leave it: what the pictures are of.

Owns the folder's content. All is done by typing `graftui`, but for the names of the runs, which are
drawn anew each time and are to be the same in each picture: they come from a seed here.
"""

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from graftui.cli import app

NAME = "localizers"
"""Of the sweep and its runs."""
_GRID = (
    "task.data_seed=13,21,42",
    "graft.localizer=learnt,movement,random",
    "graft.sparsity=3e-4,1e-2",
)
_SEED = 5


def make(folder: Path) -> None:
    """Some minutes. A sweep, one of whose runs fails; a long run that is still at work."""
    folder.mkdir(parents=True)
    (folder / "graftui.toml").write_text("jobs = 2\n", encoding="utf-8")
    with at(folder):
        typed("sweep", "pocket", "--grid", *_GRID, "--name", NAME, "--tag", "paper", "--notify")
        typed("run", "pocket", "--name", "too-fast", "--set", "finetune.train.lr=1e9", fails=True)
        typed("star", "last")
        typed("note", "last", "the learning rate is the point: keep it")
        typed("run", "pocket", "--name", "long", "--set", "finetune.train.steps=20000", "--detach")


def leave(folder: Path) -> None:
    """Nothing is at work there any more."""
    with at(folder):
        typed("cancel", "-f", "status in (queued, running)", "--yes")


@contextmanager
def at(folder: Path) -> Iterator[None]:
    """As if one worked there, and had no habits."""
    draws = random.Random(_SEED)
    own = {"XDG_STATE_HOME": str(folder / "state"), "OMP_NUM_THREADS": "1", "TZ": "UTC"}
    before = Path.cwd()
    os.chdir(folder)
    try:
        with patch("secrets.choice", draws.choice), patch.dict(os.environ, own):
            yield
    finally:
        os.chdir(before)


def typed(*words: str, fails: bool = False) -> str:
    """`graftui WORDS`: what it prints. Raises RuntimeError if it does not end as it should."""
    output = StringIO()
    with redirect_stdout(output), redirect_stderr(output):
        try:
            app(list(words), standalone_mode=False)
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        except Exception as error:
            if not fails:
                raise RuntimeError(f"graftui {' '.join(words)}: {error}") from error
            code = 3
    if bool(code) is not fails:
        raise RuntimeError(f"graftui {' '.join(words)}: exit {code}\n{output.getvalue()}")
    return output.getvalue()
