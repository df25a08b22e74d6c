"""What is found by running a network once, family by family, against what is known of each."""

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as tf

from engine.contract.events import FailReason
from engine.contract.sections import FreezeConfig
from engine.errors import ConfigError
from engine.models import LinearModel, PromptModel, weight_map
from engine.models.trial import refused, trial
from tests.engine.engine_bench import finetuning, run_here
from tests.engine.engine_zoo import (
    BERT_LIKE,
    EOS,
    FAMILIES,
    HEADS,
    INNER,
    PAD,
    PLACES,
    VOCAB,
    WIDTH,
)
from tests.engine.test_engine_models import LABELS, gradients, padded_batch, whole_logits

BART = {
    "vocab_size": VOCAB, "d_model": WIDTH, "encoder_layers": 2, "decoder_layers": 3,
    "encoder_attention_heads": HEADS, "decoder_attention_heads": HEADS, "encoder_ffn_dim": INNER,
    "decoder_ffn_dim": INNER, "max_position_embeddings": PLACES, "pad_token_id": PAD,
    "eos_token_id": EOS, "decoder_start_token_id": EOS, "init_std": 0.3,
}  # fmt: skip
XLM = {
    "vocab_size": VOCAB, "emb_dim": WIDTH, "n_layers": 2, "n_heads": HEADS, "pad_index": PAD,
    "max_position_embeddings": PLACES, "init_std": 0.3, "embed_init_std": 0.3,
}  # fmt: skip


def bart() -> Any:
    torch.manual_seed(0)
    lm = tf.BartForConditionalGeneration(tf.BartConfig(**BART)).eval()
    lm.final_logits_bias.copy_(torch.randn(1, VOCAB))
    return lm


def esm() -> Any:
    torch.manual_seed(0)
    lm = tf.EsmForMaskedLM(tf.EsmConfig(**BERT_LIKE, mask_token_id=4)).eval()
    torch.nn.init.normal_(lm.lm_head.bias)
    return lm


def picture_model() -> Any:
    """More layers of vision than of text."""
    torch.manual_seed(0)
    text = tf.Gemma3TextConfig(**BERT_LIKE, num_key_value_heads=1, head_dim=8)
    vision = {
        "hidden_size": 24, "intermediate_size": INNER, "num_hidden_layers": 3,
        "num_attention_heads": HEADS, "image_size": 28, "patch_size": 14,
    }  # fmt: skip
    return tf.Gemma3ForConditionalGeneration(
        tf.Gemma3Config(
            text_config=text.to_dict(), vision_config=vision, mm_tokens_per_image=1,
            boi_token_index=10, eoi_token_index=11, image_token_index=12,
        )
    ).eval()  # fmt: skip


@pytest.mark.parametrize("build", [bart, esm])
def test_a_bias_as_large_as_the_vocabulary(build: Any) -> None:
    """What is added after the output layer counts, and no whole logits are computed for it."""
    lm = build()
    batch = padded_batch(causal=False)
    expected = whole_logits(lm, batch)
    expected_grad = gradients(lm, expected, batch)
    answered = PromptModel(lm, LABELS)(batch)
    torch.testing.assert_close(answered, expected, atol=1e-5, rtol=1e-5)
    for key, grad in gradients(lm, answered, batch).items():
        torch.testing.assert_close(grad, expected_grad[key], atol=1e-5, rtol=1e-4, msg=key)


def test_an_encoder_and_a_decoder_are_stacks_on_each_other() -> None:
    found = weight_map(bart())
    begins = [layer[0].split(".layers.")[0] for layer in found.layers]
    assert begins == ["model.encoder"] * 2 + ["model.decoder"] * 3
    assert all(".layers." not in name for name in (*found.head, *found.embeddings))
    assert found.maskable(FreezeConfig(layers=4)) == list(found.layers[4])


def test_lists_that_take_turns_make_up_the_layers() -> None:
    lm = tf.XLMWithLMHeadModel(tf.XLMConfig(**XLM))
    found = weight_map(lm)
    parts = {name.split(".")[1] for name in found.layers[1]}
    assert parts == {"attentions", "layer_norm1", "ffns", "layer_norm2"}
    assert all(".1." in name for name in found.layers[1])
    assert not any(name.split(".")[1] in parts for name in found.head)


def test_a_vision_tower_is_none_of_the_layers() -> None:
    lm = picture_model()
    found = weight_map(lm)
    assert len(found.layers) == 2
    towers = ("model.vision_tower.", "model.multi_modal_projector.")
    assert {n for n, _ in lm.named_parameters() if n.startswith(towers)} == set(found.idle)
    everything = FreezeConfig(embeddings=False, head=False)
    assert not set(found.idle) & set(found.maskable(everything))


def test_a_linear_head_is_as_wide_as_the_hidden_states() -> None:
    model = LinearModel(picture_model().base_model, 2, "mean")
    assert model.head.in_features == WIDTH
    assert model(padded_batch(causal=True)).shape == (3, 2)


@pytest.mark.parametrize("name", FAMILIES)
def test_positions_that_are_usable(name: str) -> None:
    """One token more than the table has room for, and torch looks past its end."""
    lm = FAMILIES[name].build()
    found = trial(lm).positions
    tables = {"roberta": PLACES - PAD - 1, "llama": None, "gpt-neox": None, "deberta-v2": None}
    assert found == tables.get(name, PLACES)
    ids = torch.full((1, (found or PLACES) + 1), 5)
    lm(input_ids=ids[:, :-1])
    if found:
        with pytest.raises((IndexError, RuntimeError)):
            lm(input_ids=ids)


def test_what_cannot_be_run_on_text_is_refused_in_words() -> None:
    lm = tf.T5Model(tf.T5Config(vocab_size=VOCAB, d_model=WIDTH, d_kv=8, d_ff=INNER, num_layers=1))
    with pytest.raises(ConfigError, match=r"my-t5 \(T5Model\) cannot be run on text alone: You"):
        trial(lm, "my-t5")


def test_want_of_memory_is_no_fault_of_the_model() -> None:
    with pytest.raises(RuntimeError, match="allocate"), refused(FAMILIES["bert"].build()):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory")


def test_a_trial_draws_nothing_and_changes_nothing() -> None:
    lm = FAMILIES["roberta"].build(hidden_dropout_prob=0.5).train()
    before = torch.get_rng_state()
    weight_map(lm)
    PromptModel(lm, LABELS)
    assert torch.equal(torch.get_rng_state(), before)
    assert lm.training


def altered(folder: Path, target: Path, **tokens: str) -> Path:
    """The model of `folder` with another tokenizer."""
    tokenizer = tf.AutoTokenizer.from_pretrained(folder)
    tokenizer.add_special_tokens(tokens) if tokens else tokenizer.add_tokens(["the film"])
    tf.AutoModelForMaskedLM.from_pretrained(folder).save_pretrained(target)
    tokenizer.save_pretrained(target)
    return target


def test_a_token_without_an_embedding_is_named(
    tmp_path: Path, model_folder: Path, task_folder: Path
) -> None:
    raw = finetuning(altered(model_folder, tmp_path / "m"), task_folder, steps=1)
    failed = run_here(tmp_path / "r", raw).failed
    assert failed.reason == FailReason.config
    assert "'the film' is number" in failed.message
    assert "resize" in failed.hint


def test_padding_without_an_embedding_does_not_matter(
    tmp_path: Path, model_folder: Path, task_folder: Path
) -> None:
    folder = altered(model_folder, tmp_path / "m", pad_token="<more>")
    assert run_here(tmp_path / "r", finetuning(folder, task_folder, steps=1)).code == 0


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_named(
    tmp_path: Path, model_folder: Path, task_folder: Path, value: float
) -> None:
    lm = tf.AutoModelForMaskedLM.from_pretrained(model_folder)
    name = "roberta.encoder.layer.1.output.dense.weight"
    with torch.no_grad():
        lm.get_parameter(name)[0, :2] = value
    lm.save_pretrained(tmp_path / "m")
    tf.AutoTokenizer.from_pretrained(model_folder).save_pretrained(tmp_path / "m")
    failed = run_here(tmp_path / "r", finetuning(tmp_path / "m", task_folder)).failed
    assert failed.reason == FailReason.config
    assert f"the weights of {tmp_path / 'm'} are not all numbers: 2 of" in failed.message
    assert name in failed.message


@pytest.mark.parametrize("name", FAMILIES)
def test_text_comes_to_all_of_a_language_model(name: str) -> None:
    assert not weight_map(FAMILIES[name].build()).idle
