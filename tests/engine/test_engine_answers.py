"""Whole answers and linear heads, against the model asked row by row without padding."""

from typing import Any

import pytest
import torch

from engine.batches import Batch, Example, collate
from engine.contract.sections import ModelConfig, TaskConfig
from engine.errors import ConfigError
from engine.models import LinearModel, PromptModel, SequenceModel
from engine.models.causal import check_causal, is_causal
from engine.models.trial import trial
from tests.engine.engine_zoo import CAUSAL, FAMILIES, PAD, VOCAB

ANSWERS = ((17,), (5, 61, 8), (61, 9))
CPU = torch.device("cpu")


def examples(causal: bool) -> list[Example]:
    draw = torch.Generator().manual_seed(4)
    found = []
    for length, answer in ((9, 3), (5, 0), (12, 11)):
        ids = torch.randint(4, VOCAB, (length,), generator=draw).tolist()
        found.append(Example(tuple(ids), length - 1 if causal else answer, (0,) * length, 0))
    return found


def mean_log_probability(lm: Any, ids: tuple[int, ...], answer: tuple[int, ...]) -> float:
    """Token by token, each from a forward pass of its own."""
    total = 0.0
    for at, token in enumerate(answer):
        logits = lm(input_ids=torch.tensor([[*ids, *answer[:at]]])).logits[0, -1]
        total += logits.log_softmax(0)[token].item()
    return total / len(answer)


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("name", sorted(CAUSAL))
def test_an_answer_scores_as_a_whole(name: str, tied: bool) -> None:
    lm = FAMILIES[name].build(tie_word_embeddings=tied)
    rows = examples(causal=True)
    with torch.no_grad():
        found = SequenceModel(lm, ANSWERS)(collate(rows, PAD, CPU))
        expected = [[mean_log_probability(lm, r.ids, a) for a in ANSWERS] for r in rows]
    torch.testing.assert_close(found, torch.tensor(expected), atol=1e-5, rtol=1e-5)
    assert found.std() > 0.05, "the oracle's scores must differ to show anything"


def test_answers_of_one_token_rank_as_label_words_do() -> None:
    lm = FAMILIES["gpt2"].build()
    batch = collate(examples(causal=True), PAD, CPU)
    with torch.no_grad():
        logits = PromptModel(lm, (17, 5))(batch)
        whole = SequenceModel(lm, ((17,), (5,)))(batch)
    difference = lambda values: values[:, 0] - values[:, 1]  # noqa: E731
    torch.testing.assert_close(difference(whole), difference(logits), atol=1e-5, rtol=1e-5)


def test_whole_answers_have_gradients_of_the_whole_model() -> None:
    lm = FAMILIES["llama"].build()
    rows = examples(causal=True)[:1]
    SequenceModel(lm, ANSWERS)(collate(rows, PAD, CPU))[0, 1].backward()
    found = {n: p.grad.clone() for n, p in lm.named_parameters() if p.grad is not None}
    lm.zero_grad()
    ids, answer = rows[0].ids, ANSWERS[1]
    logits = lm(input_ids=torch.tensor([[*ids, *answer]])).logits[0].log_softmax(-1)
    sum(logits[len(ids) - 1 + at, token] for at, token in enumerate(answer)).div(3).backward()
    for name, parameter in lm.named_parameters():
        torch.testing.assert_close(found[name], parameter.grad, atol=1e-6, rtol=1e-4, msg=name)


@pytest.mark.parametrize("reads", ["cls", "mask", "mean"])
@pytest.mark.parametrize("name", ["roberta", "bert", "distilbert", "electra", "deberta-v2"])
def test_a_linear_head_reads_what_it_says(name: str, reads: str) -> None:
    encoder = FAMILIES[name].build().base_model
    model, rows = LinearModel(encoder, 3, reads), examples(causal=False)
    with torch.no_grad():
        found = model(collate(rows, PAD, CPU))
        for row, logits in zip(rows, found, strict=True):
            hidden = encoder(input_ids=torch.tensor([row.ids])).last_hidden_state[0]
            at = {"cls": hidden[0], "mask": hidden[row.answer], "mean": hidden.mean(0)}[reads]
            expected = model.head.weight @ at + model.head.bias
            torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)


def test_more_segments_than_the_model_knows() -> None:
    """Demonstrations close many segments; BERT knows two."""
    lm = FAMILIES["bert"].build()
    ids, ones = torch.arange(5, 14).unsqueeze(0), torch.ones(1, 9, dtype=torch.int64)
    answer, label = torch.tensor([4]), torch.tensor([0])

    def logits(segments: list[int]) -> torch.Tensor:
        with torch.no_grad():
            batch = Batch(ids, ones, torch.tensor([segments]), answer, label)
            return PromptModel(lm, (17, 5))(batch)

    many, two = [0, 0, 0, 1, 1, 1, 2, 2, 3], [0, 0, 0, 1, 1, 1, 1, 1, 1]
    assert torch.equal(logits(many), logits(two))
    assert not torch.equal(logits(two), logits([0] * 9))


@pytest.mark.parametrize("name", FAMILIES)
def test_causal_models_are_told_by_trying(name: str) -> None:
    lm = FAMILIES[name].build()
    assert is_causal(trial(lm)) == (name in CAUSAL)
    assert is_causal(trial(lm.base_model)) == (name in CAUSAL)


def test_an_encoder_does_not_go_on_with_an_answer() -> None:
    model = ModelConfig(name="encoder")
    with pytest.raises(ConfigError, match="encoder is no causal LM"):
        check_causal(trial(FAMILIES["bert"].build()), model, TaskConfig(type="autoregressive"))
    with pytest.raises(ConfigError, match="task.head = cls reads the first token"):
        check_causal(trial(FAMILIES["gpt2"].build().base_model), model, TaskConfig(type="finetune"))
    check_causal(
        trial(FAMILIES["gpt2"].build().base_model), model, TaskConfig(type="finetune", head="mean")
    )
