"""tasks, tasks show, model, data kshot: what is printed, and what the engine is asked for it."""

import json
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest

from graftui.cli import catalog
from tests import pretend
from tests.cli.inside import Inside
from tests.cli.workplace import Workplace, typed

ROOT = Path(__file__).parents[2]
FILM = ROOT / "data" / "pocket" / "tasks" / "film-sentiment"
OWN = """
[mine]
title = "a task of [my] own"
format = "csv"
text = [1]
label = 0
first_sent_limit = 110
[mine.masked]
prompt = "*cls**sent_0*_It_was*mask*.*sep+*"
label_words = { b = "bad", a = "good" }
"""


@pytest.fixture
def real(work: Workplace) -> Workplace:
    """A workplace with the engine itself."""
    return Inside(work.path, work.env)


@pytest.fixture
def own(work: Workplace) -> Workplace:
    """A workplace with a task of its own."""
    folder = work.path / "data" / "tasks"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text(OWN)
    return work


def pretending(work: Workplace, script: str) -> Workplace:
    """`work` with an engine that is a shell script."""
    work.env["GRAFTUI_PYTHON"] = pretend.shell(work.path, script)
    return work


def soon(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 300
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def said(text: str) -> str:
    return " ".join(text.split())


def verbs() -> Iterator[tuple[list[str], str]]:
    for verb, example in catalog.VERBS.items():
        yield [verb.__name__], example
    for group, (_, held) in catalog.GROUPS.items():
        for verb, example in held.items():
            yield [group, verb.__name__], example


def test_every_verb_has_help_with_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    top = typed(monkeypatch, ["--help"])
    for words, example in verbs():
        assert f" {words[0]} " in top
        assert example in said(typed(monkeypatch, [*words, "--help"]))


def test_the_list_of_tasks(own: Workplace) -> None:
    listed = {task["name"]: task for task in own.json("tasks")}
    assert (listed["mine"]["from"], listed["pocket-film"]["from"]) == ("own file", "ships")
    assert listed["SST-2"]["from"] == "hub"
    assert listed["SST-2"]["masked"]["label_words"] == {"0": "terrible", "1": "great"}
    lines = own.run("tasks").splitlines()
    line = next(line for line in lines if line.startswith("mine "))
    assert said(line) == "mine a task of [my] own b bad, a good accuracy no own file"
    assert len(lines) == 1 + len(listed) + 1


def test_a_task_without_model_or_data_is_its_entry_alone(own: Workplace) -> None:
    out = own.run("tasks", "show", "mine")
    assert "mine/K-SEED/ train.csv, dev.csv, test.csv" in out
    assert "text 1; label 0" in out
    assert "first sentence 110 tokens" in out
    assert "Give --model NAME and --data DIR to see" in out
    assert "--model" not in own.run("tasks", "show", "mine", "--model", "pocket:masked-lm")
    shown = own.json("tasks", "show", "mine")
    assert (shown["task"]["text"], shown["example"]) == ([1], None)


def test_a_broken_task_file_is_named(own: Workplace) -> None:
    file = own.path / "data" / "tasks" / "mine.toml"
    file.write_text(OWN.replace("[1]", "[]"))
    for verb in (["tasks"], ["tasks", "show", "SST-2"], ["data", "kshot", "--task", "SST-2"]):
        out = said(own.run(*verb, code=2))
        assert f"{file}: [mine] text" in out
        assert "Mend that block" in out
    checks = {check["name"]: check for check in json.loads(own.run("doctor", "--json", code=5))}
    assert str(file) in checks["embedded"]["text"]
    assert not checks["embedded"]["ok"]


def test_a_prompt_with_a_real_example(real: Workplace) -> None:
    out = real.run("tasks", "show", "pocket-film")
    # The first shot, by the rule: shuffle the lines by numpy's seed.
    lines = (FILM / "train.tsv").read_text().splitlines()[1:]
    np.random.RandomState(13).shuffle(lines)
    text, label = lines[0].split("\t")
    assert f"{text} it was <mask> . </s>" in out
    place = 1 + len(text.split()) + 2
    assert f"the answer is read at: token {place}, in brackets" in out
    assert ":was [4:<mask>] 5:. 2:</s>" in said(out)
    assert f"label: {label}" in out
    assert "0: terrible = " in out


def test_a_causal_prompt_with_the_settings_given(real: Workplace) -> None:
    changes = ["task.type=autoregressive", "task.label_words.1=great film"]
    sets = [part for change in changes for part in ("--set", change)]
    shown = real.json("tasks", "show", "pocket-film", *sets)["example"]
    assert shown["tokens"][-2:] == ["it", "was"]
    assert shown["reads"] == len(shown["ids"]) - 1 == len(shown["tokens"]) - 1
    assert [one["tokens"] for one in shown["classes"]] == [["terrible"], ["great", "film"]]


def test_the_weights_of_a_model(real: Workplace) -> None:
    out = real.run("model", "pocket:masked-lm", "--set", "freeze.layers=1")
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines()]
    table = {row[0]: [int(n.replace(",", "")) for n in row[1:]] for row in rows if len(row) == 4}
    assert "RobertaForMaskedLM" in out
    assert "tied" in out
    assert [table[f"layer {i}"][2] > 0 for i in range(3)] == [False, True, True]
    assert table["embeddings"][2] == table["head"][2] == 0
    counted = [table[part] for part in table if part not in ("total", "of them biases")]
    assert table["total"] == [sum(column) for column in zip(*counted, strict=True)]


def test_few_shot_files_of_two_seeds(real: Workplace) -> None:
    draw = ("data", "kshot", "--task", "pocket-film", "--k", "2", "--seed", "13", "--seed", "7")
    files = real.run(*draw).split()
    folders = [f"data/k-shot/film-sentiment/2-{seed}" for seed in (13, 7)]
    assert files == [f"{at}/{split}.tsv" for at in folders for split in ("train", "dev", "test")]
    header, *rows = (real.path / files[3]).read_text().splitlines()
    known = (FILM / "train.tsv").read_text().splitlines()
    assert header == known[0]
    assert sorted(row.split("\t")[1] for row in rows) == ["0", "0", "1", "1"]
    assert set(rows) <= set(known[1:])
    assert (real.path / files[2]).read_bytes() == (FILM / "test.tsv").read_bytes()
    (real.path / files[0]).write_text("another file\n")
    assert "with other files" in real.run(*draw, code=2)


BAD_INPUT = [
    ("tasks show SST2", "Did you mean SST-2?"),
    ("tasks show pocket-film --set task.tpye=prompt", "Did you mean task.type?"),
    ("tasks show pocket-film --set task.type=guess", "one of prompt, prompt-demo, finetune"),
    ("tasks show pocket-film --model pocket:big", "pocket:masked-lm"),
    ("tasks show SST-2 --model pocket:masked-lm --data /nowhere", "/nowhere"),
    ("tasks sing", "No such command"),
    ("model ./nowhere", "no such folder"),
    ("model pocket:masked-lm --set freeze.layers=-1", "freeze.layers = -1"),
    ("model pocket:masked-lm --task-type guess", "one of prompt, prompt-demo, finetune"),
    ("data kshot", "--task"),
    ("data kshot --task SST2", "Did you mean SST-2?"),
    ("data kshot --task SST-2", "--data DIR, or --data hub"),
    ("data kshot --task SST-2 --data /nowhere", "/nowhere"),
    ("data kshot --task pocket-film --data hub", "not on the hub"),
    ("data kshot --task pocket-film --k 0", "task.k = 0"),
    ("data kshot --task pocket-film --seed -1", "--seed"),
    ("data kshot --task pocket-film --mode 20x", "one of k-shot, k-shot-10x"),
]


@pytest.mark.parametrize(("typed", "says"), BAD_INPUT)
def test_bad_input_never_reaches_the_engine(work: Workplace, typed: str, says: str) -> None:
    pretending(work, "touch started")
    out = said(work.run(*typed.split(), code=2))
    assert says in out
    assert "Traceback" not in out
    assert not (work.path / "started").exists()


def test_the_engine_is_asked_once_and_believed(work: Workplace) -> None:
    refusal = '{"said": "refused", "message": "no such thing", "hint": "give another"}'
    keep = 'echo "$@" >> asked; read -r line; printf \'%s\' "$line" > question'
    pretending(work, f"echo '{pretend.READY}'; {keep}; echo '{refusal}'; echo chatter >&2")
    out = work.run("model", "pocket:masked-lm", "--set", "freeze.head=false", code=2)
    assert said(out) == "Error: no such thing. give another."
    assert (work.path / "asked").read_text() == "-m engine.tools\n"
    question = json.loads((work.path / "question").read_text())
    assert question["freeze"]["head"] is False
    assert (question["name"], set(question)) == ("model.parts", {"name", "model", "task", "freeze"})


def test_a_crash_shows_its_last_lines(work: Workplace) -> None:
    pretending(work, "seq 100 >&2; echo ModuleNotFoundError: no torch >&2; exit 1")
    out = work.run("model", "pocket:masked-lm", code=5)
    assert "exit code 1" in out
    assert "100\nModuleNotFoundError: no torch" in out
    assert "94\n" not in out
    assert "graftui doctor" in out


def test_a_killed_engine_is_told_from_a_crash(work: Workplace) -> None:
    pretending(work, f"echo '{pretend.READY}'; read -r line; kill -9 $$")
    assert "memory" in work.run("model", "pocket:masked-lm", code=5)


def test_ctrl_c_ends_the_engine_too(work: Workplace) -> None:
    pretending(work, f"echo '{pretend.READY}'; echo $$ > pid.new; mv pid.new pid; exec sleep 60")
    process = work.start("model", "pocket:masked-lm")
    soon((work.path / "pid").exists)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    engine = int((work.path / "pid").read_text())
    soon(lambda: not alive(engine))


def test_a_prompt_without_its_mask_is_flagged(own: Workplace) -> None:
    file = own.path / "data" / "tasks" / "mine.toml"
    file.write_text(OWN.replace("*mask*", ""))
    said = own.run("tasks", "show", "mine", "--data", ".", "--model", "pocket:masked-lm")
    assert "masked words" in said, "the entry itself is shown"
    assert "✗ prompt '*cls**sent_0*_It_was.*sep+*' has no *mask*" in said
    assert "[mine.masked]" in said
