"""Rows of one task asked in the prompt and words of another: which labels stand for which.

Owns when two tasks have the same labels. Refuses tasks whose labels only look alike: 0 and 1 mean
something else in each.
"""

from engine.contract.task_spec import TaskSpec


class OtherLabels(ValueError):
    """Two tasks that do not answer the same: in what, and what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def translation(other: TaskSpec, spec: TaskSpec) -> dict[str, str]:
    """Label of `other` -> label of `spec`: that of the same word, or else that of the same name,
    where names say something. Raises OtherLabels.
    """
    theirs, ours = other.masked.label_words, spec.masked.label_words
    if other.bounds == spec.bounds:
        label_of = {word: label for label, word in ours.items()}
        if set(theirs.values()) == set(label_of):
            return {label: label_of[word] for label, word in theirs.items()}
        if theirs.keys() == ours.keys() and not any(label.isdecimal() for label in ours):
            return {label: label for label in ours}
    raise OtherLabels(
        f"task.also_test: {other.name} has the labels {_told(theirs)}, but {spec.name} has "
        f"{_told(ours)}",
        "name tasks with the same label words or, where they say something, the same labels",
    )


def _told(words: dict[str, str]) -> str:
    return ", ".join(f"{label} ({word})" for label, word in words.items())
