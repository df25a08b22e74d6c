"""Words that need no look by pydantic: taken as Typer itself would take them."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from graftui.cli import app, app_for
from graftui.cli.common import one_line
from graftui.cli.plain import PlainCommand
from tests.cli.workplace import in_process
from tests.each import each


def told(form: type[PlainCommand] | None, words: list[str]) -> Any:
    """What a verb is given, or how it is refused."""
    one, given = typer.Typer(), list[Any]()

    @one.command(cls=form)
    def verb(
        ref: str,
        more: Annotated[list[str] | None, typer.Argument()] = None,
        name: str = "x",
        filter: Annotated[list[str], typer.Option()] = [],  # noqa: B006
        limit: Annotated[int, typer.Option(min=0, max=99)] = 50,
        rate: float = 0.5,
        yes: bool = False,
        maybe: str | None = None,
    ) -> None:
        given.append((ref, more, name, filter, limit, rate, yes, maybe))

    ended = CliRunner().invoke(one, words)
    return ended.exit_code, ended.output, given


@each(
    "words",
    [
        ["r"], [], ["r", "a", "b"], ["", "a"], ["r", "--name", ""], ["r", "--limit", "7"],
        ["r", "--limit", "007"], ["r", "--limit", "-1"], ["r", "--limit", "100"],
        ["r", "--limit", "1_0"], ["r", "--limit", " 5"], ["r", "--limit", "x"],
        ["r", "--limit", "٣"], ["r", "--limit", "1" * 30], ["r", "--rate", "1e-3"],
        ["r", "--rate", "x"], ["r", "--filter", "a=1", "--filter", "b"], ["r", "--yes"],
        ["r", "--maybe", "y"], ["--", "-1"],
    ],
)  # fmt: skip
def test_words_are_taken_as_typer_takes_them(words: list[str]) -> None:
    assert told(PlainCommand, words) == told(None, words)


@each(
    ("words", "said"),
    [
        (["frob"], ["No such command 'frob'", "graftui -h"]),
        (["runn"], ["Did you mean 'run'"]),
        (["run"], ["Missing argument 'recipe'", "Example: graftui run ", "`graftui run -h`"]),
        (["ls", "-n", "x"], ["'-n': should be a valid integer.\n", "Example: graftui ls"]),
        (["ls", "-d"], ["No such option: -d"]),
        (["ls", "--sort"], ["'--sort' requires an argument.\n", "`-h` after the verb"]),
        (["export", "--format", "x"], ["'--format': 'x' is not one of 'csv'"]),
        (["queue", "jobs", "x"], ["'number': should be a valid integer", "graftui queue jobs 4"]),
    ],
)
def test_a_wrong_word_is_an_error_like_all_others(
    words: list[str], said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, text = in_process(monkeypatch, words)
    assert code == 2
    assert text.startswith("Error: ")
    assert "─" not in text
    assert [part for part in said if part not in text] == []


def test_verbs_under_one_name_say_which_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = in_process(monkeypatch, ["paper"])
    assert code == 2
    assert "Error" not in text
    assert "plan" in text


def test_a_name_is_one_line() -> None:
    assert one_line("a\nb\r\nc\u2028d") == "a b c d"
    assert one_line("[b] 🎉  x") == "[b] 🎉  x"


def test_a_verb_alone_is_the_verb() -> None:
    for words in (["ls", "--help"], ["sweep", "show", "--help"], ["queue", "jobs", "--help"]):
        alone, whole = (CliRunner().invoke(one, words) for one in (app_for(words), app))
        assert (alone.exit_code, alone.output) == (whole.exit_code, whole.output)
    assert app_for(["lss"]) is app_for([]) is app


def test_listing_runs_imports_no_pydantic(tmp_path: Path) -> None:
    listing = (
        "import sys; sys.argv = ['graftui', 'ls', '-n', '3', '-f', 'status=failed']\n"
        "from graftui.__main__ import main\n"
        "try: main()\n"
        "finally: assert 'pydantic' not in sys.modules"
    )
    ended = subprocess.run(
        [sys.executable, "-c", listing], cwd=tmp_path, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stderr
