"""Every verb, where all that is data looks like markup or steers a terminal."""

import gzip
import json
import math
import re
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from engine.contract import events as ev
from engine.contract.config import dumps, parse
from engine.contract.identity import config_hash
from engine.contract.layout import RunDir
from engine.contract.questions import messages
from engine.contract.questions.messages import Answered, Hear
from engine.contract.questions.values import Question
from graftui.cli import app
from graftui.models import RunCard
from graftui.registry.card import write_card
from graftui.scheduler import look
from graftui.scheduler.questions import Engine
from graftui.text import visible
from tests import pretend
from tests.cli.study import grafted, tuned
from tests.cli.workplace import typed

MARKUP = "[/x] [b]q[/b] :100:"
EVIL = f"{MARKUP} \x1b]0;owned\x07\x1b[2J\x9b2J\u202e"
NAME = EVIL.replace("/", "")  # of a file
TASK = MARKUP.replace("/", "")  # the name of a folder, which has to be printable
RECIPE = f"{NAME}.toml"
INFO: dict[str, Any] = {
    "base": EVIL, "task": EVIL, "prompt": EVIL, "label_words": {EVIL: EVIL}, "sparsity": 0.1,
    "weights": 3, "maskable": 30, "scores": {EVIL: 0.5}, "config_hash": EVIL,
    "versions": {EVIL: EVIL},
}  # fmt: skip
PART = {"part": EVIL, "tensors": 1, "weights": 2, "maskable": 1}
ANSWERS: dict[str, Any] = {
    "task.prompt": {"text": EVIL, "ids": [1], "tokens": [EVIL], "reads": 0, "label": EVIL,
                    "classes": [{"label": EVIL, "word": EVIL, "ids": [1], "tokens": [EVIL]}]},
    "task.rows": {"rows": [{"id": EVIL, "label": EVIL, "texts": [EVIL, EVIL]}]},
    "model.parts": {"family": EVIL, "tied": None, "parts": [PART], "biases": PART, "total": PART},
    "data.kshot": {"files": [EVIL]},
    "skill.show": {"info": INFO, "head": {},
                   "tensors": [{"name": EVIL, "entries": 1, "weights": 3}]},
    "skill.verify": {"state": "part", "tensors": 1, "skill": [EVIL], "other": []},
    "skill.install": {"folder": EVIL, "entries": 3, "rounded": 1},
    "skill.uninstall": {"folder": EVIL, "entries": 3, "rounded": 1},
    "skill.diff": {"skills": [{"path": EVIL, "task": EVIL, "weights": 3}], "all": 1, "any": 2,
             "pairs": [{"first": 0, "second": 1, "overlap": 1, "expected": 0.1, "jaccard": 0.2,
                        "agree": 1}]},
    "skill.cut": {"path": EVIL, "weights": 1, "maskable": 3, "tensors": 1, "least": 0.1},
    "skill.union": {"path": EVIL, "weights": 1, "conflicts": 1},
}  # fmt: skip
MOVED = {"weights": 4, "changed": 2, "beyond": [1, 1, 0], "hidden": 1, "norm": 1.0, "unseen": 0.1}
ANSWERS["skill.profile"] = {
    "total": MOVED, "sizes": [{"least": 0.5, "weights": 4, "changed": 2}],
    "exact_in_bfloat16": False,
    "tensors": [MOVED | {"name": EVIL, "shape": [2, 2], "dtypes": [EVIL, EVIL], "spectral": 1.0,
                         "rank": 1, "method": "randomized", "at_least": True}],
}  # fmt: skip
ANSWERS["skill.show"] |= {"not_finite": 0}
MAP: dict[str, Any] = {
    "v": 1, "model": EVIL,
    "tensors": [{"name": EVIL, "part": "layer", "layer": 0, "module": EVIL, "parameter": EVIL,
                 "role": EVIL, "maskable": 9}],
    "grafts": [{"subject": EVIL, "stage": EVIL, "labels": {}, "skill": f"{NAME}.safetensors",
                "counts": [3]}],
}  # fmt: skip
ANSWERS["skill.install"] |= {"unchanged": 1}
ANSWERS["skill.uninstall"] |= {"unchanged": 0}
ANSWERS["skill.diff"] |= {"all_share": 0.1, "any_share": 0.2}
ANSWERS["skill.diff"]["pairs"][0] |= {
    "p": 0.1, "expected_by_tensor": 0.2, "p_by_tensor": 0.3, "exact": True,
}  # fmt: skip
ANSWERS["skill.diff"]["skills"][0] |= {"share": 0.1}
INFO |= {"tensors": {EVIL: 3}, "digests": {EVIL: EVIL}, "shapes": {EVIL: [3]}}
SWEEP = [RECIPE, "--grid", "task.data_seed=1,2", "--name", EVIL, "--tag", EVIL]
# Verb -> what is typed after it; `one`, `two` and `bad` are runs.
TYPED: dict[str, list[str]] = {
    "pull": ["."], "serve": ["--port", "0"],
    "screenshot": ["run", "one", "--size", "80x24", "-o", f"{NAME}.txt"],
    "": [], "run": [RECIPE, "--name", EVIL, "--tag", EVIL, "--detach"],
    "rerun": ["one", "--set", f"task.prompt=*cls*{EVIL}x*sent_0**mask*", "--detach"],
    "watch": ["one", "two"], "cancel": ["one"], "release": ["one"],
    "queue": [], "queue pause": [], "queue resume": [], "queue jobs": ["2"],
    "queue group": ["big", "--jobs", "1"], "queue hold": ["one"], "queue release": ["one"],
    "queue move": ["one", "--front"], "edit": ["one", "--set", f"task.prompt={EVIL}"],
    "recipes": [RECIPE, "--settings"],
    "save": ["one", EVIL], "ls": [],
    "show": ["one"], "logs": ["one"], "compare": ["one", "two"], "export": [],
    "diff": ["one", "two"], "rel": ["two"],
    "calibration": ["one", "two"], "answers": ["one", "--show", "all"],
    "evidence": ["two", "--no-run"],
    "rm": ["--yes", "two"], "doctor": [], "tag": ["one", f"+{EVIL}2"], "note": ["one", EVIL],
    "rename": ["one", f"{EVIL}3"], "model": ["pocket:masked-lm"],
    "tasks": [], "tasks show": [TASK], "data kshot": ["--task", "pocket-film"],
    "skill show": [f"{NAME}.safetensors"], "skill verify": ["a.safetensors", "pocket:masked-lm"],
    "skill install": ["a.safetensors", "folder"], "skill uninstall": ["a.safetensors", "folder"],
    "skill cut": ["folder", "folder", "-o", f"{NAME}2.safetensors"],
    "skill profile": ["folder", "folder"],
    "skill diff": ["a.safetensors", f"{NAME}.safetensors"],
    "skill map": [f"{NAME}.safetensors"],
    "archive": ["one"], "unarchive": ["one"], "star": ["one"], "unstar": ["one"],
    "undo": [], "trash ls": [], "trash restore": ["one"], "trash empty": ["--yes"],
    "gc": ["--dry-run"], "backup": [f"{NAME}.tar.gz"], "resume": ["bad", "--yes"],
    "slurm check": ["--on", EVIL], "slurm script": ["one"],
    "sweep new": [*SWEEP, "--dry-run"], "sweep ls": [], "sweep show": ["last"],
    "sweep run": ["last"], "sweep add": ["last", "task.data_seed=3"], "sweep cancel": ["last"],
    "sweep rm": ["last"],
    "paper ls": [], "paper plan": ["ece"], "paper run": ["ece", "--detach"],
    "paper table": ["ece"],
    **{f"skill {verb}": ["a.safetensors", "a.safetensors", "-o", f"{NAME}2.safetensors"]
       for verb in ("union", "intersect", "subtract")},
}  # fmt: skip
MORE: dict[str, list[str]] = {
    "show": ["bad"], "logs": ["bad"], "watch": ["bad"], "recipes": [RECIPE],
    "compare": ["--by", "name,task.prompt"], "export": ["--format", "md"], "ls": ["--sort", EVIL],
    "run": [EVIL], "tasks show": [f"{EVIL}x"], "skill show": [EVIL], "rename": [EVIL, "x"],
    "model": [EVIL], "skill cut": [EVIL, "folder", "-o", "x.safetensors"], "save": [EVIL, "x"],
    "skill verify": ["a.safetensors", EVIL], "": [EVIL], "sweep show": [EVIL],
    "sweep new": [RECIPE, "--grid", f"{EVIL}=1"], "gc": ["--by", EVIL], "resume": [EVIL],
    "trash restore": [EVIL], "slurm script": [EVIL], "archive": ["-f", EVIL],
}  # fmt: skip
SHOW_IT = (
    "ls",
    "show",
    "logs",
    "compare",
    "answers",
    "diff",
    "watch",
    "tasks",
    "recipes",
    "export",
    "rerun",
    "",
)


def verbs(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Every verb there is, as it is typed."""
    for name, inner in getattr(command, "commands", {}).items():
        yield from verbs(inner, (*path, name))
    if not getattr(command, "commands", {}) or command.invoke_without_command:
        yield " ".join(path)


VERBS = sorted(verbs(typer.main.get_command(app)))
TAKE_JSON = [
    verb for verb in VERBS
    if not verb.startswith(("queue", "release", "edit", "paper"))  # none of what is EVIL is in it
    and verb not in ("", "run", "rerun", "watch", "cancel", "save", "logs", "export", "rm", "tag",
                     "note", "rename", "data kshot", "archive", "unarchive", "star", "unstar",
                     "undo", "trash restore", "trash empty", "backup", "slurm script",
                     "slurm check", "sweep cancel", "sweep rm", "sweep new", "sweep add",
                     "serve", "screenshot", "rel", "evidence")  # these two: no skill was tested
]  # fmt: skip


def add(place: Path, id: str, kind: str, last: ev.Event) -> None:
    """A run whose every text is EVIL, and which ends with `last`."""
    text = {"prompt": f"*cls*{EVIL}{id}*sent_0**mask*.*sep+*", "name": "pocket-film"}
    config = parse({"kind": kind, "task": text, "model": {"name": "pocket:masked-lm"}})
    made = RunDir(place / "data" / "runs" / id)
    made.path.mkdir(parents=True)
    made.config.write_text(dumps(config))
    told = tuned(0.9, 0.8) if kind == "finetune" else grafted(1e-3, 0.9, 0.8)
    said: list[ev.Event] = [
        ev.Started(pid=1, host=EVIL, device=EVIL, config_hash=config_hash(config)),
        ev.Progress(phase=EVIL, step=1, total=2),
        ev.Log(level="warning", message=EVIL),
        *(
            ev.Evaluated(stage=s, split=on, labels={"sparsity": at} if at else {}, scores=of)
            for s, on, at, of in told
        ),
        ev.Evaluated(subject=EVIL, stage=EVIL, split=EVIL, labels={EVIL: EVIL}, scores={EVIL: 0.5}),
        ev.Evaluated(stage="finetuned", split=EVIL, scores={"accuracy": 0.5, EVIL: math.inf}),
        ev.Artifact(path=EVIL, kind=EVIL, bytes=1),
        last,
    ]  # fmt: skip
    timed = (event.model_copy(update={"t": 1.79e9 + n, "seq": n}) for n, event in enumerate(said))
    made.events.write_bytes(b"".join(map(ev.dumps, timed)))
    made.output.write_bytes(b"10%\r20%\r" + EVIL.encode() + b"\n\xff\n")
    made.skill().write_bytes(b"")
    head = {"v": 1, "task": EVIL, "subject": "model", "split": "test", "labels": {}, "rows": 1}
    said_to = "".join(
        f"{json.dumps({**head, 'stage': stage, 'classes': [EVIL, 'b']})}\n"
        f"{json.dumps([EVIL, 0, 1, [0.5, 0.5]])}\n"
        for stage in ("pretrained", "finetuned", "learnt_graft")
    )
    (made.path / "answers.jsonl.gz").write_bytes(gzip.compress(said_to.encode()))
    write_card(made, RunCard(id=id, name=EVIL, created_at=1.79e9, recipe=EVIL, tags=(EVIL,)))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_registry: Path) -> Path:
    """A working directory in which all that can be EVIL is, and no engine answers anything else."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(empty_registry, tmp_path)
    finished = ev.Finished(seconds=1, summary={EVIL: 0.5, "finetuned": 0.5})
    add(tmp_path, "one", "finetune", finished)
    add(tmp_path, "two", "graft", finished)
    failed = ev.Failed(reason=ev.FailReason.data, message=EVIL, hint=EVIL)
    add(tmp_path, "bad", "finetune", failed)
    (tmp_path / RECIPE).write_text(
        f'title = {json.dumps(EVIL)}\n[finetune]\nmodel.name = "pocket:masked-lm"\n'
        f"task.prompt = {json.dumps(f'*cls*{EVIL}*sent_0**mask*')}\n"
    )
    (tmp_path / "data" / "tasks").mkdir(parents=True)
    (tmp_path / "data" / "tasks" / "own.toml").write_text(
        f"[{json.dumps(TASK)}]\ntitle = {json.dumps(EVIL)}\nformat = 'tsv'\n"
        f"text = [0]\nlabel = 1\n"
        f"[{json.dumps(TASK)}.masked]\nprompt = {json.dumps(f'*cls*{EVIL}*sent_0**mask*')}\n"
        f"label_words = {{ {json.dumps(EVIL)} = {json.dumps(EVIL)}, b = 'c' }}\n"
    )
    for name in ("a.safetensors", f"{NAME}.safetensors"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "map.json").write_text(json.dumps(MAP))

    def answer(_: Engine, question: Question[Any], hear: Hear) -> Any:
        name = question.name
        held = ANSWERS.get(name, ANSWERS["skill.union"])
        said = messages.heard(json.dumps(pretend.answered(name, held)).encode())
        assert isinstance(said, Answered)
        return said.answer

    monkeypatch.setattr(Engine, "ask", answer)
    monkeypatch.setattr(look, "ensure", lambda settings: None)
    return tmp_path


def steers(text: str) -> set[str]:
    """What of `text` a terminal would obey, or turn around."""
    kept = {letter for letter in text if unicodedata.category(letter) in ("Cc", "Cs")}
    return (kept | ({"\u202e"} & set(text))) - {"\n", "\t"}


def prepare(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make what the verb is about, where that is no run."""
    if verb.startswith("sweep") and verb != "sweep new":
        typed(monkeypatch, ["sweep", "new", *SWEEP])
    if verb in ("undo", "trash ls", "trash restore", "trash empty"):
        typed(monkeypatch, ["rm", "--yes", "two", "one"])


def test_no_verb_is_left_out() -> None:
    assert set(TYPED) == set(VERBS), "a verb without hostile text: give it some in TYPED"


@pytest.mark.parametrize("verb", VERBS)
def test_text_is_shown_as_it_is(verb: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(verb, monkeypatch)
    text = typed(monkeypatch, [*verb.split(), *TYPED[verb]])
    if verb != "export":  # CSV into a pipe is exact
        assert not steers(text)
    if verb in SHOW_IT:
        assert MARKUP in " ".join(text.split())
    if verb in ("show", "logs", "tasks show"):
        assert visible(EVIL) in " ".join(text.split())


@pytest.mark.parametrize("verb", sorted(MORE))
def test_errors_and_other_forms(verb: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not steers(typed(monkeypatch, [*verb.split(), *MORE[verb]]))


@pytest.mark.parametrize("verb", TAKE_JSON)
def test_json_is_exact(verb: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(verb, monkeypatch)
    text = typed(monkeypatch, [*verb.split(), *TYPED[verb], "--json"])
    assert not steers(text)
    found = json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    if verb not in ("doctor", "skill verify", "gc"):  # gc: nothing to free
        assert json.dumps(EVIL)[1:-1] in json.dumps(found)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_any_encoding(encoding: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for verb in ("ls", "show", "logs", "compare", "tasks", "recipes", "doctor"):
        text = typed(monkeypatch, [*verb.split(), *TYPED[verb]], encoding)
        assert text.strip()
        assert not steers(text)


def test_a_terminal_obeys_none_of_it(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With colours, bars and spinners."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    for verb in ("ls", "show", "logs", "watch", "tasks show", "skill show"):
        text = typed(monkeypatch, [*verb.split(), *TYPED[verb]])
        assert "\x1b[" in text, "no colours: this is no terminal"
        assert not steers(re.sub(r"\x1b\[[0-9;?]*[A-HJKhlm]", "", text.replace("\r", ""))), verb
        assert "\x1b[2J" not in text


@pytest.mark.parametrize("typed_", [["run", "pocket", "--name", "caf\udce9"], ["ls", "\udcff"]])
def test_bytes_that_are_no_text_are_refused(
    typed_: list[str], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert visible(typed_[-1]) in typed(monkeypatch, typed_)
