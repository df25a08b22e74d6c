"""Label tokens: the token ids that stand for each class."""

from typing import Any

from engine.errors import ConfigError

Answers = tuple[tuple[int, ...], ...]
"""Token ids of each class's answer, in the order of the classes; () for a linear head."""


def answers_of(words: tuple[str, ...], tokenizer: Any, kind: str) -> Answers:
    """The tokens of the label words: one each for a masked LM, one or more for a causal LM.

    Raises ConfigError for a word that will not do, or that two classes share.
    """
    causal = kind == "autoregressive"
    answers = tuple(
        whole_answer(word, tokenizer) if causal else (label_token(word, tokenizer),)
        for word in words
    )
    if len(set(answers)) < len(answers):
        raise ConfigError(
            f"two labels have the same label word: {', '.join(words)}",
            "give each its own with task.label_words",
        )
    return answers


def label_token(word: str, tokenizer: Any) -> int:
    """The one token of a label word, with a leading space where the tokenizer knows one.

    Raises ConfigError if the word is not a single known token.
    """
    forms = [f" {word}", word]
    for form in forms:
        ids = tokenizer.encode(form, add_special_tokens=False)
        if len(ids) == 1 and ids[0] != tokenizer.unk_token_id:
            return int(ids[0])
    pieces = tokenizer.convert_ids_to_tokens(tokenizer.encode(forms[0], add_special_tokens=False))
    raise ConfigError(
        f"label word {word!r} is not one token of this tokenizer: {' '.join(pieces)}",
        "choose another with task.label_words, such as --set task.label_words.0=bad",
    )


def whole_answer(words: str, tokenizer: Any) -> tuple[int, ...]:
    """All tokens of an answer, which may be several words. Raises ConfigError."""
    ids = tuple(int(i) for i in tokenizer.encode(words, add_special_tokens=False))
    if not ids or tokenizer.unk_token_id in ids:
        raise ConfigError(
            f"the answer {words!r} is {'empty' if not ids else 'unknown to this tokenizer'}",
            "choose another with task.label_words, such as --set 'task.label_words.0= bad'",
        )
    return ids
