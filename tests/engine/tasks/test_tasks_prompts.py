"""What a model is shown for each task of the catalog: every token, the mask, the label's token.

The prompts are written out here once more, by hand, from REFERENCE.md's table.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import WordLevel
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from engine.contract.catalog import tasks
from engine.contract.sections import DemoConfig, TaskConfig
from engine.data import first_example
from engine.label_tokens import answers_of
from engine.tasks.template import Filler, Limits
from tests.each import each

Written = Callable[[str, str], str]


def was(a: str, _: str) -> str:
    return f"[CLS] {a} It was [MASK] . [SEP]"


def this_is(a: str, _: str) -> str:
    return f"[CLS] {a} This is [MASK] . [SEP]"


def topic(a: str, _: str) -> str:
    return f"[CLS] [MASK] : {a} [SEP]"


def lowered(text: str) -> str:
    return text[0].lower() + text[1:]


def same(a: str, b: str) -> str:
    return f"[CLS] {a} [MASK] , {lowered(b)} [SEP]"


def follows(a: str, b: str) -> str:
    return f"[CLS] {a[:-1]} ? [MASK] , {lowered(b)} [SEP]"


GOOD = ["terrible", "great"]
PAIRED = ["No", "Yes"]
THREE = {"contradiction": "No", "entailment": "Yes", "neutral": "Maybe"}
MASKED: dict[str, tuple[Written, list[str]]] = {
    **dict.fromkeys(["SST-2", "mr", "cr", "mpqa", "imdb"], (was, GOOD)),
    **dict.fromkeys(["yelp_polarity", "amazon_polarity"], (was, GOOD)),
    "sst-5": (was, ["terrible", "bad", "okay", "good", "great"]),
    "subj": (this_is, ["subjective", "objective"]),
    "CoLA": (this_is, ["incorrect", "correct"]),
    "trec": (topic, ["Description", "Entity", "Expression", "Human", "Location", "Number"]),
    "ag_news": (topic, ["World", "Sports", "Business", "Tech"]),
    **dict.fromkeys(["MRPC", "QQP", "STS-B"], (same, PAIRED)),
    **dict.fromkeys(["wnli", "hans"], (follows, PAIRED)),
    **dict.fromkeys(["QNLI", "RTE"], (follows, ["Yes", "No"])),
    **dict.fromkeys(["SNLI", "anli"], (follows, list(THREE.values()))),
    **dict.fromkeys([n for n in tasks() if n.startswith("MNLI")], (follows, list(THREE.values()))),
}
OWN = [name for name in tasks() if not name.startswith("pocket")]
TEXTS = ("The film is great.", "A man runs")


def words_of(texts: list[str]) -> PreTrainedTokenizerFast:
    """A word-level tokenizer that knows every word and mark of `texts`."""
    split = pre_tokenizers.WhitespaceSplit()
    marks = pre_tokenizers.Sequence([split, pre_tokenizers.Punctuation()])
    known = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    for text in texts:
        known += [word for word, _ in marks.pre_tokenize_str(text) if word not in known]
    ids = {word: at for at, word in enumerate(dict.fromkeys(known))}
    inner = Tokenizer(WordLevel(ids, unk_token="[UNK]"))
    inner.pre_tokenizer = marks
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]", model_max_length=512,
    )  # fmt: skip


def by_pieces(text: str, tokenizer: Any) -> list[int]:
    """Ids of a written-out prompt, its special tokens looked up one by one."""
    ids: list[int] = []
    for part in text.replace("[", "\0[").replace("]", "]\0").split("\0"):
        if part in ("[CLS]", "[SEP]", "[MASK]"):
            ids.append(tokenizer.convert_tokens_to_ids(part))
        elif part.strip():
            ids += tokenizer.encode(part.strip(), add_special_tokens=False)
    return ids


@each("name", OWN)
def test_masked_prompts_token_by_token(name: str) -> None:
    written, words = MASKED[name]
    spec = tasks()[name]
    texts = TEXTS[: len(spec.text)]
    expected = written(*TEXTS)
    tokenizer = words_of([*TEXTS, lowered(TEXTS[1]), expected, *words, "It This is was , : ?"])
    answers = answers_of(tuple(spec.masked.label_words.values()), tokenizer, "prompt")
    filled = Filler(spec.masked.prompt, tokenizer, Limits(64), answers)(texts)
    assert list(filled.ids) == by_pieces(expected, tokenizer)
    assert tokenizer.convert_ids_to_tokens(filled.ids[filled.answer]) == "[MASK]"
    assert [tokenizer.convert_ids_to_tokens(list(ids)) for ids in answers] == [[w] for w in words]


TONE, TRUE = [" negative", " positive"], [" false", " true"]
NEITHER = [" false", " true", " neither"]


def tone(a: str, _: str) -> str:
    return f'"{a}" has a tone that is'


def either(a: str, b: str) -> str:
    return f" {a}\n question: {b} true or false?\n answer:"


def neither(a: str, b: str) -> str:
    return f" {a}\n question: {b} true, false, or neither?\n answer:"


CAUSAL: dict[str, tuple[Written, list[str]]] = {
    **dict.fromkeys(["SST-2", "mr", "cr", "mpqa"], (tone, TONE)),
    "subj": (tone, [" subject", " object"]),
    **dict.fromkeys(["MRPC", "QQP"], (either, TRUE)),
    **dict.fromkeys(["RTE", "QNLI"], (either, [" true", " false"])),
    **dict.fromkeys(["MNLI", "SNLI"], (neither, NEITHER)),
    "trec": (
        lambda a, _: f" {a} The answer to this question will be",
        [" a description.", " an entity.", " an abbreviation.", " a person.", " a location.",
         " a number."],
    ),
    "ag_news": (
        lambda a, _: f" summary: {a}\n topic:",
        [" World", " Sports", " Business", " Science"],
    ),
}  # fmt: skip


@each("name", CAUSAL)
def test_causal_prompts_letter_by_letter(name: str, spaced: PreTrainedTokenizerFast) -> None:
    """By a tokenizer of bytes, so that every space and line end counts."""
    bytes_ = Tokenizer(WordLevel({"x": 0}, unk_token="x"))
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytes_ = Tokenizer(WordLevel({letter: at for at, letter in enumerate(alphabet)}, unk_token="!"))
    bytes_.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            pre_tokenizers.Split(pattern="", behavior="isolated"),
        ]
    )
    bytes_.decoder = spaced.backend_tokenizer.decoder
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bytes_, model_max_length=4096)
    written, words = CAUSAL[name]
    prompting = tasks()[name].causal
    assert prompting
    filled = Filler(prompting.prompt, tokenizer, Limits(4096))(TEXTS[: len(tasks()[name].text)])
    assert tokenizer.decode(filled.ids) == written(*TEXTS)
    assert filled.answer == len(filled.ids) - 1
    answers = answers_of(tuple(prompting.label_words.values()), tokenizer, "autoregressive")
    assert [tokenizer.decode(ids) for ids in answers] == words


REAL = ["SST-2", "sst-5", "mr", "subj", "CoLA", "MRPC", "STS-B", "ag_news"]


@pytest.mark.shared
@pytest.mark.parametrize("name", REAL)
def test_the_first_real_row_token_by_token(shared: Path, name: str) -> None:
    """As the tokenizer cuts the whole prompt in one piece."""
    tokenizer = AutoTokenizer.from_pretrained(shared / "models" / "distilbert-mlm")
    folder, spec = shared / "data" / "lm-bff" / "k-shot", tasks()[name]
    found = first_example(TaskConfig(name=name, data=str(folder)), DemoConfig(), tokenizer)
    path = folder / name / "16-13" / f"train.{spec.format}"
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    line = lines[1 if spec.header else 0]
    if spec.format == "csv":
        import pandas

        cells = [str(cell) for cell in pandas.read_csv(path, header=None).iloc[0]]
    else:
        cells = line.split("\t")
    texts = [cells[int(column)] for column in spec.text]
    written, words = MASKED[name]
    expected = tokenizer.encode(
        written(texts[0], texts[-1]).removeprefix("[CLS] ").removesuffix(" [SEP]")
    )
    assert list(found.ids) == expected
    assert found.ids[found.answer] == tokenizer.mask_token_id
    label = cells[int(spec.label)]
    if spec.bounds:
        assert found.label == pytest.approx(float(label) / 5)
    else:
        assert words[int(found.label)] == words[int(label)]
