"""The prompt wrapper against the whole model, family by family."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from engine.batches import Batch, Example, collate
from engine.models import PromptModel
from tests.engine.engine_zoo import CAUSAL, FAMILIES, PAD, VOCAB

LABELS = (17, 5, 61)
TIES = [(name, tied) for name in FAMILIES for tied in (True, False)]
EACH = pytest.mark.parametrize(("name", "tied"), TIES)


def padded_batch(causal: bool) -> Batch:
    """Rows of different lengths; the answer stands anywhere (masked LMs) or last."""
    draw = torch.Generator().manual_seed(4)
    examples = []
    for length, answer in ((9, 3), (5, 0), (12, 11)):
        ids = torch.randint(4, VOCAB, (length,), generator=draw).tolist()
        segments = [0] * (length // 2) + [1] * (length - length // 2)
        at = length - 1 if causal else answer
        examples.append(Example(tuple(ids), at, tuple(segments), length % len(LABELS)))
    return collate(examples, PAD, torch.device("cpu"))


def whole_logits(lm: Any, batch: Batch) -> torch.Tensor:
    """The oracle: everything computed, then the answer's row and the label words taken."""
    segments = {"token_type_ids": batch.segments}
    extra = segments if getattr(lm.config, "type_vocab_size", 0) > 1 else {}
    logits = lm(input_ids=batch.ids, attention_mask=batch.attention, **extra).logits
    return logits[torch.arange(len(batch)), batch.answer][:, list(LABELS)]  # (B, classes)


def gradients(lm: Any, logits: torch.Tensor, batch: Batch) -> dict[str, torch.Tensor]:
    lm.zero_grad()
    F.cross_entropy(logits, batch.label).backward()
    return {name: p.grad.clone() for name, p in lm.named_parameters() if p.grad is not None}


@EACH
def test_logits_and_gradients_are_those_of_the_whole_model(name: str, tied: bool) -> None:
    lm = FAMILIES[name].build(tie_word_embeddings=tied)
    batch = padded_batch(name in CAUSAL)
    expected = whole_logits(lm, batch)
    expected_grad = gradients(lm, expected, batch)
    answered = PromptModel(lm, LABELS)(batch)
    found_grad = gradients(lm, answered, batch)
    assert answered.shape == (3, len(LABELS))
    torch.testing.assert_close(answered, expected, atol=1e-6, rtol=1e-6)
    assert set(found_grad) == set(expected_grad)
    for key, grad in expected_grad.items():
        torch.testing.assert_close(found_grad[key], grad, atol=1e-6, rtol=1e-5, msg=key)
    assert expected.std() > 0.05, "the oracle's logits must differ to show anything"


@EACH
def test_the_wrapped_model_still_is_a_whole_language_model(
    name: str, tied: bool, tmp_path: Path
) -> None:
    """Outside of forward(batch) nothing is narrowed, and what is saved loads elsewhere."""
    lm = FAMILIES[name].build(tie_word_embeddings=tied)
    batch = padded_batch(name in CAUSAL)
    before = lm(input_ids=batch.ids, attention_mask=batch.attention).logits
    PromptModel(lm, LABELS)(batch)
    after = lm(input_ids=batch.ids, attention_mask=batch.attention).logits
    assert torch.equal(before, after)
    lm.save_pretrained(tmp_path)
    again = type(lm).from_pretrained(tmp_path, dtype=torch.float32).eval()
    assert {n for n, _ in again.named_parameters()} == {n for n, _ in lm.named_parameters()}
    assert torch.equal(PromptModel(again, LABELS)(batch), PromptModel(lm, LABELS)(batch))


def test_a_failing_pass_leaves_the_model_whole() -> None:
    lm = FAMILIES["gpt2"].build()
    model, batch = PromptModel(lm, LABELS), padded_batch(True)
    before = lm(input_ids=batch.ids).logits
    wrong = Batch(batch.ids + VOCAB, batch.attention, batch.segments, batch.answer, batch.label)
    with pytest.raises(IndexError):
        model(wrong)
    assert torch.equal(lm(input_ids=batch.ids).logits, before)


def test_a_head_that_does_not_use_its_output_layer() -> None:
    """DeBERTa's newer head multiplies with the embeddings itself."""
    lm = FAMILIES["deberta-v2"].build(legacy=False)
    batch = padded_batch(False)
    expected = whole_logits(lm, batch)
    torch.testing.assert_close(PromptModel(lm, LABELS)(batch), expected, atol=1e-6, rtol=1e-6)
