"""A task of the catalog: the form of its block, and what of it cannot work.

Owns the fields. Reads no file.
"""

import math
from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


class _Block(BaseModel):
    # strict: "0" is no column and 1 is no word; lists do for tuples, as TOML has no others.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _below(path: str) -> str:
    """Files are written there: never outside the folder that the user gave."""
    if path.startswith("/") or ".." in PurePath(path).parts or not path.isprintable():
        raise ValueError("give a folder below the data folder, without ..")
    return path


def _stem(name: str) -> str:
    if not name or "/" in name or name in (".", "..") or not name.isprintable():
        raise ValueError(f"{name!r} is no name of a file without its ending")
    return name


Column = int | str
Columns = Annotated[tuple[Column, ...], Field(strict=False, min_length=1, max_length=2)]
Names = Annotated[tuple[str, ...], Field(strict=False)]
Stem = Annotated[str, AfterValidator(_stem)]
Folder = Annotated[str, AfterValidator(_below)]
Tokens = Annotated[int, Field(ge=0)]


def _is_number(text: str) -> bool:
    return text.removeprefix("-").isdecimal()


class HubSource(_Block):
    """Where a task lies on the Hugging Face hub, for `datasets.load_dataset`."""

    path: str
    config: str | None = None
    text: Names
    """Columns of the one or two sentences."""
    label: str = "label"
    labels: Names = ()
    """Our labels in the order of the dataset's class numbers; empty: the catalog's order."""
    train: str = "train"
    tests: dict[Stem, str] = Field({"test": "validation"}, min_length=1)
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
    folder: Folder = ""
    """Folder of its files below the data folder; empty: its name."""
    home: Folder = ""
    """Data folder that ships with graftui, below `data/`; empty: the user has to give one."""
    format: Literal["tsv", "csv", "jsonl"]
    """tsv: raw lines cut at tabs, no quoting; csv: quoted as usual; jsonl: an object a line."""
    header: bool = False
    text: Columns
    """Columns of the one or two sentences, from 0, negative from the end; keys for jsonl."""
    label: Column
    where: dict[str, str] = {}
    """Column -> value: only these rows are the task's, such as one genre of MNLI."""
    ragged: bool = False
    """Whether rows that lack a column are left out, as in QQP, instead of refused."""
    dev: Stem = "dev"
    """File of the k-shot layout that holds the dev rows, without its ending."""
    tests: dict[Stem, Stem] = Field({"test": "test"}, min_length=1)
    """Name of a test set -> its file in the k-shot layout, without the ending."""
    original_tests: dict[Stem, Stem] = {}
    """The same for the original layout; empty: its dev files for tsv, `tests` for the others."""
    metric: Metric = "accuracy"
    """What model selection and recovery go by; f1 and pearson bring accuracy and spearman along."""
    bounds: Annotated[tuple[float, float], Field(strict=False)] | None = None
    """Lowest and highest score of a regression, whose two labels are low and high."""
    max_length: int = Field(128, ge=1)
    """Longest input in tokens, prompt included."""
    first_sent_limit: Tokens = 0
    """Longest first sentence in tokens; 0: no limit."""
    other_sent_limit: Tokens = 0
    hub: HubSource | None = None
    masked: Prompting
    causal: Prompting | None = None

    @model_validator(mode="after")
    def _fits_its_format(self) -> "TaskSpec":
        _below(self.name)
        kind, what = (str, "keys") if self.format == "jsonl" else (int, "column numbers")
        columns = (*self.text, self.label)
        if wrong := [column for column in columns if not isinstance(column, kind)]:
            raise ValueError(f"{self.format} has {what}, and {wrong[0]!r} is none")
        if len(set(columns)) < len(columns):
            raise ValueError("text and label: give each a column of its own")
        if kind is int and (wrong := [key for key in self.where if not _is_number(key)]):
            raise ValueError(f"where: {self.format} has {what}, and {wrong[0]!r} is none")
        if self.format == "jsonl" and self.header:
            raise ValueError("header: jsonl has none")
        for names in (self.tests, self.original_tests, self.hub.tests if self.hub else {}):
            files = ["train", self.dev, *(self.tests.get(name, name) for name in names)]
            if len(set(files)) < len(files):
                raise ValueError(f"dev and tests: {', '.join(files)} must be different files")
        return self

    @model_validator(mode="after")
    def _has_a_word_for_each_label(self) -> "TaskSpec":
        for prompting in filter(None, (self.masked, self.causal)):
            words = prompting.label_words
            for label, word in words.items():
                if label != label.strip() or not word.strip():
                    raise ValueError(
                        f"label_words: {label!r} = {word!r}: give each label a word; no spaces "
                        "around labels"
                    )
            if len(set(words.values())) < len(words):
                raise ValueError("label_words: give each label a word of its own")
        return self

    @model_validator(mode="after")
    def _fits_its_metric(self) -> "TaskSpec":
        classes = len(self.masked.label_words)
        if classes < 2:
            raise ValueError("masked.label_words: give at least two labels")
        if self.metric == "f1" and classes != 2:
            raise ValueError(f"metric = f1 needs two labels, and there are {classes}")
        if (self.metric == "pearson") != (self.bounds is not None):
            raise ValueError("metric = pearson and bounds = [low, high] go together")
        if self.bounds and not -math.inf < self.bounds[0] < self.bounds[1] < math.inf:
            raise ValueError("bounds: give the lowest score, then the highest")
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
