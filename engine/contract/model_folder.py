"""What a model's folder says of itself before its weights are read: its layers, whether it is
masked or causal, which words its tokenizer has, how many weights there are.

Standard library only. Refuses what is certain to fail and passes the rest: the engine tries it.
"""

import json
import math
import os
import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.contract.layout import shipped
from engine.contract.sections import FreezeConfig, ModelConfig, TaskConfig

POCKET = "pocket:"
Trouble = tuple[str, str] | None
_LONGEST_HEADER = 100 << 20
"""Bytes, of a safetensors file; the format's own bound."""

_LAYERS = (
    "num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers", "decoder_layers",
    "num_decoder_layers",
)  # fmt: skip
_STACKED = {"is_encoder_decoder", "encoder_layers", "block_sizes"}
# Saved as causal LMs, these load as masked ones too.
_BOTH = (
    "bert", "bert-generation", "big_bird", "camembert", "data2vec-text", "electra", "ernie",
    "flaubert", "mega", "megatron-bert", "rembert", "roberta", "roberta-prelayernorm", "roc_bert",
    "roformer", "xlm", "xlm-roberta", "xlm-roberta-xl", "xlnet", "xmod",
)  # fmt: skip
_SPACES = ("", "\u0120", "\u2581")
"""How vocabularies write a space before a word: not at all, as bytes do, as SentencePiece does."""


def pocket_folder(name: str) -> Path:
    """Where the pocket model `pocket:NAME` lies."""
    return shipped() / "pocket" / name.removeprefix(POCKET)


def is_local(name: str) -> bool:
    """Whether a model name is a path: it begins like one, exists, or has more than one slash."""
    return name.startswith((".", "/", "~")) or Path(name).exists() or name.count("/") > 1


def folder_of(name: str) -> Path | None:
    """Where a model lies on this machine; None for a hub name."""
    if name.startswith(POCKET):
        return pocket_folder(name)
    return Path(os.path.expanduser(name)) if is_local(name) else None


def weights_of(name: str) -> int | None:
    """How many numbers the weights of a model hold, by the headers of its safetensors files; None
    for a hub name, and where there are no such files.
    """
    folder = folder_of(name)
    if folder is None:
        return None
    try:
        files = sorted(folder.glob("*.safetensors"))
        return sum(_numbers(file, file.stat().st_mtime_ns) for file in files) or None
    except (OSError, ValueError, RecursionError, struct.error, KeyError, TypeError, AttributeError):
        return None


@lru_cache(maxsize=64)
def _numbers(path: Path, stamp: int) -> int:
    """In one safetensors file. Raises OSError, ValueError, struct.error."""
    with path.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > _LONGEST_HEADER:
            raise ValueError(f"{path} is no safetensors file")
        header = json.loads(file.read(length))
    shapes = (about["shape"] for name, about in header.items() if name != "__metadata__")
    return sum(math.prod(shape) for shape in shapes)


def check_kind(model: ModelConfig, task: TaskConfig) -> Trouble:
    """A masked model that is to go on with a text, or a causal one that is to fill in a mask, or
    to be read at its first token.
    """
    config = _config(*_stamped(model.name, "config.json"))
    if model.trust_remote_code or "auto_map" in config:
        return None
    names = config.get("architectures")
    names = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    if not names:
        return None
    masked = all(name.endswith("ForMaskedLM") for name in names)
    if task.type == "autoregressive" and masked and not config.get("is_decoder"):
        return (
            f"model.name = {model.name!r} is a masked LM ({names[0]}), and "
            "task.type = autoregressive needs a causal one",
            "use task.type=prompt, or a causal model such as gpt2",
        )
    causal = all(_is_causal(name) for name in names) and config.get("model_type") not in _BOTH
    told = f"model.name = {model.name!r} is a causal LM ({names[0]}), and"
    if causal and task.type in ("prompt", "prompt-demo"):
        hint = "use task.type=autoregressive, or a masked model such as roberta-base"
        return f"{told} task.type = {task.type} needs a masked one", hint
    if causal and task.type == "finetune" and task.head == "cls":
        return f"{told} its first token, task.head = cls, sees nothing", "set task.head=mean"
    return None


def _is_causal(architecture: str) -> bool:
    head = architecture.endswith("LMHeadModel") and not architecture.endswith("WithLMHeadModel")
    return head or architecture.endswith("ForCausalLM")


def check_layers(model: ModelConfig, freeze: FreezeConfig) -> Trouble:
    """More layers frozen than there are, or all that could train."""
    config = _config(*_stamped(model.name, "config.json"))
    if not _STACKED.isdisjoint(config):  # encoder and decoder count together: the engine can tell
        return None
    count = max(_counts(config), default=0)
    nothing_left = freeze.layers == count and freeze.embeddings and freeze.head
    if not count or (freeze.layers <= count and not nothing_left):
        return None
    left = ", so nothing would train" if nothing_left else ""
    return (
        f"freeze.layers = {freeze.layers}: {model.name} has {count} layers{left}",
        f"set freeze.layers to {count - 1} or less",
    )


def _counts(config: dict[str, Any]) -> Iterator[int]:
    """Every number of layers in a config, those of its parts too (text_config, vision_config)."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from _counts(value)
        elif key in _LAYERS and type(value) is int:
            yield value


def check_tokens(model: ModelConfig, words: dict[str, str]) -> Trouble:
    """A label word that the vocabulary has in no spelling, and so is not one token."""
    known = _vocabulary(*_stamped(model.name, "tokenizer.json"))
    for label, word in words.items():
        # Beyond ASCII, a vocabulary of bytes or a normaliser may write it in other ways.
        if known and word.isascii() and not known.intersection(_spellings(word)):
            return (
                f"label word {word!r} (label {label}) is not one token of {model.name}",
                f"choose another with task.label_words, such as --set task.label_words.{label}=bad",
            )
    return None


def _spellings(word: str) -> set[str]:
    forms = {word, word.lower(), word.strip(), word.strip().lower()}
    return {f"{space}{form}".replace(" ", space or " ") for form in forms for space in _SPACES}


@lru_cache(maxsize=4)
def _vocabulary(path: Path | None, stamp: int) -> frozenset[str]:
    """The tokens of a tokenizer.json; empty where it is of no form that is known."""
    tokenizer = _parsed(path)
    model, added = tokenizer.get("model"), tokenizer.get("added_tokens")
    vocab = model.get("vocab") if isinstance(model, dict) else None
    if isinstance(vocab, list):  # Unigram: token and score
        vocab = [pair[0] for pair in vocab if isinstance(pair, list) and pair]
    if not isinstance(vocab, dict | list):
        return frozenset()
    more = [token.get("content") for token in added or [] if isinstance(token, dict)]
    if suffix := str((model or {}).get("end_of_word_suffix") or ""):
        more += [str(token).removesuffix(suffix) for token in vocab]
    return frozenset(token for token in (*vocab, *more) if isinstance(token, str))


def _stamped(name: str, file: str) -> tuple[Path | None, int]:
    """A file of a model's folder, and when it was last changed: a recipe of thousands of parts
    reads it once. No path for a hub name, and where there is no such file.
    """
    folder = folder_of(name)
    try:
        return (folder / file, (folder / file).stat().st_mtime_ns) if folder else (None, 0)
    except OSError:
        return None, 0


@lru_cache(maxsize=16)
def _config(path: Path | None, stamp: int) -> dict[str, Any]:
    return _parsed(path)


def _parsed(path: Path | None) -> dict[str, Any]:
    """The object in a JSON file; empty where there is none."""
    try:
        parsed = json.loads(path.read_bytes()) if path else {}
    except (OSError, ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}
