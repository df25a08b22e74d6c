"""Models of real shapes with random weights, and few-shot rows: what the grafts are timed on."""

import random
from pathlib import Path
from typing import Any

import torch
import transformers

from bench.trainer import PAD, WORDS, NeverStop
from engine.batches import Example
from engine.contract.config import FreezeConfig
from engine.contract.layout import RunDir
from engine.data import TaskData
from engine.emit import Emitter
from engine.evaluate import Evaluator
from engine.graft.delta import Delta
from engine.models import PromptModel, freeze_all_but, weight_map
from engine.session import CPU_TOKENS, Session

SHOTS = 16


def roberta() -> Any:
    """RoBERTa-base: 85 M weights in its encoder."""
    config = transformers.RobertaConfig(
        vocab_size=50_265, max_position_embeddings=514, type_vocab_size=1
    )
    torch.manual_seed(0)
    return transformers.RobertaForMaskedLM(config).eval()


def distilbert() -> Any:
    """DistilBERT: 43 M weights in its encoder."""
    torch.manual_seed(0)
    return transformers.DistilBertForMaskedLM(transformers.DistilBertConfig()).eval()


def prompts(seed: int) -> list[Example]:
    """SHOTS prompts a class, of 10 to 40 tokens, answered at their last token but two."""
    chance = random.Random(seed)
    found = []
    for number in range(2 * SHOTS):
        length = chance.randint(10, 40)
        ids = tuple(chance.randrange(1_000, 30_000) for _ in range(length))
        found.append(Example(ids, length - 3, (0,) * length, number % 2))
    return found


def session(lm: Any, folder: Path, bf16: bool = False) -> Session:
    """A few-shot task for `lm`, its encoder alone maskable; the events go to `folder`."""
    data = TaskData(
        train=prompts(0), dev=prompts(1), tests={}, label_words=("bad", "good"), answers=(),
        metric="accuracy", contexts=1, pad_id=PAD, sample="",
    )  # fmt: skip
    names = weight_map(lm).maskable(FreezeConfig())
    freeze_all_but(lm, names)
    model, device, stop = PromptModel(lm, WORDS).eval(), torch.device("cpu"), NeverStop()
    return Session(
        run_dir=RunDir(folder), emit=Emitter(folder / "events.jsonl"), stop=stop, device=device,
        tokenizer=None, data=data, model=model, maskable=names, bf16=bf16,
        evaluate=Evaluator(model, data, device, CPU_TOKENS, bf16, stop.check),
    )  # fmt: skip


def tuned(lm: Any, names: list[str], shown: torch.dtype | None = None) -> Delta:
    """Flat weights of `lm` and of a made-up fine-tuning that moved each weight of `names`."""
    draw = torch.Generator().manual_seed(1)
    own = dict(lm.named_parameters())
    return Delta(
        lm,
        {n: own[n].detach() + 1e-3 * torch.randn(own[n].shape, generator=draw) for n in names},
        shown,
    )
