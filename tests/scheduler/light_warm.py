"""A warm engine with nothing to load, whose children are fake engines: it is up in no time.

LIGHT says what is wrong with it: `idle`, `thread`; or `import FOLDER`, whose edited.py it loads.
"""

import importlib
import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import engine.__main__
import engine.warm
from engine.contract.layout import RunDir
from tests.scheduler.fake_engine import Fake


def fake(arguments: list[str] | None = None) -> int:
    assert arguments
    assert sys.argv[1:] == arguments
    run_dir = RunDir(Path(arguments[0]))
    does = json.loads(run_dir.config.read_bytes())["model"]["name"]
    if does == "tell":
        told: dict[str, Any] = {
            name: os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES", "GRAFTUI_SAYS")
        }
        told |= {"cwd": os.getcwd(), "session": os.getsid(0) == os.getpid(), "in": sys.stdin.read()}
        told |= {"name": Path("/proc/self/cmdline").read_text().rstrip("\0").split("\0")}
        told |= {"attempt": json.loads((run_dir.attempts / "1.json").read_bytes())}
        print(json.dumps(told))
        return 0
    Fake(arguments[0]).run()
    return 0


def load() -> None:
    wrong = os.environ.get("LIGHT", "")
    if wrong == "idle":
        engine.warm.IDLE_S = 0.05
    if wrong.startswith("import "):
        sys.path.append(wrong.removeprefix("import "))
        importlib.import_module("edited")
    if wrong == "thread":
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()


if __name__ == "__main__":
    engine.warm.load = load
    engine.warm._be_new = lambda given: None  # which would import torch
    engine.__main__.main = fake
    sys.exit(engine.warm.main())
