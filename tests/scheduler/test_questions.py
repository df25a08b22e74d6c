"""One engine for any number of questions; however it fails, a clear error and no process left."""

import json
import signal
import threading
import time
from pathlib import Path

import psutil
import pytest

from engine.contract.questions.catalog import AskModelParts, WriteKshot
from engine.contract.questions.messages import Progress
from engine.contract.questions.skills import ShowSkill
from graftui import settings as knobs
from graftui.errors import EnvironmentProblem, UsageError
from graftui.scheduler.questions import Engine
from tests import pretend

READY = f"echo '{pretend.READY}'"
FILES = json.dumps(pretend.answered("data.kshot", {"files": ["a"]}))
KSHOT = WriteKshot(seeds=(13,), out="shots")
SIZE = {"part": "x", "tensors": 1, "weights": 2, "maskable": 0}
PARTS = json.dumps(
    pretend.answered(
        "model.parts",
        {"family": "F", "tied": True, "parts": [SIZE], "biases": SIZE, "total": SIZE},
    )
)


def engine(folder: Path, script: str) -> Engine:
    return Engine(knobs.at(folder, python=pretend.shell(folder, script)))


def pids(folder: Path) -> list[int]:
    return [int(pid) for pid in (folder / "pids").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def gone(numbers: list[int]) -> bool:
    """Whether all these end soon: a killed process takes a moment."""
    end = time.monotonic() + 300
    while any(map(alive, numbers)) and time.monotonic() < end:
        time.sleep(0.01)
    return not any(map(alive, numbers))


def test_one_process_answers_them_all(tmp_path: Path) -> None:
    far = json.dumps({"said": "progress", "done": 1, "total": 4, "what": "rows"})
    answers = f"read -r q; echo '{far}'; echo '{FILES}'; read -r q; echo '{PARTS}'"
    heard: list[Progress] = []
    with engine(tmp_path, f"echo $$ >> pids; {READY}; {answers}; cat > rest; echo > end") as asked:
        assert not (tmp_path / "pids").exists(), "nothing is started before it is needed"
        assert asked.ask(KSHOT, heard.append).files == ("a",)
        assert asked.ask(AskModelParts()).parts[0].weights == 2
        (pid,) = pids(tmp_path)
        assert alive(pid)
    assert [(far.done, far.total, far.what) for far in heard] == [(1, 4, "rows")]
    assert (tmp_path / "end").exists(), "it was let finish"
    assert not alive(pid)


def test_a_refusal_leaves_it_at_work(tmp_path: Path) -> None:
    refusal = '{"said": "refused", "message": "no film", "hint": "another one"}'
    said = f"read -r q; echo '{refusal}'; read -r q; echo '{FILES}'"
    with engine(tmp_path, f"echo $$ >> pids; {READY}; {said}") as asked:
        with pytest.raises(UsageError, match="no film") as raised:
            asked.ask(KSHOT)
        assert raised.value.hint == "another one."
        assert asked.ask(KSHOT).files == ("a",)
    assert len(pids(tmp_path)) == 1


def test_after_a_kill_another_one_is_started(tmp_path: Path) -> None:
    once = f"if [ -e died ]; then echo '{FILES}'; else touch died; kill -9 $$; fi"
    with engine(tmp_path, f"echo $$ >> pids; {READY}; read -r q; {once}") as asked:
        with pytest.raises(EnvironmentProblem, match=r"killed while it answered data\.kshot"):
            asked.ask(KSHOT)
        assert asked.ask(KSHOT).files == ("a",)
    assert len(set(pids(tmp_path))) == 2


def test_a_crash_that_is_said_shows_its_end(tmp_path: Path) -> None:
    trace = "\\n".join(["Traceback", *(f"line {n}" for n in range(20)), "KeyError: 9"])
    said = json.dumps({"said": "crashed", "trace": trace})
    with engine(tmp_path, f"{READY}; read -r q; cat said; exit 1") as asked:
        (tmp_path / "said").write_text(said + "\n")
        with pytest.raises(EnvironmentProblem, match="KeyError: 9") as raised:
            asked.ask(KSHOT)
    assert "line 19" in raised.value.message
    assert "line 3\n" not in raised.value.message


WRONG = [
    ("echo loading...", "no answer to data.kshot: loading..."),
    (f"{READY}; read -r q; echo 100 %", "no answer to data.kshot: 100 %"),
    (f"{READY}; read -r q; echo '{PARTS}'", "no answer to data.kshot"),
    (f"{READY}; read -r q; {READY}", "no answer to data.kshot"),
    (
        f"{READY}; read -r q; printf '%s' '{FILES}'; exit 0",
        "crashed while it answered data.kshot (exit",
    ),
    ('echo \'{"said": "ready", "version": 7, "new": 1}\'', "questions of version 7"),
    ("echo 'usage: -m engine.tools verb' >&2; exit 2", "(exit code 2):\nusage: -m engine.tools"),
    ("exit 0", "crashed while it answered data.kshot (exit code 0)"),
]


@pytest.mark.parametrize(("script", "says"), WRONG)
def test_what_is_no_answer_is_a_clear_error(tmp_path: Path, script: str, says: str) -> None:
    with engine(tmp_path, f"echo $$ >> pids; {script}; exec sleep 60") as asked:
        with pytest.raises(EnvironmentProblem) as raised:
            asked.ask(KSHOT)
        assert says in raised.value.message
        assert not alive(*pids(tmp_path)), "before another question is asked"


def test_an_endless_answer_ends_with_all_that_writes_it(tmp_path: Path) -> None:
    """100 MB without an end of line: read as far as an answer may go, and no further."""
    endless = "head -c 100000000 /dev/zero & echo $! >> pids; wait; sleep 60"
    asked = engine(tmp_path, f"echo $$ >> pids; {READY}; read -r q; {endless}")
    with asked, pytest.raises(EnvironmentProblem, match="more than 64 MiB"):
        asked.ask(KSHOT)
    assert gone(pids(tmp_path))


def test_chatter_on_standard_error_does_not_stop_it(tmp_path: Path) -> None:
    """More than a pipe holds."""
    said = f"head -c 1000000 /dev/zero | tr '\\0' 'x' >&2; echo '{FILES}'"
    with engine(tmp_path, f"{READY}; read -r q; {said}") as asked:
        assert asked.ask(KSHOT).files == ("a",)


def test_ctrl_c_kills_what_stays_deaf_with_its_helpers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graftui.scheduler.questions._CLEANING_S", 0.2)
    pids_are_out = "sleep 60 & echo $$ $! > new; mv new pids"
    deaf = f"trap '' INT; {READY}; read -r q; {pids_are_out}; sleep 60"

    raised = threading.Event()

    def bored() -> None:
        """Ctrl-C once the question is read, and again: a callback of somebody's may lose it."""
        while not (tmp_path / "pids").exists():
            time.sleep(0.01)
        while not raised.is_set():
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            raised.wait(5)

    threading.Thread(target=bored).start()
    with engine(tmp_path, deaf) as asked:
        with pytest.raises(KeyboardInterrupt):
            asked.ask(ShowSkill(skill="x"))
        raised.set()
    assert len(pids(tmp_path)) == 2
    assert gone(pids(tmp_path))


def test_the_engine_itself_in_one_process(tmp_path: Path) -> None:
    with Engine(knobs.at(tmp_path)) as asked:
        drawn = asked.ask(WriteKshot(task={"k": 2}, seeds=(13,), out="shots"))  # type: ignore[arg-type]
        assert (tmp_path / drawn.files[0]).is_file(), "from the working directory"
        with pytest.raises(UsageError, match=r"no-such\.safetensors"):
            asked.ask(ShowSkill(skill="no-such.safetensors"))
