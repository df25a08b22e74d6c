"""graftui skill cut, by the engine itself: what it writes, what it refuses, how it is stopped."""

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch

from engine.contract.questions import messages
from engine.contract.questions.messages import Answered, Refused
from engine.graft.skill import load
from engine.tools.answering import answered
from tests import pretend
from tests.cli.inside import Inside
from tests.cli.workplace import Workplace

POCKET = Path(__file__).parents[2] / "data" / "pocket" / "masked-lm"
BIAS = "roberta.encoder.layer.1.output.dense.bias"
QUERY = "roberta.encoder.layer.0.attention.self.query.weight"
CUT = ("skill", "cut", "base", "tuned", "-o", "cut.safetensors")


@pytest.fixture
def pair(work: Workplace) -> Workplace:
    """Two checkpoints, `base` and `tuned`, of which three weights differ."""
    for name in ("base", "tuned"):
        shutil.copytree(POCKET, work.path / name)
    weights = work.path / "tuned" / "model.safetensors"
    tensors = safetensors.torch.load_file(weights)
    tensors[BIAS][3] += 8
    tensors[QUERY].view(-1)[[5, 70]] += 4
    safetensors.torch.save_file(tensors, weights, {"format": "pt"})
    return work


def pretending(work: Workplace, script: str) -> None:
    """`work` with an engine that is this Python script."""
    work.env["GRAFTUI_PYTHON"] = pretend.python(work.path, script)


def saying(work: Workplace, *said: dict[str, Any]) -> None:
    """`work` with an engine that says this of any question."""
    work.env["GRAFTUI_PYTHON"] = pretend.answering(work.path, *said)


def cut(pair: Workplace, count: int) -> Answered | Refused:
    """What the engine says, in this process, of a cut of so many weights."""
    base, tuned, out = (str(pair.path / name) for name in ("base", "tuned", "cut.safetensors"))
    question = {"name": "skill.cut", "model": {"name": base}, "finetuned": {"path": tuned},
                "sparsity": count, "out": out}  # fmt: skip
    return answered(json.dumps(question), lambda far: None)


def left(work: Workplace) -> set[str]:
    """What lies in the working directory, hidden files too, but what was there before."""
    return {path.name for path in work.path.iterdir()} - {
        "base",
        "tuned",
        "both.toml",
        "python",
        "answer",
    }


def test_a_cut_of_two_folders(pair: Workplace) -> None:
    made = Inside(pair.path, pair.env).json(*CUT, "--sparsity", "3")
    out = pair.path / "cut.safetensors"
    least = made.pop("least")
    skill = load(out)
    assert made == {
        "path": str(out), "weights": 3, "maskable": skill.info.maskable, "tensors": 2,
    }  # fmt: skip
    assert {n: at.tolist() for n, at in skill.indices.items()} == {QUERY: [5, 70], BIAS: [3]}
    base, tuned = (
        safetensors.torch.load_file(pair.path / name / "model.safetensors")
        for name in ("base", "tuned")
    )
    for name, at in skill.indices.items():
        assert skill.values[name].tolist() == tuned[name].view(-1)[at].tolist()
    moved = (tuned[QUERY].float() - base[QUERY].float()).view(-1)[[5, 70]]
    assert least == moved.min().item()
    assert left(pair) == {"cut.safetensors"}


def test_it_says_where_more_was_asked_than_moved(pair: Workplace) -> None:
    said = cut(pair, 4)
    saying(pair, json.loads(messages.line(said)))
    assert "ask for a smaller --sparsity" in pair.run(*CUT, "--sparsity", "4")


BEFORE = [
    ("./none tuned -o x", "There is no folder ./none. Give a checkpoint folder."),
    ("base ./none -o x", "There is no folder ./none. Give a checkpoint folder."),
    ("base both.toml -o x", "both.toml"),
    ("base tuned -o no/x", "no folder"),
    ("base tuned -o base", "The output base is a folder. Give the name of a file"),
    ("base tuned -o x --sparsity many", "sparsity"),
]


@pytest.mark.parametrize(("typed", "says"), BEFORE)
def test_bad_input_never_reaches_the_engine(pair: Workplace, typed: str, says: str) -> None:
    pretending(pair, "open('asked', 'w')")
    assert says in " ".join(pair.run("skill", "cut", *typed.split(), code=2).split())
    assert not left(pair)


def other_shapes(tuned: Path) -> None:
    config = json.loads((tuned / "config.json").read_text())
    config["intermediate_size"] *= 2
    (tuned / "config.json").write_text(json.dumps(config))


def torn(tuned: Path) -> None:
    weights = tuned / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])


AFTER = [
    (other_shapes, 3, ("tuned is not a fine-tuned", "intermediate", "tuned from")),
    (torn, 3, ("tuned/model.safetensors cannot be read", "copy the checkpoint anew")),
    (
        lambda tuned: (tuned / "config.json").unlink(),
        3,
        ("tuned'", "no such folder with a config.json", "save_pretrained"),
    ),
    (lambda _: None, 99999999, ("sparsity = 99999999", "maskable", "a smaller count")),
]


@pytest.mark.parametrize(("spoil", "count", "says"), AFTER)
def test_what_the_engine_refuses(
    pair: Workplace, spoil: Callable[[Path], None], count: int, says: tuple[str, ...]
) -> None:
    out = pair.path / "cut.safetensors"
    spoil(pair.path / "tuned")
    out.write_text("an earlier one")
    said = cut(pair, count)
    assert isinstance(said, Refused)
    for words in says:
        assert words in f"{said.message} {said.hint}"
    assert left(pair) == {"cut.safetensors"}
    assert out.read_text() == "an earlier one"


def test_a_refusal_of_the_engine_is_shown(pair: Workplace) -> None:
    refusal = {"said": "refused", "message": "sparsity = 9 is too many", "hint": "ask for less"}
    saying(pair, refusal)
    out = pair.run(*CUT, code=2)
    assert "Error: sparsity = 9 is too many" in out
    assert "ask for less" in out


def test_ctrl_c_leaves_time_to_clean_up(pair: Workplace) -> None:
    """The engine takes back its half-written file, were it to take a second."""
    pretending(
        pair,
        "import pathlib, signal, time\n"
        f"print({pretend.READY!r}, flush=True)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "half = pathlib.Path('.cut.safetensors.1')\n"
        "try:\n    half.touch(); time.sleep(60)\n"
        "finally:\n    time.sleep(1); half.unlink()",
    )
    process = pair.start(*CUT)
    deadline = time.monotonic() + 300
    while ".cut.safetensors.1" not in left(pair) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert not left(pair) - {"runs.db"}  # made before the process begins


def test_progress_shows_on_a_terminal_alone(pair: Workplace) -> None:
    far = {"said": "progress", "done": 4, "total": 10, "what": "weights"}
    answer = {"path": "x", "weights": 3, "maskable": 10, "tensors": 1, "least": 1.0}
    pretending(
        pair,
        f"import time\nprint({pretend.READY!r})\nprint({json.dumps(far)!r}, flush=True)\n"
        f"time.sleep(1); print({json.dumps(pretend.answered('skill.cut', answer))!r})",
    )
    assert "40 %" not in pair.run(*CUT)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "graftui", *CUT], cwd=pair.path,
        env=pair.env | {"TERM": "xterm"}, stdout=subprocess.DEVNULL, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 4096):
            shown += piece
    except OSError:  # what Linux gives at the end of a terminal
        pass
    os.close(ours)
    assert process.wait(timeout=120) == 0
    assert b"40 % of 10 weights" in shown
