"""The catalog: the tasks there are, one short TOML block each (data/tasks/*.toml).

Owns the form of a block. The engine reads the data; graftui lists the names. Users add tasks in
data/tasks/ of their working directory.
"""

import difflib
import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

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
    labels: tuple[str, ...] = ()
    """Our labels in the order of the dataset's class numbers; empty: the catalog's order."""
    train: str = "train"
    tests: dict[str, str] = {"test": "validation"}
    """Our name of a test set -> split with published labels."""
    where: dict[str, str] = {}
    """Column -> value: only these rows are the task's."""


class Prompting(_Block):
    """How an example becomes a prompt, and which words answer for which label."""

    prompt: str
    """LM-BFF's template language: parts between `*`, `_` for a space."""
    label_words: dict[str, str]
    """Label as in the files -> answer; the order is the order of the classes."""


Metric = Literal["accuracy", "f1", "matthews", "pearson"]


class TaskSpec(_Block):
    """One task."""

    name: str
    title: str
    folder: str = ""
    """Folder of its files below the data folder; empty: its name."""
    home: str = ""
    """Data folder that ships with graftui, below `data/`; empty: the user has to give one."""
    format: Literal["tsv", "csv", "jsonl"]
    """tsv: raw lines cut at tabs, no quoting; csv: quoted as usual; jsonl: an object a line."""
    header: bool = False
    text: tuple[int | str, ...] = Field(min_length=1, max_length=2)
    """Columns of the one or two sentences, from 0, negative from the end; keys for jsonl."""
    label: int | str
    where: dict[str, str] = {}
    """Column -> value: only these rows are the task's, such as one genre of MNLI."""
    ragged: bool = False
    """Whether rows that lack a column are left out, as in QQP, instead of refused."""
    dev: str = "dev"
    """File of the k-shot layout that holds the dev rows, without its ending."""
    tests: dict[str, str] = {"test": "test"}
    """Name of a test set -> its file in the k-shot layout, without the ending."""
    original_tests: dict[str, str] = {}
    """The same for the original layout; empty: its dev files for tsv, `tests` for the others."""
    metric: Metric = "accuracy"
    """What model selection and recovery go by; f1 and pearson bring accuracy and spearman along."""
    bounds: tuple[float, float] | None = None
    """Lowest and highest score of a regression, whose two labels are low and high."""
    max_length: int = 128
    """Longest input in tokens, prompt included."""
    first_sent_limit: int = 0
    """Longest first sentence in tokens; 0: no limit."""
    other_sent_limit: int = 0
    hub: HubSource | None = None
    masked: Prompting
    causal: Prompting | None = None

    @model_validator(mode="after")
    def _fits_its_metric(self) -> "TaskSpec":
        classes = len(self.masked.label_words)
        if classes < 2:
            raise ValueError("masked.label_words: give at least two labels")
        if self.metric == "f1" and classes != 2:
            raise ValueError(f"metric = f1 needs two labels, and there are {classes}")
        if (self.metric == "pearson") != (self.bounds is not None):
            raise ValueError("metric = pearson and bounds = [low, high] go together")
        if self.bounds and classes != 2:
            raise ValueError(f"bounds need two labels, low and high, and there are {classes}")
        if self.causal and self.causal.label_words.keys() != self.masked.label_words.keys():
            raise ValueError("causal.label_words: give the labels of masked.label_words")
        return self

    def prompting(self, kind: str) -> Prompting | None:
        """The default prompt for a `task.type`."""
        return self.causal if kind == "autoregressive" else self.masked

    @property
    def labels(self) -> tuple[str, ...]:
        """As in the files, in the order of the classes."""
        return tuple(self.masked.label_words)

    @property
    def original(self) -> dict[str, str]:
        """Name of a test set -> its labelled file in the original layout (REFERENCE: GLUE's
        test sets have no labels, so its dev sets take their place)."""
        if self.original_tests or self.format != "tsv":
            return self.original_tests or self.tests
        return {name: stem.replace("test", "dev") for name, stem in self.tests.items()}


class CatalogError(ValueError):
    """A block of a task file that cannot be used; says which, and why."""


OWN = Path("data/tasks")
"""The user's own tasks, in the working directory."""


def tasks(own: Path = OWN) -> dict[str, TaskSpec]:
    """All tasks by name: those that ship, then those of the folder `own`, which win.

    Raises CatalogError for a file that is no TOML and for a wrong block.
    """
    found: dict[str, TaskSpec] = {}
    for folder in dict.fromkeys((shipped() / "tasks", own.absolute())):
        for path in sorted(folder.glob("*.toml")):
            found |= _read(path)
    return found


def _read(path: Path) -> dict[str, TaskSpec]:
    try:
        blocks = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path} is not TOML: {error}") from None
    return {name: _spec(path, name, block) for name, block in blocks.items()}


def _spec(path: Path, name: str, block: object) -> TaskSpec:
    if not isinstance(block, dict):
        raise CatalogError(f"{path}: {name} is not a block [{name}] of a task")
    try:
        return TaskSpec(name=name, **block)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f" {place}" if place else ""
        raise CatalogError(f"{path}: [{name}]{where}: {first['msg']}") from None


def unknown_task(name: str) -> str:
    """What to say of a task that is not in the catalog."""
    known = list(tasks())
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    guess = f" Did you mean {near[0]}?" if near else ""
    return f"there is no task {name!r}.{guess} Known: {', '.join(known)}."
