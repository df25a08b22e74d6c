"""Prompts of causal LMs are the ids of the whole text, whatever the tokenizer does at seams."""

from pathlib import Path
from typing import Any

import pytest
from tokenizers import AddedToken, Tokenizer, normalizers, processors
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

from engine.contract.sections import ModelConfig
from engine.errors import ConfigError
from engine.label_tokens import answers_of
from engine.loading import tokenizer as load_tokenizer
from engine.tasks.template import Filler, Limits
from engine.tasks.whole import WholeFiller

FREE = Limits(10_000)
WORDS = (" good", " bad")
PROMPT = '"*sent_0*"_it_was'
SENTENCES = ["the film is fun .", "fun", 'a "plot"', "of 2  spaces  ", "<eos> is text here", "é"]


def bpe(merges: list[str], spaced: bool, begin: bool = True) -> Any:
    """Characters and these merges; spaces are `▁`, and `spaced` puts one before each text."""
    pairs = [(left, right) for left, right in (merge.split(" ") for merge in merges)]
    letters = sorted({*'▁abcdefghijklmnopqrstuvwxyz0123456789."<>é', *"".join(merges)} - {" "})
    tokens = ["<unk>", "<bos>", "<eos>", *letters, *("".join(pair) for pair in pairs)]
    ids = {token: number for number, token in enumerate(dict.fromkeys(tokens))}
    inner = Tokenizer(BPE(ids, pairs, unk_token="<unk>"))
    steps = [normalizers.Prepend("▁")] * spaced + [normalizers.Replace(" ", "▁")]
    inner.normalizer = normalizers.Sequence(steps)
    inner.add_special_tokens([AddedToken(t, special=True) for t in ("<unk>", "<bos>", "<eos>")])
    if begin:
        inner.post_processor = processors.TemplateProcessing(
            single="<bos> $A", special_tokens=[("<bos>", ids["<bos>"])]
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, unk_token="<unk>", bos_token="<bos>", eos_token="<eos>"
    )


GOOD = ["▁ g", "▁g o", "▁go o", "▁goo d", "▁ b", "▁b a", "▁ba d"]
TOKENIZERS = {
    "gemma": lambda: bpe(['. "', *GOOD, "▁ i", "▁i t"], spaced=False),
    "llama-2": lambda: bpe([*GOOD, "▁ i", "▁i t"], spaced=True),
}  # fmt: skip


def whole_ids(tokenizer: Any, sentence: str, word: str) -> list[int]:
    text = f'"{sentence}" it was{word}'
    return list(tokenizer.encode(text, add_special_tokens=False, split_special_tokens=True))


@pytest.mark.parametrize("name", TOKENIZERS)
def test_ids_are_those_of_the_whole_text(name: str) -> None:
    tokenizer = TOKENIZERS[name]()
    filler = WholeFiller(PROMPT, tokenizer, FREE, WORDS, [SENTENCES[0]], bos=False)
    apart = Filler(PROMPT, tokenizer, FREE, answers_of(WORDS, tokenizer, "autoregressive"))
    for sentence in SENTENCES:
        filled = filler([sentence])
        assert filled.answer == len(filled.ids) - 1
        for answer, word in zip(filler.answers, WORDS, strict=True):
            assert [*filled.ids, *answer] == whole_ids(tokenizer, sentence, word), sentence
    assert any(filler([s]).ids != apart([s]).ids for s in SENTENCES), "else it shows nothing"


def test_an_answer_is_the_token_that_it_is_after_a_prompt() -> None:
    tokenizer = TOKENIZERS["llama-2"]()
    filler = WholeFiller(PROMPT, tokenizer, FREE, WORDS, ["fun"], bos=False)
    assert [tokenizer.convert_ids_to_tokens(list(a)) for a in filler.answers] == [
        ["▁good"],
        ["▁bad"],
    ]
    assert len(answers_of(WORDS, tokenizer, "autoregressive")[0]) == 2


def test_a_token_over_the_seam_belongs_to_the_answer() -> None:
    tokenizer = TOKENIZERS["gemma"]()
    filler = WholeFiller("*sent_0*_", tokenizer, FREE, ("good", "bad"), ["fun"], bos=False)
    prompt = filler(["fun"])
    assert tokenizer.convert_ids_to_tokens(list(prompt.ids)) == ["f", "u", "n"]
    assert [tokenizer.convert_ids_to_tokens(list(a)) for a in filler.answers] == [
        ["▁good"],
        ["▁bad"],
    ]


def test_answers_that_begin_alike_keep_their_beginning() -> None:
    tokenizer = TOKENIZERS["gemma"]()
    filler = WholeFiller("*sent_0*", tokenizer, FREE, (" good", " goo"), ["fun"], bos=False)
    pieces = [tokenizer.convert_ids_to_tokens(list(a)) for a in filler.answers]
    assert pieces == [["▁good"], ["▁goo"]]
    assert tokenizer.convert_ids_to_tokens(list(filler(["fun"]).ids)) == ["f", "u", "n"]


@pytest.mark.parametrize("cut", ["tail", "head"])
@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_long_sentence_is_cut_and_the_rest_stays_whole(name: str, cut: Any) -> None:
    tokenizer = TOKENIZERS[name]()
    long = "the film is é fun . " * 20
    filler = WholeFiller(PROMPT, tokenizer, Limits(40, cut=cut), WORDS, [long], bos=False)
    ids = filler([long]).ids
    assert 36 <= len(ids) <= 40
    kept = tokenizer.decode(ids).strip()
    expected = (f'"{long[:n] if cut == "tail" else long[-n:]}" it was' for n in range(1, len(long)))
    texts = [list(tokenizer.encode(t, add_special_tokens=False)) for t in expected]
    assert list(ids) in texts, kept
    with pytest.raises(ConfigError, match="does not hold the prompt"):
        WholeFiller(PROMPT, tokenizer, Limits(3), WORDS, ["a"], bos=False)(["a"])


def test_a_begin_token_as_the_tokenizer_adds_it() -> None:
    tokenizer = TOKENIZERS["gemma"]()
    without, begun = (
        WholeFiller(PROMPT, tokenizer, FREE, WORDS, ["a"], bos) for bos in (False, True)
    )
    assert begun(["fun"]).ids == (tokenizer.bos_token_id, *without(["fun"]).ids)
    assert begun.answers == without.answers
    plain = bpe(GOOD, spaced=False, begin=False)
    one, two = (WholeFiller(PROMPT, plain, FREE, WORDS, ["a"], bos) for bos in (False, True))
    assert one(["fun"]) == two(["fun"])


def test_special_tokens_of_the_template_are_meant() -> None:
    tokenizer = TOKENIZERS["gemma"]()
    filler = WholeFiller("<eos>*sent_0*_it_was", tokenizer, FREE, WORDS, ["a"], bos=False)
    ids = filler(["<eos>"]).ids
    assert ids.count(tokenizer.eos_token_id) == 1
    assert ids[0] == tokenizer.eos_token_id


@pytest.mark.parametrize("length", [62, 10])
def test_rows_that_were_right_keep_their_ids(length: int) -> None:
    """The pocket tokenizer sees no spaces, so that pieces make the whole."""
    tokenizer = load_tokenizer(ModelConfig(name="pocket:causal-lm"))
    words = ("terrible", "great")
    known = answers_of(words, tokenizer, "autoregressive")
    apart = Filler("*sent_0*_it_was", tokenizer, Limits(length), known)
    filler = WholeFiller("*sent_0*_it_was", tokenizer, Limits(length), words, ["a"], bos=False)
    assert filler.answers == known
    folder = Path(__file__).parents[3] / "data" / "pocket" / "tasks" / "film-sentiment"
    for line in (folder / "train.tsv").read_text().splitlines()[1:40]:
        text = line.split("\t")[0]
        assert filler([text]) == apart([text])
