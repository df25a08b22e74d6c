"""Tiny random language models of each family, with what is known of them from their configs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import transformers as tf

VOCAB, WIDTH, INNER, LAYERS, HEADS, PLACES = 100, 16, 32, 2, 2, 40
PAD, EOS = 1, 2


@dataclass(frozen=True, slots=True)
class Family:
    """One family of models."""

    build: Callable[..., Any]
    """Keywords for its config -> the model, random, in eval mode."""
    layer: int
    """Weights of one layer, by arithmetic."""
    embeddings: tuple[str, ...]
    """Beginnings of the names of its embeddings."""
    head: tuple[str, ...]
    """Beginnings of the names of its head and of norms after the last layer."""
    untied: str = ""
    """Name of the output weights where they are not tied to the embeddings."""


def dense(inputs: int, outputs: int) -> int:
    return inputs * outputs + outputs


NORM = 2 * WIDTH
BLOCK = 4 * dense(WIDTH, WIDTH) + dense(WIDTH, INNER) + dense(INNER, WIDTH) + 2 * NORM
LLAMA_BLOCK = 4 * WIDTH**2 + 3 * WIDTH * INNER + 2 * WIDTH  # no biases, norms with one vector

BERT_LIKE = {
    "vocab_size": VOCAB,
    "hidden_size": WIDTH,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": INNER,
    "max_position_embeddings": PLACES,
    "pad_token_id": PAD,
    "initializer_range": 0.3,
}


def family(model: Any, config: Any, known: dict[str, Any], **about: Any) -> Family:
    def build(seed: int = 0, **changes: Any) -> Any:
        torch.manual_seed(seed)
        lm = model(config(**{**known, **changes})).eval()
        with torch.no_grad():  # biases and norms start at 0 and 1, which hides mistakes
            for parameter in lm.parameters():
                if parameter.ndim == 1:
                    parameter.add_(torch.randn_like(parameter), alpha=0.1)
        return lm

    return Family(build, **about)


FAMILIES: dict[str, Family] = {
    "roberta": family(
        tf.RobertaForMaskedLM,
        tf.RobertaConfig,
        {**BERT_LIKE, "type_vocab_size": 1},
        layer=BLOCK,
        embeddings=("roberta.embeddings.",),
        head=("lm_head.",),
        untied="lm_head.decoder.weight",
    ),
    "bert": family(
        tf.BertForMaskedLM,
        tf.BertConfig,
        BERT_LIKE,
        layer=BLOCK,
        embeddings=("bert.embeddings.",),
        head=("cls.predictions.",),
        untied="cls.predictions.decoder.weight",
    ),
    "distilbert": family(
        tf.DistilBertForMaskedLM,
        tf.DistilBertConfig,
        {
            "vocab_size": VOCAB,
            "dim": WIDTH,
            "n_layers": LAYERS,
            "n_heads": HEADS,
            "hidden_dim": INNER,
            "max_position_embeddings": PLACES,
            "pad_token_id": PAD,
            "initializer_range": 0.3,
        },
        layer=BLOCK,
        embeddings=("distilbert.embeddings.",),
        head=("vocab_transform.", "vocab_layer_norm.", "vocab_projector."),
        untied="vocab_projector.weight",
    ),
    "electra": family(
        tf.ElectraForMaskedLM,
        tf.ElectraConfig,
        {**BERT_LIKE, "embedding_size": WIDTH},
        layer=BLOCK,
        embeddings=("electra.embeddings.",),
        head=("generator_predictions.", "generator_lm_head."),
        untied="generator_lm_head.weight",
    ),
    "deberta-v2": family(
        tf.DebertaV2ForMaskedLM,
        tf.DebertaV2Config,
        {
            **BERT_LIKE,
            "type_vocab_size": 0,
            "relative_attention": True,
            "pos_att_type": ["p2c", "c2p"],
            "share_att_key": True,
            "norm_rel_ebd": "layer_norm",
            "position_buckets": 8,
            "position_biased_input": False,
        },
        layer=BLOCK,
        embeddings=(
            "deberta.embeddings.",
            "deberta.encoder.rel_embeddings.",
            "deberta.encoder.LayerNorm.",  # of the relative positions
        ),
        head=("cls.predictions.",),
        untied="cls.predictions.decoder.weight",
    ),
    "gpt2": family(
        tf.GPT2LMHeadModel,
        tf.GPT2Config,
        {
            "vocab_size": VOCAB,
            "n_embd": WIDTH,
            "n_layer": LAYERS,
            "n_head": HEADS,
            "n_inner": INNER,
            "n_positions": PLACES,
            "bos_token_id": EOS,
            "eos_token_id": EOS,
            "initializer_range": 0.3,
        },
        layer=BLOCK,
        embeddings=("transformer.wte.", "transformer.wpe."),
        head=("transformer.ln_f.", "lm_head."),
        untied="lm_head.weight",
    ),
    "llama": family(
        tf.LlamaForCausalLM,
        tf.LlamaConfig,
        {**BERT_LIKE, "tie_word_embeddings": True},
        layer=LLAMA_BLOCK,
        embeddings=("model.embed_tokens.",),
        head=("model.norm.", "lm_head."),
        untied="lm_head.weight",
    ),
    "opt": family(
        tf.OPTForCausalLM,
        tf.OPTConfig,
        {
            "vocab_size": VOCAB,
            "hidden_size": WIDTH,
            "word_embed_proj_dim": WIDTH,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": HEADS,
            "ffn_dim": INNER,
            "max_position_embeddings": PLACES,
            "pad_token_id": PAD,
            "init_std": 0.3,
        },
        layer=BLOCK,
        embeddings=("model.decoder.embed_tokens.", "model.decoder.embed_positions."),
        head=("model.decoder.final_layer_norm.", "lm_head."),
        untied="lm_head.weight",
    ),
    "gpt-neox": family(
        tf.GPTNeoXForCausalLM,
        tf.GPTNeoXConfig,
        {**BERT_LIKE, "tie_word_embeddings": True},
        layer=BLOCK,
        embeddings=("gpt_neox.embed_in.",),
        head=("gpt_neox.final_layer_norm.", "lm_head."),
        untied="lm_head.weight",
    ),
}
CAUSAL = {"gpt2", "llama", "opt", "gpt-neox"}
