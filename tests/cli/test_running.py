"""run, rerun, watch, cancel: what a user sees, and what is in the registry afterwards."""

import json
import os
import signal
from dataclasses import replace
from typing import Any

from tests.cli.workplace import Workplace


def is_running(run: dict[str, Any]) -> bool:
    return run["status"] == "running" and run["step"] == 3


def test_a_recipe_runs_both_parts_and_reuses_the_first(work: Workplace) -> None:
    out = work.run("run", "both.toml", "--name", "mine", "--tag", "a", "--tag", "b")
    assert "fine-tuned" in out
    graft, tuning = work.json("ls")
    assert (graft["kind"], tuning["kind"]) == ("graft", "finetune")
    assert {graft["status"], tuning["status"]} == {"finished"}
    assert graft["parent"] == tuning["id"]
    assert graft["config"]["finetuned"]["path"] == f"data/runs/{tuning['id']}/checkpoint"
    assert (tuning["name"], tuning["tags"]) == ("mine", ["a", "b"])

    again = work.run("run", "both.toml", "--set", "graft.sparsity=1e-2")
    assert f"reusing {tuning['id']}" in again
    assert [run["kind"] for run in work.json("ls")] == ["graft", "graft", "finetune"]

    work.run("run", "both.toml", "--fresh")
    assert [run["kind"] for run in work.json("ls")][:2] == ["graft", "finetune"]


def test_settings_without_effect_are_said_and_the_runs_queued(work: Workplace) -> None:
    out = work.run("run", "both.toml", "-d", "--set", "train.keep=last",
                   "--set", "train.keep_untrained=false")  # fmt: skip
    assert "train.keep_untrained: no effect with train.keep = last" in out
    assert out.count("queued") == 2
    work.run("watch", "last")


def test_a_setting_of_another_localizer_is_refused_and_nothing_queued(work: Workplace) -> None:
    sets = ("--set", "graft.localizer=fisher", "--set", "graft.steps=9")
    out = work.run("run", "both.toml", "-d", *sets, code=2)
    assert "graft.steps is not used by graft.localizer = fisher" in out
    assert "graft.steps is for hard-concrete, learnt, straight-through" in out
    assert work.json("ls") == []


def test_a_fine_tuning_under_way_serves_other_grafts_too(work: Workplace) -> None:
    """A sweep over sparsities that is queued at once fine-tunes once."""
    work.run("run", "both.toml", "--set", "model.name=sleep", "--detach")
    tuning = work.json("ls", "--filter", "kind=finetune")[0]["id"]
    sweep = ("run", "both.toml", "--set", "model.name=sleep", "--set", "graft.sparsity=1e-2")
    assert f"reusing {tuning}: this fine-tuning is under way" in work.run(*sweep, "--detach")
    runs = work.json("ls")
    assert [run["parent"] for run in runs] == [tuning, tuning, None]
    work.run("cancel", tuning)
    assert [run["status"] for run in work.json("ls")] == ["cancelled"] * 3
    again = work.run(*sweep, "--detach")
    assert "reusing" not in again, "what was cancelled serves nobody"
    work.run("cancel", work.json("ls", "--filter", "kind=finetune")[0]["id"])


def test_a_failed_part_is_told_and_leaves_nothing_waiting(work: Workplace) -> None:
    out = work.run("run", "both.toml", "--set", "model.name=fail", code=3)
    assert "The loss is nan" in out or "the loss is nan" in out
    assert "lower lr" in out.lower()
    assert [run["status"] for run in work.json("ls")] == ["cancelled", "failed"]


def test_a_dry_run_says_what_it_takes_and_queues_nothing(work: Workplace) -> None:
    words = ("run", "both.toml", "--set", "graft.sparsity=1e-2", "--dry-run")
    assert "to make    2 runs (1 finetune, 1 graft)" in work.run(*words)
    plan = work.json(*words)
    assert [(each["kind"], each["inputs"]) for each in plan["plans"]] == [
        ("finetune", {}), ("graft", {"finetuned": [0]}),
    ]  # fmt: skip
    assert plan["plans"][1]["config"]["sparsity"] == 1e-2
    assert work.json("ls") == []


def test_a_script_is_told_of_the_runs_as_json(work: Workplace) -> None:
    said = work.run("run", "both.toml", "-d", "--json")
    queued = json.loads(said[said.index("[\n") : said.rindex("]") + 1])
    assert [run["kind"] for run in queued] == ["finetune", "graft"]
    work.run("watch", *(run["id"] for run in queued))
    said = work.run("rerun", queued[0]["id"], "--set", "train.steps=2", "--json")
    (ended,) = json.loads(said[said.index("[\n") : said.rindex("]") + 1])
    assert (ended["status"], ended["config"]["train"]["steps"]) == ("finished", 2)
    assert "nothing was queued" in work.run("rerun", queued[0]["id"], "--dry-run")
    assert len(work.json("ls")) == 3
    assert "[]" in work.run("rerun", "-f", "name=nobody", "--json")
    assert '"plans": []' in work.run("rerun", "-f", "name=nobody", "--dry-run", "--json")
    assert "Give --yes" in work.run("rerun", "-f", "kind=graft", "--json", code=2)
    assert len(work.json("ls")) == 3


def test_a_script_is_told_of_runs_that_failed(work: Workplace) -> None:
    said = work.run("run", "both.toml", "--set", "model.name=fail", "--json", code=3)
    ended = json.loads(said[said.index("[\n") : said.rindex("]\n") + 1])
    assert [run["status"] for run in ended] == ["failed", "cancelled"]


def test_detach_and_watch(work: Workplace) -> None:
    assert "graftui watch" in work.run("run", "both.toml", "--detach")
    assert "fine-tuned" in work.run("watch", "last")
    assert {run["status"] for run in work.json("ls")} == {"finished"}


def test_rerun_shows_what_changes_first(work: Workplace) -> None:
    work.run("run", "both.toml")
    out = work.run("rerun", "last", "--set", "graft.sparsity=0.5", "--set", "graft.steps=7")
    assert "graft.sparsity: 0.001 -> 0.5" in out
    assert "graft.steps: 50 -> 7" in out
    new, old, _ = work.json("ls")
    assert new["config"] == old["config"] | {"sparsity": 0.5, "steps": 7}
    assert new["parent"] == old["parent"]


def test_ctrl_c_in_run_cancels_what_it_started(work: Workplace) -> None:
    process = work.start("run", "both.toml", "--set", "model.name=sleep")
    work.wait("both", lambda run: run["status"] == "queued")
    tuning = work.json("ls", "--filter", "kind=finetune")[0]["id"]
    work.wait(tuning, is_running)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 4
    assert {run["status"] for run in work.json("ls")} == {"cancelled"}


def test_ctrl_c_in_run_leaves_what_others_wait_for(work: Workplace) -> None:
    process = work.start("run", "both.toml", "--set", "model.name=sleep", "--name", "mine")
    work.wait("mine", lambda run: run["status"] == "queued")
    tuning = work.json("ls", "--filter", "kind=finetune")[0]["id"]
    work.wait(tuning, is_running)
    sweep = ("run", "both.toml", "--set", "model.name=sleep", "--set", "graft.sparsity=1e-2")
    work.run(*sweep, "--name", "other", "--detach")
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    assert f"{tuning} goes on" in out
    assert work.json("show", "mine")["status"] == "cancelled"
    assert work.json("show", "other")["status"] == "queued"
    assert work.json("show", tuning)["status"] == "running"
    work.run("cancel", tuning)


def test_ctrl_c_in_watch_leaves_the_run_alone(work: Workplace) -> None:
    work.run("run", "both.toml", "--set", "model.name=sleep", "--detach")
    tuning = work.json("ls", "--filter", "kind=finetune")[0]["id"]
    process = work.start("watch", tuning)
    work.wait(tuning, is_running)
    assert process.stdout is not None
    process.stdout.readline()  # it is watching
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode == 130
    assert work.json("show", tuning)["status"] == "running"
    assert "stopped at step 3" in work.run("cancel", tuning)
    assert "cancelled already" in work.run("cancel", tuning, code=2)


def test_kill_9_of_the_terminal_and_then_of_the_engine(work: Workplace) -> None:
    process = work.start("run", "both.toml", "--set", "model.name=sleep")
    work.wait("both", lambda run: run["status"] == "queued")
    tuning = work.json("ls", "--filter", "kind=finetune")[0]["id"]
    pid = work.wait(tuning, is_running)["pid"]
    process.kill()
    process.wait()
    assert work.json("show", tuning)["status"] == "running"
    os.kill(pid, signal.SIGKILL)
    dead = work.wait(tuning, lambda run: run["status"] != "running")
    assert (dead["status"], dead["reason"], dead["signal"]) == ("failed", "killed", 9)


def test_a_deleted_registry_comes_back(work: Workplace) -> None:
    work.run("run", "both.toml", "--set", "model.name=sleep", "--tag", "kept", "--detach")
    tuning = work.json("ls", "--filter", "kind=finetune")[0]["id"]
    work.wait(tuning, is_running)
    for end in ("", "-wal", "-shm"):
        (work.path / f"runs.db{end}").unlink(missing_ok=True)
    graft, back = sorted(work.json("ls"), key=lambda run: run["created_at"], reverse=True)
    assert (back["id"], back["status"], back["tags"]) == (tuning, "running", ["kept"])
    assert (graft["status"], graft["parent"]) == ("queued", tuning)
    assert "cancelled" in work.run("cancel", tuning)


def test_rerun_of_a_graft_never_leaves_it_at_odds_with_its_fine_tuning(work: Workplace) -> None:
    work.run("run", "both.toml")
    work.run("rerun", "last", "--set", "task.data_seed=98")
    graft, tuning, *_ = work.json("ls")
    assert graft["parent"] == tuning["id"]
    assert graft["config"]["task"]["data_seed"] == tuning["config"]["task"]["data_seed"] == 98


def test_rerun_of_a_graft_runs_its_failed_fine_tuning_again(work: Workplace) -> None:
    work.run("run", "both.toml", "--set", "model.name=fail", code=3)
    work.run("rerun", "last", "--set", "model.name=finish")
    assert [run["status"] for run in work.json("ls")][:2] == ["finished", "finished"]


def test_a_folder_that_was_put_there_is_held_until_it_is_released(work: Workplace) -> None:
    work.run("run", "both.toml")
    done = work.json("ls", "--filter", "kind=finetune")[0]["id"]
    for name, trust in (("aaaaaa", False), ("zzzzzz", True)):
        config = json.loads((work.path / f"data/runs/{done}/config.json").read_text())
        config["model"]["trust_remote_code"] = trust
        (work.path / f"data/runs/{name}").mkdir()
        (work.path / f"data/runs/{name}/config.json").write_text(json.dumps(config))
    assert "graftui release" in work.run("ls")
    assert {work.json("show", name)["status"] for name in ("aaaaaa", "zzzzzz")} == {"held"}
    assert "is held" in work.run("watch", "aaaaaa", code=3)
    asked = work.run("release", "zzzzzz", "aaaaaa", code=2)
    assert "the code that comes with the model of zzzzzz" in asked
    assert work.json("show", "aaaaaa")["status"] == "held"
    work.run("release", "aaaaaa")
    assert work.wait("aaaaaa", lambda run: run["status"] == "finished")
    work.run("release", "-y", "zzzzzz")
    assert work.wait("zzzzzz", lambda run: run["status"] == "finished")


def test_what_belongs_elsewhere_is_shown_as_such(work: Workplace) -> None:
    work.run("run", "both.toml")
    graft, tuning = (run["id"] for run in work.json("ls"))
    there = replace(work, env=work.env | {"GRAFTUI_DATA": str(work.path / "other")})
    assert there.run("ls").count("elsewhere") == 2
    assert [run["condition"] for run in there.json("ls")] == ["elsewhere"] * 2
    assert there.json("show", graft)["run_dir"] == str(work.path / "data/runs" / graft)
    assert "GRAFTUI_DATA" in there.run("rm", "-y", graft, code=2)
    assert [run["condition"] for run in work.json("ls")] == ["", ""]
