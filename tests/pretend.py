"""An engine that only pretends to answer questions: a script that says what a test has it say."""

import json
import shlex
import sys
from pathlib import Path
from typing import Any

READY = '{"said": "ready", "version": 1}'


def shell(folder: Path, script: str) -> str:
    """An engine that is a shell script."""
    return _program(folder, script)


def python(folder: Path, script: str) -> str:
    """An engine that is a Python script."""
    return _program(folder, f"exec {shlex.join([sys.executable, '-c', script])}")


def answering(folder: Path, *said: dict[str, Any]) -> str:
    """An engine that keeps the question in `folder`/asked and says this."""
    (folder / "answer").write_text("".join(json.dumps(message) + "\n" for message in said))
    keep = f"read -r question; printf '%s\\n' \"$question\" > {folder}/asked"
    return _program(folder, f"echo '{READY}'; {keep}; cat {folder}/answer")


def answered(name: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The message that holds the answer to a question of that name."""
    return {"said": "answered", "answer": {"name": name, **answer}}


def _program(folder: Path, script: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)
