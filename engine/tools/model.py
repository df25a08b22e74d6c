"""What of a model trains, and can be grafted, under a freezing."""

from collections.abc import Sequence
from typing import Any

from torch import nn

from engine import loading
from engine.contract.config import FinetuneConfig, parse
from engine.models import weight_map


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """`question`: the sections model, task (its type counts) and freeze of a fine-tuning.

    Gives the class's name; `tied`, whether the output weights are the word embeddings (None
    without an LM head); and tensors, weights and maskable weights of each part from the bottom
    up, of what no text comes to (a vision tower), of the biases among them, and in all. Raises
    ConfigError or ValidationError.
    """
    config = parse({"kind": "finetune", **question})
    assert isinstance(config, FinetuneConfig)
    lm = loading.pretrained(config.model, config.task.type)
    parts = weight_map(lm)
    maskable = set(parts.maskable(config.freeze))
    sizes = {name: parameter.numel() for name, parameter in lm.named_parameters()}

    def counted(part: str, names: Sequence[str]) -> dict[str, Any]:
        return {
            "part": part,
            "tensors": len(names),
            "weights": sum(sizes[name] for name in names),
            "maskable": sum(sizes[name] for name in names if name in maskable),
        }

    layers = [counted(f"layer {i}", names) for i, names in enumerate(parts.layers)]
    return {
        "family": type(lm).__name__,
        "tied": _tied(lm),
        "parts": [counted("embeddings", parts.embeddings), *layers, counted("head", parts.head)]
        + ([counted("not of text", parts.idle)] if parts.idle else []),
        "biases": counted("biases", sorted(parts.biases)),
        "total": counted("total", list(sizes)),
    }


def _tied(lm: nn.Module) -> bool | None:
    # transformers' own methods, which nn.Module does not know.
    output, words = lm.get_output_embeddings(), lm.get_input_embeddings()  # type: ignore[operator]
    return None if output is None else output.weight is words.weight
