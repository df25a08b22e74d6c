"""How each kind of run is done: one file a kind, which registers itself.

The kind's config and what it is made from are in engine.contract.kinds. Owns the look-up; only the
file of the kind that is asked for is imported.
"""

import importlib
from collections.abc import Callable
from typing import Any

from engine.contract.events import Finished
from engine.contract.layout import RunDir
from engine.emit import Emitter, StopRequest

Work = Callable[[Any, RunDir, Emitter, StopRequest], Finished]
"""Does what a config of its kind says; its last event. Raises EngineError or Cancelled."""
_WORKS: dict[str, Work] = {}


def register(kind: str, work: Work) -> None:
    """Have runs of `kind` done by `work`."""
    _WORKS[kind] = work


def work_of(kind: str) -> Work:
    """How a run of `kind` is done: by engine/kinds/KIND.py, unless something else registered it."""
    if kind not in _WORKS:
        importlib.import_module(f"{__name__}.{kind}")
    return _WORKS[kind]
