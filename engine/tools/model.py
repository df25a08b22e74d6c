"""What of a model trains, and can be grafted, under a freezing."""

from collections.abc import Sequence

from torch import nn

from engine import loading
from engine.contract.questions.catalog import AskModelParts, ModelParts, PartSize
from engine.contract.questions.messages import Hear
from engine.models import weight_map


def answer(question: AskModelParts, hear: Hear) -> ModelParts:
    """Raises ConfigError."""
    lm = loading.pretrained(question.model, question.task.type)
    parts = weight_map(lm)
    maskable = set(parts.maskable(question.freeze))
    sizes = {name: parameter.numel() for name, parameter in lm.named_parameters()}

    def counted(part: str, names: Sequence[str]) -> PartSize:
        return PartSize(
            part=part,
            tensors=len(names),
            weights=sum(sizes[name] for name in names),
            maskable=sum(sizes[name] for name in names if name in maskable),
        )

    layers = [counted(f"layer {i}", names) for i, names in enumerate(parts.layers)]
    idle = [counted("not of text", parts.idle)] if parts.idle else []
    return ModelParts(
        family=type(lm).__name__,
        tied=_tied(lm),
        parts=(
            counted("embeddings", parts.embeddings), *layers, counted("head", parts.head), *idle
        ),
        biases=counted("biases", sorted(parts.biases)),
        total=counted("total", list(sizes)),
    )  # fmt: skip


def _tied(lm: nn.Module) -> bool | None:
    # transformers' own methods, which nn.Module does not know.
    output, words = lm.get_output_embeddings(), lm.get_input_embeddings()  # type: ignore[operator]
    return None if output is None else output.weight is words.weight
