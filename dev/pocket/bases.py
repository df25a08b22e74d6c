"""One base model from nothing to its folder: corpus, tokenizer, pretraining.

Single-threaded, and in a process of its own: so the weights don't hang on the number of cores.
"""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from random import Random

import torch

from dev.pocket import corpus, pretrain, tokens

CORPUS_SEED, SURVEY_SEED = 7, 1
SURVEY_TEXTS = 30_000  # texts that the vocabulary and the first word embeddings are made from


def make_base(kind: str, folder: Path, held_out: frozenset[str], steps: int | None) -> str:
    """Pretrain one base model and save it with its tokenizer; a line about it."""
    torch.set_num_threads(1)
    recipe = pretrain.RECIPES[kind]
    recipe = replace(recipe, steps=steps or recipe.steps)
    survey = list(corpus.texts(Random(SURVEY_SEED), SURVEY_TEXTS, held_out, corpus.plain))
    vocab = tokens.vocabulary(survey)
    words = pretrain.company(survey, vocab, recipe.width)
    texts = corpus.texts(Random(CORPUS_SEED), recipe.steps * recipe.batch, held_out)
    since = time.monotonic()

    def report(step: int, loss: float, _model: object) -> None:
        print(
            f"{kind} {step}/{recipe.steps} loss {loss:.3f} {time.monotonic() - since:.0f} s",
            file=sys.stderr,
            flush=True,
        )

    model = pretrain.pretrain(kind, words, pretrain.encode(texts, vocab), recipe, report)
    home = folder / f"{kind}-lm"
    shutil.rmtree(home, ignore_errors=True)
    pretrain.save(model, home)
    tokens.save(tokens.build(vocab, masked=kind == "masked"), home)
    count = sum(weight.numel() for weight in model.parameters())
    return f"{home}: {count:,} weights, {time.monotonic() - since:.0f} s"
