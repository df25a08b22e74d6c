"""The catalog of tasks, and what is refused before a process starts."""

from pathlib import Path

import pytest

from engine.contract import preflight
from engine.contract.catalog import CatalogError, TaskSpec, tasks, unknown_task
from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.layout import shipped
from engine.contract.sections import ModelConfig, TaskConfig
from tests.each import each

BLOCK = """
[toy]
title = "a toy"
format = "tsv"
header = true
text = [0]
label = 1
[toy.masked]
prompt = "*cls**sent_0*_It_was*mask*.*sep+*"
label_words = { b = "bad", a = "good" }
"""


def test_a_block_is_read_as_written(tmp_path: Path) -> None:
    (tmp_path / "toy.toml").write_text(BLOCK)
    spec = tasks(tmp_path)["toy"]
    assert (spec.name, spec.title, spec.text, spec.label) == ("toy", "a toy", (0,), 1)
    assert list(spec.masked.label_words) == ["b", "a"], "the order of the classes is the file's"
    assert spec.prompting("prompt") == spec.masked
    assert spec.prompting("autoregressive") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BLOCK.replace("[toy]\n", '[toy]\ncolour = "red"\n'), ["[toy] colour", "not permitted"]),
        (
            BLOCK.replace("[toy]\n", '[toy]\nhub = { path = "x", text = ["t"], zz = 1 }\n'),
            ["[toy] hub.zz", "not permitted"],
        ),
        (BLOCK.replace("text = [0]", "text = []"), ["[toy] text", "at least 1 item"]),
        ("toy = 1\n", ["toy is not a block"]),
        ("[toy\n", ["is not TOML"]),
    ],
)
def test_a_wrong_block_is_named(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "toy.toml").write_text(text)
    with pytest.raises(CatalogError) as caught:
        tasks(tmp_path)
    said = str(caught.value)
    assert [word for word in [*words, str(tmp_path / "toy.toml")] if word not in said] == []


def mine(name: str, *lines: str) -> str:
    """The block under another name, with further lines."""
    head = "\n".join([f"[{name}]", "override = true", *lines, ""])
    return BLOCK.replace("[toy]\n", head).replace("toy", name)


def test_a_name_that_ships_is_taken_only_where_the_block_says_so(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(mine("SST-2").replace("override = true\n", ""))
    with pytest.raises(CatalogError, match="override = true") as caught:
        tasks(tmp_path)
    for file in (tmp_path / "own.toml", shipped() / "tasks" / "lm-bff.toml"):
        assert str(file) in str(caught.value), "both files"
    (tmp_path / "own.toml").write_text(mine("SST2"))
    with pytest.raises(CatalogError, match="no task of that name ships"):
        tasks(tmp_path)
    (tmp_path / "own.toml").write_text(mine("SST-2").replace("= true", "= 1"))
    with pytest.raises(CatalogError, match="override: give true or false"):
        tasks(tmp_path)
    copied = (shipped() / "tasks" / "pocket.toml").read_text()
    (tmp_path / "own.toml").write_text(copied)
    assert tasks(tmp_path) == tasks(), "a copy of a file that ships takes nobody's place"


def test_two_own_blocks_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.toml").write_text(BLOCK)
    with pytest.raises(CatalogError) as caught:
        tasks(tmp_path)
    assert all(str(tmp_path / f"{name}.toml") in str(caught.value) for name in ("a", "b"))


@each(
    ("old", "new", "words"),
    [
        ("text = [0]", 'text = ["sentence"]', "tsv has column numbers, and 'sentence' is none"),
        ("text = [0]", "text = [0.5]", "text.0"),
        ("text = [0]", "text = [true]", "text.0"),
        ("text = [0]", "text = [0, 0]", "a column of its own"),
        ("label = 1", "label = 0", "a column of its own"),
        ("label = 1", 'label = 1\nwhere = { genre = "news" }', "where: tsv has column numbers"),
        ('"tsv"', '"jsonl"', "jsonl has keys, and 0 is none"),
        ("header = true", 'header = "yes"', "header"),
        ("header = true", "max_length = 0", "max_length"),
        ("header = true", "other_sent_limit = -1", "other_sent_limit"),
        ("header = true", 'folder = "../elsewhere"', "folder"),
        ("header = true", 'folder = "a/../../b"', "folder"),
        ("header = true", 'folder = "/tmp"', "folder"),
        ("header = true", 'dev = "../dev"', "dev"),
        ("header = true", 'dev = "train"', "different files"),
        ("header = true", 'tests = { test = "dev" }', "different files"),
        ("header = true", 'tests = { test = "/tmp/x" }', "tests.test"),
        ("header = true", "tests = {}", "tests"),
        ("header = true", 'original_tests = { "../x" = "dev" }', "original_tests"),
        ("header = true", 'original_tests = { dev = "dev" }', "different files"),
        ("[toy]", '["../toy"]', "without .."),
        ("[toy]", '["/toy"]', "without .."),
        ('a = "good"', 'a = ""', "give each label a word"),
        ('a = "good"', 'a = "bad"', "a word of its own"),
        ('a = "good"', "a = 1", "label_words.a"),
        ('a = "good"', '" a" = "good"', "no spaces around"),
        ("header = true", 'metric = "pearson"\nbounds = [5, 0]', "lowest score, then the highest"),
        ("header = true", 'metric = "pearson"\nbounds = [0, inf]', "lowest score"),
    ],
)
def test_a_block_that_cannot_work_is_refused(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    text = BLOCK.replace(old, new)
    if old == "[toy]":
        text = text.replace("[toy.masked]", f"{new[:-1]}.masked]")
    (tmp_path / "toy.toml").write_text(text)
    with pytest.raises(CatalogError) as caught:
        tasks(tmp_path)
    assert words in str(caught.value)
    assert str(tmp_path / "toy.toml") in str(caught.value)


@pytest.mark.parametrize("text", ["a = " + "[" * 50_000, "\udcff", "n = " + "1" * 5000])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.toml").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(CatalogError, match=r"odd\.toml is not TOML"):
        tasks(tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").mkdir()
    with pytest.raises(CatalogError, match=r"odd\.toml cannot be read: Is a directory"):
        tasks(tmp_path)


@each(
    ("task", "words"),
    [
        ({}, None),
        ({"prompt": "*cls**sent_0*"}, "no *mask*"),
        ({"prompt": "*cls**mask**sent_0*\n*cls**sent_0*"}, "'*cls**sent_0*' has no *mask*"),
        ({"prompt": "*mask**sent_0**mask*", "type": "prompt-demo"}, "has 2 *mask*"),
        ({"prompt": "*sent_0*", "type": "finetune", "head": "mask"}, "no *mask*"),
        ({"prompt": "*sent_0*", "type": "finetune"}, None),
        ({"prompt": "*sent_0*", "type": "autoregressive"}, None),
    ],
)
def test_a_prompt_without_its_mask_is_refused(task: dict[str, str], words: str | None) -> None:
    trouble = preflight.check_prompt(TaskConfig.model_validate(task))
    assert (trouble is None) == (words is None)
    assert words is None or words in str(trouble and trouble[0])


def test_a_block_without_a_mask_is_refused_where_it_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data" / "tasks").mkdir(parents=True)
    (tmp_path / "data" / "tasks" / "toy.toml").write_text(BLOCK.replace("*mask*", ""))
    monkeypatch.chdir(tmp_path)
    assert preflight.check(FinetuneConfig()) is None, "other tasks go on"
    trouble = preflight.check_prompt(TaskConfig(name="toy"))
    assert trouble
    assert "[toy.masked]" in trouble[1]


def test_the_users_own_tasks_come_last_and_win(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(BLOCK)
    (tmp_path / "a.toml").write_text(BLOCK.replace("toy", "first") + mine("SST-2"))
    found = tasks(tmp_path)
    shipped_ones = [spec.name for spec in SHIPPED]
    assert list(found) == [*shipped_ones, "first", "toy"]
    assert found["SST-2"].title == "a SST-2"
    assert found["mr"] == tasks()["mr"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {"test": "dev"}),
        ({"tests": {"test": "test_matched"}}, {"test": "dev_matched"}),
        ({"original_tests": {"test": "test"}}, {"test": "test"}),
        ({"format": "csv"}, {"test": "test"}),
        ({"format": "jsonl"}, {"test": "test"}),
    ],
)
def test_the_test_rows_of_the_original_layout(
    tmp_path: Path, changes: dict[str, object], expected: dict[str, str]
) -> None:
    """GLUE's own test files have no labels."""
    (tmp_path / "toy.toml").write_text(BLOCK)
    assert tasks(tmp_path)["toy"].model_copy(update=changes).original == expected


SHIPPED = list(tasks().values())


@each("spec", SHIPPED)
def test_every_shipped_task_is_usable(spec: TaskSpec) -> None:
    words = spec.masked.label_words
    assert len(set(words.values())) == len(words) >= 2
    assert spec.masked.prompt.count("*mask*") == 1
    for place in range(len(spec.text)):
        assert f"_{place}*" in spec.masked.prompt, "each sentence is asked about"
    if spec.causal:
        assert list(spec.causal.label_words) == list(words)
        assert "*mask*" not in spec.causal.prompt
    if spec.hub:
        assert len(spec.hub.text) == len(spec.text)
    if spec.home:
        folder = shipped() / spec.home / (spec.folder or spec.name)
        assert (folder / f"train.{spec.format}").is_file()


def filled(prompt: str) -> str:
    """A causal prompt with A and B for its sentences, as text."""
    text = prompt.replace("*+sent_0*", " A").replace("*+sent_1*", " B").replace("*sent_0*", "A")
    return text.replace("_", " ").replace("\\n", "\n")


REVIEW = "*cls**sent_0*_It_was*mask*.*sep+*"
THIS = "*cls**sent_0*_This_is*mask*.*sep+*"
CLASS = "*cls**mask*:*+sent_0**sep+*"
SAME = "*cls**sent_0**mask*,*+sentl_1**sep+*"
INFER = "*cls**sent-_0*?*mask*,*+sentl_1**sep+*"
MASKED = {
    "SST-2": (REVIEW, "terrible great", 0, 0, 128, "accuracy"),
    "sst-5": (REVIEW, "terrible bad okay good great", 110, 20, 128, "accuracy"),
    "mr": (REVIEW, "terrible great", 110, 50, 128, "accuracy"),
    "cr": (REVIEW, "terrible great", 110, 50, 128, "accuracy"),
    "mpqa": (REVIEW, "terrible great", 110, 0, 128, "accuracy"),
    "imdb": (REVIEW, "terrible great", 110, 0, 128, "accuracy"),
    "subj": (THIS, "subjective objective", 110, 50, 128, "accuracy"),
    "trec": (
        CLASS,
        "Description Entity Expression Human Location Number",
        *(110, 0, 128),
        "accuracy",
    ),
    "ag_news": (CLASS, "World Sports Business Tech", 110, 0, 128, "accuracy"),
    "CoLA": (THIS, "incorrect correct", 0, 0, 128, "matthews"),
    "MRPC": (SAME, "No Yes", 0, 0, 128, "f1"),
    "QQP": (SAME, "No Yes", 0, 0, 128, "f1"),
    "STS-B": (SAME, "No Yes", 0, 0, 128, "pearson"),
    "MNLI": (INFER, "No Yes Maybe", 110, 0, 256, "accuracy"),
    "SNLI": (INFER, "No Yes Maybe", 110, 0, 256, "accuracy"),
    "anli": (INFER, "No Yes Maybe", 110, 0, 256, "accuracy"),
    "QNLI": (INFER, "Yes No", 0, 0, 128, "accuracy"),
    "RTE": (INFER, "Yes No", 240, 0, 256, "accuracy"),
}
"""Prompt, words, limits of the first and the other sentence, longest input, metric."""


@each("name", MASKED)
def test_masked_prompts_are_the_papers(name: str) -> None:
    spec = tasks()[name]
    words = " ".join(spec.masked.label_words.values())
    limits = spec.first_sent_limit, spec.other_sent_limit, spec.max_length
    assert (spec.masked.prompt, words, *limits, spec.metric) == MASKED[name]


TONE = '"A" has a tone that is', [" negative", " positive"]
TRUE = " A\n question: B true or false?\n answer:", [" false", " true"]
NEITHER = " A\n question: B true, false, or neither?\n answer:", [" false", " true", " neither"]
KINDS = ["description", "entity", "abbreviation", "person", "location", "number"]
CAUSAL = {
    **dict.fromkeys(["SST-2", "mr", "cr", "mpqa"], TONE),
    "subj": (TONE[0], [" subject", " object"]),
    **dict.fromkeys(["MRPC", "QQP"], TRUE),
    **dict.fromkeys(["RTE", "QNLI"], (TRUE[0], [" true", " false"])),
    **dict.fromkeys(["MNLI", "SNLI"], NEITHER),
    "trec": (
        " A The answer to this question will be",
        [f" {'an' if kind[0] in 'ea' else 'a'} {kind}." for kind in KINDS],
    ),
    "ag_news": (" summary: A\n topic:", [" World", " Sports", " Business", " Science"]),
}


@each("name", CAUSAL)
def test_causal_prompts_are_the_papers(name: str) -> None:
    causal = tasks()[name].causal
    assert causal
    assert (filled(causal.prompt), list(causal.label_words.values())) == CAUSAL[name]


def test_a_prompt_is_one_line() -> None:
    """Several lines are several prompts."""
    prompts = [
        given.prompt
        for spec in SHIPPED
        for given in (spec.masked, spec.causal)
        if given is not None
    ]
    assert [prompt for prompt in prompts if "\n" in prompt] == []


def test_labels_of_inference_stand_in_the_papers_order() -> None:
    three = ("contradiction", "entailment", "neutral")
    assert tasks()["MNLI"].labels == tasks()["SNLI"].labels == three
    assert tasks()["RTE"].labels == tasks()["QNLI"].labels == ("entailment", "not_entailment")
    assert tasks()["STS-B"].bounds == (0, 5)


@each("spec", [s for s in SHIPPED if s.hub])
def test_the_hubs_class_numbers_name_each_label_once(spec: TaskSpec) -> None:
    assert spec.hub
    assert sorted(spec.hub.labels or spec.labels) == sorted(spec.labels)
    assert spec.hub.tests.keys() == spec.tests.keys()


def test_a_misspelt_task_gets_a_guess() -> None:
    assert "Did you mean SST-2?" in unknown_task("SST2")


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "config.json").write_text("{}")
    return str(tmp_path)


@pytest.mark.parametrize("name", ["roberta-base", "facebook/opt-125m", "pocket:masked-lm"])
def test_a_name_that_may_exist_passes(name: str) -> None:
    assert preflight.check_model(name) is None


def test_a_model_folder_passes(folder: str) -> None:
    assert preflight.check_model(folder) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pocket:huge", ["'pocket:huge'", "pocket:masked-lm"]),
        ("./nowhere", ["'./nowhere'", "config.json", "hub name"]),
        ("~/nowhere-at-all", ["~/nowhere-at-all"]),
        ("a/b/c", ["'a/b/c'", "no such folder"]),
    ],
)
def test_a_model_that_is_not_there(name: str, words: list[str]) -> None:
    trouble = preflight.check_model(name)
    assert trouble
    assert [word for word in words if word not in " ".join(trouble)] == []


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("SST3", "", ["'SST3'", "SST-2", "task.name"]),
        ("SST-2", "", ["SST-2", "task.data=DIR", "task.data=hub"]),
        ("SST-2", "/no/where", ["'/no/where'", "task.data"]),
        ("pocket-film", "hub", ["pocket-film", "not on the hub", "task.data"]),
        ("pocket-film", "hub:x", ["pocket-film", "not on the hub"]),
    ],
)
def test_a_task_that_cannot_be_had(name: str, data: str, words: list[str]) -> None:
    trouble = preflight.check_task(name, data)
    assert trouble
    assert [word for word in words if word not in " ".join(trouble)] == []


@pytest.mark.parametrize(("name", "data"), [("pocket-film", ""), ("SST-2", "hub")])
def test_a_task_that_may_be_had(name: str, data: str) -> None:
    assert preflight.check_task(name, data) is None


def test_the_first_trouble_of_a_config_is_told(folder: str) -> None:
    wrong_task = TaskConfig(name="none")
    assert preflight.check(FinetuneConfig()) is None
    trouble = preflight.check(FinetuneConfig(task=wrong_task))
    assert trouble == preflight.check_task("none", "")
    both = FinetuneConfig(model=ModelConfig(name="./none"), task=wrong_task)
    assert preflight.check(both) == preflight.check_model("./none")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('label_words = { b = "bad" }', "at least two labels"),
        ('metric = "pearson"', "metric = pearson and bounds"),
        ("bounds = [0, 5]", "metric = pearson and bounds"),
        ('metric = "f1"', ""),
        ('metric = "f1" 3', "metric = f1 needs two labels, and there are 3"),
    ],
)
def test_a_task_that_cannot_work_is_refused(tmp_path: Path, lines: str, words: str) -> None:
    text = BLOCK
    if lines.endswith("3"):
        text, lines = text.replace("{ b =", '{ c = "okay", b ='), lines.removesuffix(" 3")
    if lines.startswith("label_words"):
        text = text.replace('label_words = { b = "bad", a = "good" }', lines)
    else:
        text = text.replace("[toy]\n", f"[toy]\n{lines}\n")
    (tmp_path / "toy.toml").write_text(text)
    if not words:
        assert tasks(tmp_path)["toy"].metric == "f1"
        return
    with pytest.raises(CatalogError, match=words) as caught:
        tasks(tmp_path)
    assert "toy.toml: [toy]" in str(caught.value)
