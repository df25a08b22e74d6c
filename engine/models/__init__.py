"""Models: a pretrained network wrapped to give one logit a class for a batch of prompts."""

from typing import Any

from engine.data import TaskData
from engine.models.answer import AnswerModel
from engine.models.linear import LinearModel
from engine.models.prompt import PromptModel
from engine.models.sequence import SequenceModel
from engine.models.weights import WeightMap, freeze_all_but, weight_map

__all__ = [
    "AnswerModel",
    "LinearModel",
    "PromptModel",
    "SequenceModel",
    "WeightMap",
    "freeze_all_but",
    "weight_map",
    "wrap",
]


def wrap(lm: Any, data: TaskData, head: str) -> AnswerModel:
    """The wrapper for a task: label words, whole answers, or a linear head on `head`."""
    if not data.answers:
        return LinearModel(lm, len(data.label_words), head)
    if all(len(answer) == 1 for answer in data.answers):
        return PromptModel(lm, tuple(answer[0] for answer in data.answers))
    return SequenceModel(lm, data.answers)
