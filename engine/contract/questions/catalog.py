"""Questions about what there is to run on: a task's prompt, a model's parts, few-shot files."""

from typing import Literal

from engine.contract.questions.values import Named, Question, Value
from engine.contract.sections import DemoConfig, FreezeConfig, ModelConfig, TaskConfig


class LabelWord(Value):
    """What a class is answered by."""

    label: str
    """As in the files."""
    word: str
    """Empty: a linear head has none."""
    ids: tuple[int, ...]
    tokens: tuple[str, ...]


class TaskPrompt(Named):
    """A prompt filled with the first training example, as one tokenizer cuts it."""

    name: Literal["task.prompt"] = "task.prompt"
    text: str
    ids: tuple[int, ...]
    tokens: tuple[str, ...]
    """As many as ids."""
    reads: int | None
    """Position whose hidden state answers; None: the mean of all."""
    label: str
    """Of the example: its class as in the files, or its score."""
    classes: tuple[LabelWord, ...]
    """In the order of the task."""


class AskTaskPrompt(Question[TaskPrompt]):
    """How a task is put to a model."""

    name: Literal["task.prompt"] = "task.prompt"
    model: ModelConfig = ModelConfig()
    task: TaskConfig = TaskConfig()
    demo: DemoConfig = DemoConfig()


class PartSize(Value):
    """How large a part of a model is."""

    part: str
    """Such as "layer 3"."""
    tensors: int
    weights: int
    maskable: int
    """Of the weights."""


class ModelParts(Named):
    """What of a model trains and can be grafted, part by part."""

    name: Literal["model.parts"] = "model.parts"
    family: str
    """Name of its class."""
    tied: bool | None
    """Whether the output weights are the word embeddings; None: it has no LM head."""
    parts: tuple[PartSize, ...]
    """From the bottom up, then what no text comes to (a vision tower)."""
    biases: PartSize
    total: PartSize


class AskModelParts(Question[ModelParts]):
    """What of a model would train; of the task its type counts."""

    name: Literal["model.parts"] = "model.parts"
    model: ModelConfig = ModelConfig()
    task: TaskConfig = TaskConfig()
    freeze: FreezeConfig = FreezeConfig()


class KshotFiles(Named):
    """Few-shot files that were written."""

    name: Literal["data.kshot"] = "data.kshot"
    files: tuple[str, ...]
    """One seed after the other."""


class WriteKshot(Question[KshotFiles]):
    """Sample few-shot folders of a task; of it name, data, k and mode count."""

    name: Literal["data.kshot"] = "data.kshot"
    task: TaskConfig = TaskConfig()
    seeds: tuple[int, ...]
    out: str
    """Folder in which TASK/K-SEED/ is made."""


class RowText(Value):
    """A row as it stands in the task's files."""

    id: str
    """As in the answers of a run."""
    label: str
    """As the catalog writes it; of a regression, the score."""
    texts: tuple[str, ...]
    """One sentence, or two."""


class TaskRows(Named):
    """Rows of a split; those that it has no more are left out."""

    name: Literal["task.rows"] = "task.rows"
    rows: tuple[RowText, ...]


class AskTaskRows(Question[TaskRows]):
    """What the rows say that were answered."""

    name: Literal["task.rows"] = "task.rows"
    task: TaskConfig = TaskConfig()
    split: str
    """`dev`, or a test set by its name."""
    ids: tuple[str, ...]
