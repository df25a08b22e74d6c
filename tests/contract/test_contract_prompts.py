"""Prompt and mapping files of LM-BFF, read into the config."""

from pathlib import Path
from typing import Any

import pytest

from engine.contract.prompts import PromptFileError, resolved
from engine.contract.sections import TaskConfig

TEMPLATES = ["*cls**sent_0*_It_was*mask*.*sep+*", "*cls*A*mask*film:*+sent_0**sep+*"]
MAPPING = "{'0':'terrible','1':'great'}"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    texts = {
        "templates": "\n".join([*TEMPLATES, ""]),
        "prompts": f"{TEMPLATES[0]}\t{MAPPING}\n{TEMPLATES[1]}\t{{'0':'bad','1':'good'}}\n",
        "mappings": f"{MAPPING}\n" + '{"0": "dull", "1": "fun"}\n',
        "broken": "{'0': bad}\n",
        "list": "['bad', 'good']\n",
        "half": "{'0':'bad'}\n",
        "numbers": "{'0': 1, '1': 2}\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return {name: str(tmp_path / name) for name in texts}


def test_a_line_of_each_file(files: dict[str, str]) -> None:
    found = resolved(TaskConfig(prompt_file=files["templates"], prompt_id=1))
    assert (found.prompt, found.label_words) == (TEMPLATES[1], {})
    found = resolved(TaskConfig(prompt_file=files["prompts"], prompt_id=1))
    assert (found.prompt, found.label_words) == (TEMPLATES[1], {"0": "bad", "1": "good"})
    found = resolved(TaskConfig(mapping_file=files["mappings"], mapping_id=1))
    assert (found.prompt, found.label_words) == ("", {"0": "dull", "1": "fun"})
    assert found == TaskConfig(label_words={"0": "dull", "1": "fun"}), "the files are left out"


def test_own_words_win_and_several_prompts_are_lines(files: dict[str, str]) -> None:
    task = TaskConfig(
        prompt_file=files["templates"], top_prompts=2, mapping_file=files["mappings"],
        label_words={"0": "grim"},
    )  # fmt: skip
    found = resolved(task)
    assert found.prompt.split("\n") == TEMPLATES
    assert found.label_words == {"0": "grim", "1": "great"}
    assert resolved(found) == found


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"prompt_file": "templates", "prompt_id": 2}, "task.prompt_id = 2: .* has 2 lines"),
    ({"prompt_file": "templates", "top_prompts": 3}, "task.top_prompts = 3, but .* 2 lines"),
    ({"prompt_file": "prompts", "top_prompts": 2}, "do not have the same label words"),
    ({"prompt_file": "templates", "prompt": "x"}, "both set"),
    ({"prompt_id": 1}, "need task.prompt_file"),
    ({"mapping_id": 1}, "task.mapping_id needs task.mapping_file"),
    ({"mapping_file": "broken"}, "is not a mapping such as"),
    ({"mapping_file": "list"}, "is not a mapping such as"),
    ({"mapping_file": "numbers"}, "is not a mapping such as"),
    ({"mapping_file": "nowhere"}, "nowhere cannot be read"),
    ({"mapping_file": "half"}, "no word for label '1' of pocket-film, whose labels are 0, 1"),
]


@pytest.mark.parametrize(("task", "words"), WRONG)
def test_what_is_wrong_is_named(files: dict[str, str], task: dict[str, Any], words: str) -> None:
    named = {k: files.get(v, v) if k.endswith("_file") else v for k, v in task.items()}
    with pytest.raises(PromptFileError, match=words):
        resolved(TaskConfig(**named))
