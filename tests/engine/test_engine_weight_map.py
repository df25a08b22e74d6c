"""What is embedding, layer and head, against arithmetic on the config."""

import math

import pytest
import torch
import transformers as tf

from engine.contract.sections import FreezeConfig
from engine.errors import ConfigError
from engine.models import freeze_all_but, weight_map
from tests.each import each
from tests.engine.engine_zoo import FAMILIES, LAYERS

EACH = pytest.mark.parametrize("name", FAMILIES)


@EACH
def test_layers_have_the_weights_that_the_config_says(name: str) -> None:
    lm = FAMILIES[name].build()
    sizes = {n: p.numel() for n, p in lm.named_parameters()}
    layers = weight_map(lm).layers
    assert [sum(sizes[n] for n in layer) for layer in layers] == [FAMILIES[name].layer] * LAYERS


@EACH
@pytest.mark.parametrize("tied", [True, False])
def test_every_weight_has_one_place(name: str, tied: bool) -> None:
    known = FAMILIES[name]
    lm = known.build(tie_word_embeddings=tied)
    found = weight_map(lm)
    placed = [*found.embeddings, *(n for layer in found.layers for n in layer), *found.head]
    assert sorted(placed) == sorted(n for n, _ in lm.named_parameters())
    assert {n for n in found.embeddings if not n.startswith(known.embeddings)} == set()
    assert {n for n in found.head if not n.startswith(known.head)} == set()
    assert (known.untied in found.head) == (not tied)


def test_roberta_base_has_the_papers_number_of_weights() -> None:
    with torch.device("meta"):
        lm = tf.RobertaForMaskedLM(tf.RobertaConfig())
    maskable = weight_map(lm).maskable(FreezeConfig())
    sizes = {n: p.numel() for n, p in lm.named_parameters()}
    assert sum(sizes[n] for n in maskable) == 85_054_464


def test_gpt2_has_its_published_number_of_weights() -> None:
    with torch.device("meta"):
        lm = tf.GPT2LMHeadModel(tf.GPT2Config())
    found = weight_map(lm)
    sizes = {n: p.numel() for n, p in lm.named_parameters()}
    assert sum(sizes.values()) == 124_439_808
    assert sum(sizes[n] for n in found.embeddings) == 50257 * 768 + 1024 * 768


@each("embeddings", [True, False])
@each("head", [True, False])
@each("layers", [0, 1, 2])
def test_freezing(embeddings: bool, head: bool, layers: int) -> None:
    lm = FAMILIES["roberta"].build()
    freeze = FreezeConfig(embeddings=embeddings, head=head, layers=layers)
    if embeddings and head and layers == LAYERS:
        with pytest.raises(ConfigError, match="freezes all 2 layers"):
            weight_map(lm).maskable(freeze)
        return
    freeze_all_but(lm, weight_map(lm).maskable(freeze))
    trains = {n for n, p in lm.named_parameters() if p.requires_grad}
    for name, _ in lm.named_parameters():
        if name.startswith("roberta.embeddings."):
            frozen = embeddings
        elif name.startswith("lm_head."):
            frozen = head
        else:
            frozen = int(name.split(".layer.")[1].split(".")[0]) < layers
        assert (name in trains) == (not frozen), name


def test_a_model_without_layers_is_refused() -> None:
    with pytest.raises(ConfigError, match="no stack of layers"):
        weight_map(torch.nn.Linear(2, 2))


def test_half_of_the_layers_by_count() -> None:
    lm = FAMILIES["bert"].build(num_hidden_layers=4)
    sizes = {n: p.numel() for n, p in lm.named_parameters()}
    names = weight_map(lm).maskable(FreezeConfig(layers=1))
    assert math.isclose(sum(sizes[n] for n in names), 3 * FAMILIES["bert"].layer)
