"""Small word-level tokenizers, with and without a difference between `word` and ` word`."""

from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import WordLevel
from transformers import PreTrainedTokenizerFast

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
NAMES = dict(zip(("cls", "pad", "sep", "unk", "mask"), SPECIAL, strict=True))
WORDS = (
    *("It", "was", "This", "is", ".", ",", "?", ":", '"', "'", "-", "Yes", "No", "Maybe"),
    *("terrible", "great", "bad", "good", "okay", "negative", "positive", "dull", "fun", "grim"),
    *("a", "the", "film", "plot", "cast", "story", "deep", "yet", "not", "one", "of", "best"),
    *("man", "A", "he", "sleeps", "runs", "Man", "has", "tone", "that", "it"),
)


def _fast(tokens: list[str], split: pre_tokenizers.PreTokenizer) -> PreTrainedTokenizerFast:
    ids = {token: number for number, token in enumerate([*SPECIAL, *tokens])}
    inner = Tokenizer(WordLevel(ids, unk_token="<unk>"))
    inner.pre_tokenizer = split
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        model_max_length=512,
        **{f"{name}_token": token for name, token in NAMES.items()},
    )


def plain_tokenizer() -> PreTrainedTokenizerFast:
    """As BERT's: words and punctuation, spaces forgotten."""
    return _fast(list(WORDS), pre_tokenizers.Whitespace())


def spaced_tokenizer() -> PreTrainedTokenizerFast:
    """As RoBERTa's: ` great` (written Ġgreat) and `great` are two tokens, and bytes survive."""
    made = _fast(
        [*WORDS, *(f"Ġ{word}" for word in WORDS)], pre_tokenizers.ByteLevel(add_prefix_space=False)
    )
    made.backend_tokenizer.decoder = decoders.ByteLevel()
    return made
