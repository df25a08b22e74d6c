"""Models of real shapes with random weights, and few-shot rows: what the grafts are timed on."""

import random
from pathlib import Path
from typing import Any

import torch
import transformers

from bench.trainer import PAD, WORDS, NeverStop
from engine.batches import Example
from engine.contract.layout import RunDir
from engine.contract.sections import FreezeConfig
from engine.data import TaskData
from engine.emit import Emitter
from engine.evaluate import Evaluator
from engine.graft.delta import Delta
from engine.models import PromptModel, freeze_all_but, weight_map
from engine.session import CPU_TOKENS, GPU_TOKENS, Session
from engine.training.state import States

SHOTS = 16


def roberta() -> Any:
    """RoBERTa-base: 85 M weights in its encoder."""
    config = transformers.RobertaConfig(
        vocab_size=50_265, max_position_embeddings=514, type_vocab_size=1
    )
    torch.manual_seed(0)
    return transformers.RobertaForMaskedLM(config).eval()


def gpt2() -> Any:
    """GPT-2: 85 M weights in its layers."""
    torch.manual_seed(0)
    return transformers.GPT2LMHeadModel(transformers.GPT2Config()).eval()


def llama() -> Any:
    """A causal model of 1.1 billion weights, 0.97 of them in its layers (TinyLlama's shapes)."""
    config = transformers.LlamaConfig(
        hidden_size=2048, intermediate_size=5632, num_hidden_layers=22, num_attention_heads=32,
        num_key_value_heads=4,
    )  # fmt: skip
    torch.manual_seed(0)
    return transformers.LlamaForCausalLM(config).eval()


def distilbert() -> Any:
    """DistilBERT: 43 M weights in its encoder."""
    torch.manual_seed(0)
    return transformers.DistilBertForMaskedLM(transformers.DistilBertConfig()).eval()


def prompts(seed: int, shots: int = SHOTS) -> list[Example]:
    """`shots` prompts a class, of 10 to 40 tokens, answered at their last token but two."""
    chance = random.Random(seed)
    examples = []
    for number in range(2 * shots):
        length = chance.randint(10, 40)
        ids = tuple(chance.randrange(1_000, 30_000) for _ in range(length))
        examples.append(Example(ids, length - 3, (0,) * length, number % 2))
    return examples


def session(lm: Any, folder: Path, bf16: bool = False, shots: int = SHOTS) -> Session:
    """A few-shot task for `lm`, where it is: its layers are maskable, events go to `folder`."""
    data = TaskData(
        train=prompts(0, shots), dev=prompts(1), tests={}, label_words=("bad", "good"), answers=(),
        metric="accuracy", contexts=1, pad_id=PAD, sample="",
    )  # fmt: skip
    weights = weight_map(lm)
    names = weights.maskable(FreezeConfig())
    freeze_all_but(lm, names)
    device, stop = next(lm.parameters()).device, NeverStop()
    model = PromptModel(lm, WORDS).to(device).eval()
    tokens = CPU_TOKENS if device.type == "cpu" else GPU_TOKENS
    return Session(
        run_dir=RunDir(folder), emit=Emitter(folder / "events.jsonl"), stop=stop, device=device,
        tokenizer=None, data=data, model=model, maskable=names, bf16=bf16,
        weights=weights, states=States(folder / "state", "", every_s=0),
        evaluate=Evaluator(model, data, device, tokens, bf16, stop.check),
    )  # fmt: skip


def tuned(lm: Any, names: list[str], shown: torch.dtype | None = None) -> Delta:
    """Flat weights of `lm` and of a made-up fine-tuning that moved each weight of `names`."""
    own = dict(lm.named_parameters())
    draw = torch.Generator(own[names[0]].device).manual_seed(1)
    moved = {n: own[n].detach() + 1e-3 * _noise(own[n], draw) for n in names}
    return Delta(lm, moved, shown)


def _noise(like: torch.Tensor, draw: torch.Generator) -> torch.Tensor:
    return torch.randn(like.shape, generator=draw, device=like.device)
