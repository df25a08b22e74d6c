"""A task's prompt, filled with its first training row, as one tokenizer cuts it."""

from typing import Any

from engine import data, loading
from engine.contract.catalog import TaskSpec
from engine.contract.questions.catalog import AskTaskPrompt, LabelWord, TaskPrompt
from engine.contract.questions.messages import Hear
from engine.contract.sections import TaskConfig


def answer(question: AskTaskPrompt, hear: Hear) -> TaskPrompt:
    """Raises ConfigError or DataError."""
    spec = data.spec_of(question.task)
    tokenizer = loading.tokenizer(question.model)
    example = data.first_example(question.task, question.demo, tokenizer)
    words = data.prompting_of(question.task, spec).label_words
    # A linear head has no words: no ids for any label.
    answers = example.answers or ((),) * len(words)
    return TaskPrompt(
        # Without the clean-up, which would close up " ," and so hide what the model sees.
        text=tokenizer.decode(example.ids, clean_up_tokenization_spaces=False),
        ids=tuple(example.ids),
        tokens=_tokens(tokenizer, example.ids),
        reads=_reads(question.task, example.answer),
        label=_label(example.label, spec),
        classes=tuple(
            LabelWord(
                label=label,
                word=word if ids else "",
                ids=tuple(ids),
                tokens=_tokens(tokenizer, ids),
            )
            for (label, word), ids in zip(words.items(), answers, strict=True)
        ),
    )


def _tokens(tokenizer: Any, ids: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(tokenizer.convert_ids_to_tokens(list(ids)))


def _reads(task: TaskConfig, position: int) -> int | None:
    if task.type != "finetune" or task.head == "mask":
        return position
    return 0 if task.head == "cls" else None


def _label(label: float, spec: TaskSpec) -> str:
    if spec.bounds is None:
        return spec.labels[int(label)]
    low, high = spec.bounds
    return f"{low + label * (high - low):g}"
