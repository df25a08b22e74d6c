"""What is told of a run beside its settings and scores: what there is, and no more."""

from dataclasses import replace

from graftui.models import Attempt, Input, Run, RunStatus
from graftui.results.facts import facts

RUN = Run(id="abc234", name="n", kind="graft", config={}, config_hash="", created_at=0.0)
WORKING = replace(
    RUN,
    status=RunStatus.running,
    inputs=(Input("finetuned", "aaaaaa"), Input("model", "/models/x")),
    attempt=Attempt(host="box", pid=7, started_at=100.0),
    started_at=100.0,
    tags=("a b", "c"),
    device="cuda",
)


def test_a_run_that_waits_has_nothing_to_tell() -> None:
    assert facts(RUN, 100.0) == {}


def test_a_run_at_work_has_its_process() -> None:
    assert facts(WORKING, 285.0) == {
        "tags": "a b, c",
        "after": "aaaaaa",
        "took": "3:05 min",
        "device": "cuda",
        "process": "7 on box",
    }


def test_a_run_that_failed_says_how_its_process_ended() -> None:
    ended = replace(WORKING, status=RunStatus.failed, ended_at=160.0)
    crashed = replace(ended, attempt=replace(ended.attempt, exit_code=3))
    told = facts(crashed, 160.0 + 7200)
    assert (told["took"], told["ended"], told["exit code"]) == ("1:00 min", "2h ago", "3")
    assert "process" not in told
    killed = replace(ended, attempt=replace(ended.attempt, signal=9))
    assert facts(killed, 160.0)["signal"] == "9"


def test_a_job_is_told_by_its_number() -> None:
    job = replace(WORKING, attempt=Attempt(host="node1", job="42_1"))
    assert facts(job, 285.0)["process"] == "job 42_1 on node1"


def test_a_resumed_run_says_from_where_it_went_on() -> None:
    second = replace(WORKING, attempt=replace(WORKING.attempt, n=2))
    assert facts(second, 285.0)["attempt"] == "2"
    went_on = replace(second, attempt=replace(second.attempt, resumed_step=1200))
    assert facts(went_on, 285.0)["attempt"] == "2, went on from step 1,200"
    assert "attempt" not in facts(replace(WORKING, attempt=Attempt(n=1)), 285.0)
