"""Pretrains the two base models on unlabelled texts. Knows neither tasks nor prompts.

The masked model is RoBERTa-shaped, the causal one GPT-2-shaped; both tie their embeddings to their
heads. The same seed gives the same weights on the same kind of machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    RobertaConfig,
    RobertaForMaskedLM,
)

from dev.pocket.tokens import BOS_ID, EOS_ID, MASK_ID, MAX_TOKENS, PAD_ID, SPECIAL


@dataclass(frozen=True)
class Recipe:
    """How one base model is shaped and pretrained."""

    steps: int
    peak_lr: float
    init_std: float  # of the starting weights
    width: int = 96
    layers: int = 3
    heads: int = 4
    batch: int = 32  # texts a step
    warmup: int = 300  # steps
    common: int = 60  # masked: ids below this are frequent words, mostly grammar
    common_rate: float = 0.08  # masked: share of them to predict
    opening_rate: float = 0.08  # masked: share of the rarer words to predict in a first sentence
    rest_rate: float = 0.6  # masked: the same in what follows, where meaning shows
    opening_weight: float = 0.2  # causal: weight of the loss in a text's first sentence
    seed: int = 7


Report = Callable[[int, float, Any], None]  # step, mean loss so far, the model
RECIPES = {
    "masked": Recipe(steps=10000, peak_lr=2e-3, init_std=0.09),
    "causal": Recipe(steps=5000, peak_lr=1e-3, init_std=0.06),
}


@dataclass(frozen=True)
class Text:
    """One text as ids, without framing."""

    ids: tuple[int, ...]
    opening: int  # tokens in its first sentence


def encode(texts: Iterable[str], vocab: dict[str, int]) -> Iterator[Text]:
    """Word-level ids; the opening ends with the first full stop."""
    dot = vocab["."]
    for text in texts:
        ids = tuple(vocab[word] for word in text.split())
        yield Text(ids, ids.index(dot) + 1)


def company(texts: Iterable[str], vocab: dict[str, int], width: int) -> Tensor:
    """What company words keep, (V, width), of about unit size: words that turn up together point
    the same way.

    Word embeddings that start from this, and not from noise, spare the models the long plateau
    before attention finds out which words matter.
    """
    rows = []
    for text in texts:
        row = torch.zeros(len(vocab))
        row[[vocab[word] for word in text.split()]] = 1.0
        rows.append(row)
    seen = torch.stack(rows)  # (texts, V)
    both = (seen.T @ seen).double()  # (V, V)
    alone = both.diag().clone().clamp(min=1.0)
    both.fill_diagonal_(0.0)
    surprise = torch.log((both * len(rows) / (alone[:, None] * alone[None])).clamp(min=1.0))
    values, vectors = torch.linalg.eigh(surprise)  # rising; negative ones tell words apart
    # The fourth root: flat enough that two words of one kind stay distinct.
    table: Tensor = vectors[:, -width:] * values[-width:].clamp(min=0.0) ** 0.25
    scaled: Tensor = nn.functional.normalize(table, dim=1) * width**0.5
    return scaled.to(torch.float32)


def masked_model(vocab_size: int, recipe: Recipe) -> RobertaForMaskedLM:
    """RoBERTa's shape at pocket size; no dropout, since a tiny model has none to spare."""
    return RobertaForMaskedLM(
        RobertaConfig(
            vocab_size=vocab_size,
            hidden_size=recipe.width,
            num_hidden_layers=recipe.layers,
            num_attention_heads=recipe.heads,
            intermediate_size=4 * recipe.width,
            max_position_embeddings=MAX_TOKENS + 2,
            type_vocab_size=1,
            initializer_range=recipe.init_std,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            layer_norm_eps=1e-5,
            bos_token_id=BOS_ID,
            pad_token_id=PAD_ID,
            eos_token_id=EOS_ID,
        )
    )


def causal_model(vocab_size: int, recipe: Recipe) -> GPT2LMHeadModel:
    """GPT-2's shape at pocket size."""
    return GPT2LMHeadModel(
        GPT2Config(
            vocab_size=vocab_size,
            n_embd=recipe.width,
            n_layer=recipe.layers,
            n_head=recipe.heads,
            n_positions=MAX_TOKENS,
            initializer_range=recipe.init_std,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=BOS_ID,
            eos_token_id=EOS_ID,
            pad_token_id=PAD_ID,
        )
    )


def waves(count: int, width: int) -> Tensor:
    """Sinusoids, (count, width), of about unit size: positions whose distances are easy to read."""
    position = torch.arange(count)[:, None]
    speed = torch.exp(torch.arange(0, width, 2) * (-math.log(200.0) / width))[None]
    return torch.cat([torch.sin(position * speed), torch.cos(position * speed)], 1) * 2**0.5


def _batches(texts: Iterator[Text], recipe: Recipe) -> Iterator[list[Text]]:
    """Batches of texts of similar length, so that little is padding; the corpus keeps its order."""
    rng = Random(recipe.seed)
    while pool := list(islice(texts, 40 * recipe.batch)):
        pool.sort(key=lambda text: len(text.ids))
        groups = [pool[i : i + recipe.batch] for i in range(0, len(pool), recipe.batch)]
        yield from rng.sample(groups, len(groups))


def _padded(rows: list[list[int]]) -> Tensor:
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD_ID] * (longest - len(row)) for row in rows])  # (B, T)


def _masked_loss(model: Any, texts: list[Text], recipe: Recipe, rng: torch.Generator) -> Tensor:
    ids = _padded([[BOS_ID, *text.ids, EOS_ID] for text in texts])  # (B, T)
    position = torch.arange(ids.shape[1])[None]  # (1, T)
    opening = torch.tensor([[text.opening] for text in texts])  # (B, 1)
    rate = torch.where(position <= opening, recipe.opening_rate, recipe.rest_rate)  # (B, T)
    rate = rate.masked_fill(ids < recipe.common, recipe.common_rate)
    chosen = (torch.rand(ids.shape, generator=rng) < rate) & (ids >= len(SPECIAL))
    kept = torch.rand(ids.shape, generator=rng) < 0.1  # some stay, as in RoBERTa
    shown = ids.masked_fill(chosen & ~kept, MASK_ID)
    hidden = model.roberta(shown, attention_mask=(ids != PAD_ID).long()).last_hidden_state
    return nn.functional.cross_entropy(model.lm_head(hidden[chosen]), ids[chosen])


def _causal_loss(model: Any, texts: list[Text], recipe: Recipe, _rng: torch.Generator) -> Tensor:
    ids = _padded([[*text.ids, EOS_ID] for text in texts])  # (B, T)
    hidden = model.transformer(ids, attention_mask=(ids != PAD_ID).long()).last_hidden_state
    position = torch.arange(1, ids.shape[1])[None]  # (1, T-1)
    opening = torch.tensor([[text.opening] for text in texts])  # (B, 1)
    weight = torch.where(position < opening, recipe.opening_weight, 1.0)  # (B, T-1)
    real = ids[:, 1:] != PAD_ID  # (B, T-1)
    losses = nn.functional.cross_entropy(
        model.lm_head(hidden[:, :-1][real]), ids[:, 1:][real], reduction="none"
    )
    return (losses * weight[real]).sum() / weight[real].sum()


def _fresh(kind: str, words: Tensor, recipe: Recipe) -> Any:
    """An untrained model whose embeddings know which words and which places belong together."""
    torch.manual_seed(recipe.seed)
    model: Any = (masked_model if kind == "masked" else causal_model)(len(words), recipe)
    with torch.no_grad():
        for name, table in model.named_parameters():
            if name.endswith(("word_embeddings.weight", "wte.weight")):
                table.copy_(recipe.init_std * words)
            elif name.endswith(("position_embeddings.weight", "wpe.weight")):
                table.copy_(recipe.init_std * waves(*table.shape))
    return model


def pretrain(
    kind: str, words: Tensor, texts: Iterator[Text], recipe: Recipe, report: Report
) -> Any:
    """A trained base model of the kind "masked" or "causal".

    Its word embeddings start as `words`, (V, width).
    """
    model = _fresh(kind, words, recipe)
    rng = torch.Generator().manual_seed(recipe.seed)
    loss_of = _masked_loss if kind == "masked" else _causal_loss
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.peak_lr, betas=(0.9, 0.98), weight_decay=0.01
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(
            (step + 1) / recipe.warmup, 0.5 + 0.5 * math.cos(math.pi * step / recipe.steps)
        ),
    )
    mean = 0.0
    for step, batch in enumerate(_batches(texts, recipe), 1):
        optimizer.zero_grad()
        loss = loss_of(model, batch, recipe, rng)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        mean += (loss.item() - mean) / min(step, 200)
        if step % 200 == 0:
            report(step, mean, model)
    return model.eval()


def save(model: Any, folder: Path) -> None:
    """Float16 on disk, half the bytes; the config asks for float32, so that is what loads."""
    model.half().save_pretrained(str(folder))
    config = folder / "config.json"
    config.write_text(config.read_text("utf-8").replace('"float16"', '"float32"'), "utf-8")
    (folder / "model.safetensors").chmod(0o644)  # safetensors makes it readable by its owner alone
