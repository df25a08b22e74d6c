"""README.md and docs/from-the-reference.md name only what there is, and every task there is."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer.main
from rich.text import Text

from engine.contract import schema
from engine.contract.catalog import OWN, tasks
from engine.contract.kinds import kinds
from graftui.cli import app
from graftui.planning import recipes

ROOT = Path(__file__).parents[2]
PAGES = {name: (ROOT / name).read_text() for name in ("README.md", "docs/from-the-reference.md")}
REFERENCE = PAGES["docs/from-the-reference.md"]
SETTINGS = {one.path: one for kind in kinds() for one in schema.settings(kind)}
SECTIONS = {path.split(".")[0] for path in SETTINGS}
PATH = re.compile(rf"(?<![\w./])(?:{'|'.join(sorted(SECTIONS))})\.[\w.{{]*\w")
"""A setting in a text: not part of a longer name or of a file's path."""
FILES = ("py", "toml", "csv", "tsv", "{tsv", "jsonl", "json", "safetensors")

page = pytest.mark.parametrize("text", PAGES.values(), ids=PAGES)


def named(text: str) -> set[str]:
    """The settings that a text names."""
    found = {hit.removeprefix("--set ") for hit in PATH.findall(text)}
    found |= set(re.findall(r"--set ['\"]?([^\s=`'\"]+)", text))
    return {path for path in found if path.split(".", 1)[-1] not in FILES}


def is_setting(path: str) -> bool:
    """Whether it is the path of a setting, or of an entry of a table."""
    table = SETTINGS.get(path.rpartition(".")[0])
    return path in SETTINGS or bool(table and table.type == "table")


def commands(text: str) -> Iterator[list[str]]:
    """The words of every `graftui ...` of a text: code spans, and lines of code blocks."""
    spans = re.findall(r"`(graftui [^`]+)`", text)
    spans += re.findall(r"^    (graftui .*)$", text, re.MULTILINE)
    for span in spans:
        yield re.sub(r"\s#.*|\(.*", "", span).split()[1:]


def blocks(text: str) -> list[str]:
    """The indented blocks of a text that are TOML."""
    found = re.findall(r"(?:^(?: {4}.*)?\n)+", text, re.MULTILINE)
    plain = [re.sub(r"^ {4}", "", block, flags=re.MULTILINE).strip() for block in found]
    return [block for block in plain if block.startswith("[")]


@page
def test_settings_named_exist(text: str) -> None:
    assert len(named(text)) > 10
    assert [path for path in sorted(named(text)) if not is_setting(path)] == []


@page
def test_verbs_and_options_named_exist(text: str) -> None:
    found = list(commands(text))
    assert len(found) > 4
    every = typer.main.get_command(app)
    for words in found:
        command: click.Command = every  # type: ignore[assignment]
        for word in words:
            inner = getattr(command, "commands", None)
            if inner is None or not re.fullmatch(r"[a-z]+", word):
                break
            assert word in inner, f"graftui {' '.join(words)}: there is no verb {word}"
            command = inner[word]
        known = {option for one in command.params for option in one.opts} | {"--help"}
        used = {word for word in words if re.fullmatch(r"--[a-z-]+|-[a-z]", word)}
        assert used - known == set(), f"graftui {' '.join(words)}"


def test_options_named_alone_exist() -> None:
    """Such as `--best-on dev`, in a row about a verb."""
    found = set(re.findall(r"`(--[a-z-]+)", REFERENCE))
    verbs: list[click.Command] = [typer.main.get_command(app)]  # type: ignore[list-item]
    known: set[str] = set()
    while verbs:
        verb = verbs.pop()
        known |= {option for one in verb.params for option in one.opts}
        verbs += getattr(verb, "commands", {}).values()
    assert found
    assert found - known == set()


def test_no_help_reads_as_markup() -> None:
    """What stands in square brackets would be taken for a style, and vanish."""
    commands: list[click.Command] = [typer.main.get_command(app)]  # type: ignore[list-item]
    texts: list[str] = []
    while commands:
        command = commands.pop()
        texts += [getattr(param, "help", None) or "" for param in command.params]
        texts += [text or "" for text in (command.help, command.short_help, command.epilog)]
        commands += getattr(command, "commands", {}).values()
    assert len(texts) > 400
    assert [text for text in texts if Text.from_markup(text).plain != text] == []


def test_every_task_has_its_line() -> None:
    assert [name for name in tasks(ROOT / OWN) if f"`{name}`" not in REFERENCE] == []


def test_options_of_the_reference_are_all_there() -> None:
    """Every variable of its scripts, by its own name."""
    theirs = (
        "TYPE TASK K SEED modelseed MODEL uselmhead useCLS fixhead fixembeddings fix_layers "
        "train_bias_only BS LR max_step optimizer weight_decay clip l1_reg save_every_ckpt "
        "save_at_last save_logit template mapping prompt_path prompt_id template_path template_id "
        "top_n_template mapping_path mapping_id num_sample demo_filter demo_filter_rate "
        "demo_filter_model double_demo max_seq_length first_sent_limit other_sent_limit "
        "truncate_head pretrained_model mask_path highest_movement sparsitylevel num_train_epochs "
        "gradient_accumulation_steps sigmoid_bias no_train checkpoint_location gather_result"
    )
    first = " ".join(row.split("|")[1] for row in REFERENCE.splitlines() if row.startswith("|"))
    assert [name for name in theirs.split() if not re.search(rf"\b{name}\b", first)] == []


def test_the_readmes_recipe_and_task_are_valid(tmp_path: Path) -> None:
    found = blocks(PAGES["README.md"])
    recipe = next(block for block in found if block.startswith("[finetune]"))
    assert list(recipes.loads(recipe, "readme").configs()) == ["finetune", "graft"]
    (tmp_path / "own.toml").write_text("".join(b for b in found if b != recipe))
    assert set(tasks(tmp_path)) - set(tasks(ROOT / OWN)), "an example of an own task"
