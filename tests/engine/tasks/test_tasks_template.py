"""The template language: every part, against token ids written out by hand."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from engine.errors import ConfigError
from engine.tasks.template import Filled, Filler, Limits, with_demonstrations
from tests.each import each
from tests.engine.engine_tokens import SPECIAL, WORDS

SST2 = "*cls**sent_0*_It_was*mask*.*sep+*"
MNLI = "*cls**sent-_0*?*mask*,*+sentl_1**sep+*"
PAIR = ("the man sleeps.", "A man runs .")


def filled_by(
    template: str, texts: Sequence[str], tokenizer: PreTrainedTokenizerFast, length: int
) -> Filled:
    return Filler(template, tokenizer, Limits(length))(texts)


def tokens(filled: Filled, tokenizer: PreTrainedTokenizerFast) -> str:
    return " ".join(tokenizer.convert_ids_to_tokens(list(filled.ids)))


@each(
    ("template", "texts", "expected"),
    [
        (SST2, ["the film is great"], "<s> the Ġfilm Ġis Ġgreat ĠIt Ġwas <mask> . </s>"),
        (MNLI, PAIR, "<s> the Ġman Ġsleeps ? <mask> , Ġa Ġman Ġruns Ġ. </s>"),
        ("*mask*:*+sent_0*", ["film"], "<mask> : Ġfilm"),
        ("*sent_0**mask*", ["film"], "film <mask>"),
        ("*sentl_0**mask*", ["Man runs"], "man Ġruns <mask>"),
        ("*sentu_0**mask*", ["man runs"], "Man Ġruns <mask>"),
        ("*+sentu_0**mask*", ["man"], "ĠMan <mask>"),
        ("*sent-_0**mask*", ["film?"], "film <mask>"),
        ("*+sentl-_0**mask*", ["Man?"], "Ġman <mask>"),
        ("*sent_1**+sent_0**mask*", ["film", "plot"], "plot Ġfilm <mask>"),
        ("*cls**sent_0**sep**mask*", ["film"], "<s> film </s> <mask>"),
        ("*sent_0*_has_a_tone_that_is", ["film"], "film Ġhas Ġa Ġtone Ġthat Ġis"),
        ('"*sent_0*"_is', ["the film"], '" the Ġfilm " Ġis'),
    ],
)
def test_parts(
    spaced: PreTrainedTokenizerFast, template: str, texts: Sequence[str], expected: str
) -> None:
    filled = filled_by(template, texts, spaced, 64)
    assert tokens(filled, spaced) == expected
    where = expected.split().index("<mask>") if "<mask>" in expected else len(filled.ids) - 1
    assert filled.answer == where


def test_ids_of_a_real_prompt(plain: PreTrainedTokenizerFast) -> None:
    number = {word: at for at, word in enumerate([*SPECIAL, *WORDS])}
    words = ["<s>", "the", "film", "is", "great", "It", "was", "<mask>", ".", "</s>"]
    assert filled_by(SST2, ["the film is great"], plain, 64).ids == tuple(number[w] for w in words)


def test_segments_grow_after_each_sep_plus(plain: PreTrainedTokenizerFast) -> None:
    filled = filled_by("*cls**sent_0**sep+**mask*,*sent_1**sep+*", ["the film", "plot"], plain, 64)
    assert tokens(filled, plain) == "<s> the film </s> <mask> , plot </s>"
    assert filled.segments == (0, 0, 0, 0, 1, 1, 1, 1)
    assert set(filled_by("*cls**sent_0**sep**mask*", ["film"], plain, 64).segments) == {0}


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("*cls**sent_0*mask*", "odd number of `*`"),
        ("*cls**sent_x**mask*", r"unknown part \*sent_x\*"),
        ("*cls**mask**label*", r"unknown part \*label\*"),
        ("*cls**sent_1**mask*", "sentence 1, but there are 1"),
    ],
)
def test_a_wrong_template_is_named(
    plain: PreTrainedTokenizerFast, template: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        filled_by(template, ["film"], plain, 64)


def test_a_tokenizer_without_a_mask(plain: PreTrainedTokenizerFast) -> None:
    bare = PreTrainedTokenizerFast(tokenizer_object=plain.backend_tokenizer, unk_token="<unk>")
    with pytest.raises(ConfigError, match=r"\*mask\*, but this tokenizer has no mask_token_id"):
        filled_by("*sent_0**mask*", ["film"], bare, 64)


def test_a_template_longer_than_the_limit(plain: PreTrainedTokenizerFast) -> None:
    with pytest.raises(ConfigError, match="task.max_length = 5 does not hold"):
        filled_by(SST2, ["film"], plain, 5)


def test_the_longer_sentence_is_cut_at_its_end(plain: PreTrainedTokenizerFast) -> None:
    texts = ["the film is a great film .", "a man"]
    cut = filled_by("*cls**sent_0*?*mask*,*+sent_1**sep+*", texts, plain, 10)
    assert tokens(cut, plain) == "<s> the film is ? <mask> , a man </s>"
    cut = filled_by("*cls**sent_0*?*mask*,*+sent_1**sep+*", texts, plain, 8)
    kept = tokens(cut, plain).split()
    assert len(kept) == 8
    assert kept[:2] == ["<s>", "the"]
    assert kept[-2:] == ["a", "</s>"] or kept[-3:] == ["a", "man", "</s>"]


SENTENCE = (
    st.text()
    | st.lists(st.sampled_from([*WORDS, *SPECIAL, "🙂"]), max_size=60).map(" ".join)
    | st.just("the film " * 500)
)


@given(text=SENTENCE, limit=st.integers(6, 80))
@example(text="", limit=6)
@example(text="🙂🙂", limit=7)
@example(text="a <mask> of </s> <s> <pad>", limit=64)
def test_any_text_leaves_the_template_whole(
    plain: PreTrainedTokenizerFast, text: str, limit: int
) -> None:
    filled = filled_by(SST2, [text], plain, limit)
    words = tokens(filled, plain).split()
    assert len(words) == len(filled.segments) <= limit
    assert words[0] == "<s>"
    assert words[-5:] == ["It", "was", "<mask>", ".", "</s>"]
    assert filled.answer == len(words) - 3
    assert [words.count(special) for special in ("<s>", "<mask>", "</s>")] == [1, 1, 1]
    whole = plain.backend_tokenizer.pre_tokenizer.pre_tokenize_str(text)
    assert len(words) == min(limit, len(whole) + 6), "no more is cut than has to be"


@given(texts=st.tuples(SENTENCE, SENTENCE), limit=st.integers(5, 80))
@example(texts=("<mask>.", "<mask>"), limit=40)
@example(texts=("", ""), limit=5)
def test_any_two_texts_leave_the_template_whole(
    spaced: PreTrainedTokenizerFast, texts: tuple[str, str], limit: int
) -> None:
    filled = filled_by(MNLI, texts, spaced, limit)
    words = tokens(filled, spaced).split()
    assert len(words) <= limit
    assert words.count("<mask>") == 1
    at = filled.answer
    assert words[at - 1 : at + 2] == ["?", "<mask>", ","]
    assert (words[0], words[-1]) == ("<s>", "</s>")


def test_limits_of_sentences_come_before_that_of_the_whole(plain: PreTrainedTokenizerFast) -> None:
    template = "*cls**sent_0**mask**sent_1**sent_2*"
    texts = ["the film is great", "a man runs", "one plot of the film"]
    limited = Filler(template, plain, Limits(64, first=3, other=2))
    assert tokens(limited(texts), plain) == "<s> the film is <mask> a man one plot"
    only_first = Filler(template, plain, Limits(64, first=1))
    assert tokens(only_first(texts[:2] + ["one"]), plain) == "<s> the <mask> a man runs one"


def test_cut_at_the_head_the_mask_and_the_last_words_stay(plain: PreTrainedTokenizerFast) -> None:
    texts = ["the film is a great film .", "a man"]
    cut = Filler("*cls**sent_0*?*mask*,*+sent_1**sep+*", plain, Limits(10, cut="head"))(texts)
    assert tokens(cut, plain) == "<s> great film . ? <mask> , a man </s>"
    assert cut.answer == 5


def test_demonstrations_follow_with_their_words(plain: PreTrainedTokenizerFast) -> None:
    template = with_demonstrations(SST2, classes=2, sentences=1)
    words = [plain.encode("terrible"), plain.encode("great")]
    fill = Filler(template, plain, Limits(64, other=2), words)
    filled = fill(["the film", "a deep plot", "the cast"], [1, 0])
    assert tokens(filled, plain) == (
        "<s> the film It was <mask> . </s> "
        "a deep It was great . </s> the cast It was terrible . </s>"
    )
    assert filled.answer == 5
    assert filled.segments == (0,) * 8 + (1,) * 7 + (2,) * 7


def test_demonstrations_of_pairs_number_on() -> None:
    assert with_demonstrations(MNLI, classes=2, sentences=2) == (
        "*cls**sent-_0*?*mask*,*+sentl_1**sep+*"
        "*sent-_2*?*labelx_0*,*+sentl_3**sep+*"
        "*sent-_4*?*labelx_1*,*+sentl_5**sep+*"
    )


def test_a_template_with_its_own_demonstrations_is_left_alone(
    plain: PreTrainedTokenizerFast,
) -> None:
    own = "*sent_0**mask*.*sent_1**labelx_0*.*label_1*"
    assert with_demonstrations(own, classes=2, sentences=1) == own
    fill = Filler(own, plain, Limits(64), [plain.encode("bad"), plain.encode("good")])
    assert tokens(fill(["film", "plot"], [0]), plain) == "film <mask> . plot bad . good"
    with pytest.raises(ConfigError, match="demonstration 0, but there are 0"):
        fill(["film", "plot"])
