"""A task's prompt, filled with its first training row, as one tokenizer cuts it."""

from typing import Any

from engine import data, loading
from engine.contract.catalog import TaskSpec
from engine.contract.config import FinetuneConfig, TaskConfig, parse


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """`question`: the sections model, task and demo of a fine-tuning.

    Gives the text, ids and tokens (as many as ids); `reads`, the position whose hidden state
    answers, or None where that is all of them; the label as in the files, its class or score; and
    for each class, in order, its label, word, and the word's ids and tokens. Raises ConfigError,
    DataError or ValidationError.
    """
    config = parse({"kind": "finetune", **question})
    assert isinstance(config, FinetuneConfig)
    spec = data.spec_of(config.task)
    tokenizer = loading.tokenizer(config.model)
    example = data.first_example(config.task, config.demo, tokenizer)
    words = data.prompting_of(config.task, spec).label_words
    # A linear head has no words: no ids for any label.
    answers = example.answers or ((),) * len(words)
    return {
        # Without the clean-up, which would close up " ," and so hide what the model sees.
        "text": tokenizer.decode(example.ids, clean_up_tokenization_spaces=False),
        "ids": list(example.ids),
        "tokens": _tokens(tokenizer, example.ids),
        "reads": _reads(config.task, example.answer),
        "label": _label(example.label, spec),
        "classes": [
            {"label": label, "word": word if ids else "", "ids": list(ids),
             "tokens": _tokens(tokenizer, ids)}
            for (label, word), ids in zip(words.items(), answers, strict=True)
        ],
    }  # fmt: skip


def _tokens(tokenizer: Any, ids: tuple[int, ...]) -> list[str]:
    return list(tokenizer.convert_ids_to_tokens(list(ids)))


def _reads(task: TaskConfig, position: int) -> int | None:
    if task.type != "finetune" or task.head == "mask":
        return position
    return 0 if task.head == "cls" else None


def _label(label: float, spec: TaskSpec) -> str:
    if spec.bounds is None:
        return spec.labels[int(label)]
    low, high = spec.bounds
    return f"{low + label * (high - low):g}"
