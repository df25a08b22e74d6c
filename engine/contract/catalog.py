"""The catalog: the tasks there are, one short TOML block each (data/tasks/*.toml).

Owns the form of a block. The engine reads the data; graftui lists the names.
"""

import difflib
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from engine.contract.layout import shipped


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HubSource(_Block):
    """Where a task lies on the Hugging Face hub, for `datasets.load_dataset`."""

    path: str
    config: str | None = None
    text: tuple[str, ...]
    """Columns of the one or two sentences."""
    label: str = "label"
    train: str = "train"
    test: str = "validation"
    """Split with published labels."""


class Prompting(_Block):
    """How an example becomes a prompt, and which word answers for which label."""

    prompt: str
    """LM-BFF's template language: parts between `*`, `_` for a space."""
    label_words: dict[str, str]
    """Label as in the files -> word; the order is the order of the classes."""


class TaskSpec(_Block):
    """One task."""

    name: str
    title: str
    folder: str = ""
    """Folder of its files below the data folder; empty: its name."""
    home: str = ""
    """Data folder that ships with graftui, below `data/`; empty: the user has to give one."""
    format: Literal["tsv", "csv"]
    """tsv: raw lines cut at tabs, no quoting; csv: quoted as usual."""
    header: bool
    text: tuple[int, ...]
    """Columns of the one or two sentences, from 0; negative from the end."""
    label: int
    hub: HubSource | None = None
    masked: Prompting
    causal: Prompting | None = None

    def prompting(self, kind: str) -> Prompting | None:
        """The default prompt for `task.type` = "prompt" or "autoregressive"."""
        return self.causal if kind == "autoregressive" else self.masked


def tasks(folder: Path | None = None) -> dict[str, TaskSpec]:
    """All tasks by name, in the order of the files. Raises ValidationError for a wrong block."""
    found: dict[str, TaskSpec] = {}
    for path in sorted((folder or shipped() / "tasks").glob("*.toml")):
        for name, block in tomllib.loads(path.read_text(encoding="utf-8")).items():
            found[name] = TaskSpec(name=name, **block)
    return found


def unknown_task(name: str) -> str:
    """What to say of a task that is not in the catalog."""
    known = list(tasks())
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    guess = f" Did you mean {near[0]}?" if near else ""
    return f"there is no task {name!r}.{guess} Known: {', '.join(known)}."
