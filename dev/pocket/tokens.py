"""The word-level tokenizer of the pocket language, as transformers loads it. No models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

# The order is RoBERTa's: its position ids count from pad_id + 1.
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
BOS_ID, PAD_ID, EOS_ID, UNK_ID, MASK_ID = range(len(SPECIAL))
MAX_TOKENS = 64


def vocabulary(texts: Iterable[str]) -> dict[str, int]:
    """Ids by falling frequency after the special tokens; ties by spelling."""
    counts = Counter(word for text in texts for word in text.split())
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    return {word: index for index, word in enumerate((*SPECIAL, *ranked))}


def build(vocab: dict[str, int], masked: bool) -> PreTrainedTokenizerFast:
    """A lower-casing tokenizer; the masked one frames its input as `<s> ... </s>`."""
    core = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    core.normalizer = normalizers.Lowercase()
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    if masked:
        core.post_processor = processors.TemplateProcessing(
            single="<s> $A </s>",
            pair="<s> $A </s> </s> $B </s>",
            special_tokens=[("<s>", BOS_ID), ("</s>", EOS_ID)],
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        model_max_length=MAX_TOKENS,
        bos_token="<s>",
        cls_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        sep_token="</s>",
        unk_token="<unk>",
        mask_token="<mask>",
        padding_side="right",
        model_input_names=["input_ids", "attention_mask"],
    )


def save(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """tokenizer.json and tokenizer_config.json, for AutoTokenizer.from_pretrained(folder)."""
    tokenizer.save_pretrained(str(folder))
