"""What is noted of a tree of git: of a clean, a dirty and a strange one, and where git hangs."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.provenance import trees

Git = Callable[..., str]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path / "tree"


@pytest.fixture
def git(tree: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """`git ARGUMENTS` in a new repository of one commit, without the settings of this machine."""
    for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.setenv(name, os.devnull)
    monkeypatch.setenv("HOME", str(tree.parent))

    def run(*arguments: str) -> str:
        own = ("-c", "user.name=n", "-c", "user.email=e@e")
        done = subprocess.run(
            ["git", *own, *arguments], cwd=tree, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    tree.mkdir()
    run("init", "-q", "-b", "main")
    (tree / "code.py").write_text("one = 1\n" * 100)
    (tree / "old.py").write_text("old = 1\n")
    run("add", ".")
    run("commit", "-qm", "first")
    return run


def test_a_clean_tree_is_its_commit(tree: Path, git: Git) -> None:
    seen = trees.look(tree)
    assert seen == trees.Tree(commit=git("rev-parse", "HEAD"), branch="main")
    assert seen.facts("graftui", "1.graftui.diff") == {
        "graftui.commit": git("rev-parse", "HEAD"), "graftui.branch": "main",
        "graftui.changed": 0, "graftui.untracked": 0, "graftui.changes": None,
        "graftui.digest": None, "graftui.cut": False, "graftui.note": None,
    }  # fmt: skip


def test_a_dirty_tree_can_be_made_again_from_commit_and_patch(
    tree: Path, git: Git, tmp_path: Path
) -> None:
    (tree / "code.py").write_text("two = 2\n")
    (tree / "old.py").unlink()
    (tree / "staged.py").write_text("new = 1\n")
    git("add", "staged.py")
    (tree / "unknown.txt").write_text("a secret")
    seen = trees.look(tree)
    assert (seen.changed, seen.untracked, seen.cut) == (3, 1, False)
    assert b"unknown.txt" in seen.changes
    assert b"a secret" not in seen.changes
    patch = tmp_path / "1.folder.diff"
    patch.write_bytes(seen.changes)
    git("clone", "-q", str(tree), str(tmp_path / "again"))
    subprocess.run(["git", "apply", str(patch)], cwd=tmp_path / "again", check=True)
    again = {path.name: path.read_text() for path in (tmp_path / "again").glob("*.py")}
    assert again == {"code.py": "two = 2\n", "staged.py": "new = 1\n"}


def test_the_digest_tells_one_change_from_another(tree: Path, git: Git) -> None:
    digests = []
    for content in ("two\n", "three\n", "two\n"):
        (tree / "code.py").write_text(content)
        digests.append(trees.look(tree).digest)
    assert digests[0] == digests[2] != digests[1]


def test_no_tree(tmp_path: Path, tree: Path, git: Git) -> None:
    (tree / "below" / "deep").mkdir(parents=True)
    assert trees.top_of(tree / "below" / "deep") == tree
    assert trees.top_of(tmp_path) is None


def test_before_the_first_commit(tmp_path: Path, git: Git) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path / "new")], check=True)
    (tmp_path / "new" / "a").touch()
    seen = trees.look(tmp_path / "new")
    assert (seen.commit, seen.note) == (None, "there is no commit yet")
    assert seen.facts("folder", "x") == {"folder.note": "there is no commit yet"}


def test_a_change_too_large_is_cut_and_said_to_be(
    tree: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "MOST_BYTES", 5_000)
    (tree / "code.py").write_text("".join(f"line {n}\n" for n in range(200_000)))
    seen = trees.look(tree)
    assert seen.cut
    assert seen.facts("folder", "1.folder.diff")["folder.cut"] is True
    assert 5_000 < len(seen.changes) < 5_300
    assert seen.changes.endswith(b"\n# cut here, after 5,000 bytes: there is more\n")
    assert seen.digest


def test_hostile_names(tree: Path, git: Git, tmp_path: Path) -> None:
    names = [
        b"new\nline",
        b'quo"te',
        b"\x1b[31mred",
        b"\xff\xfe",
        "\u202ekcab".encode(),
        b"-rf",
        b" ",
    ]
    for name in names:
        Path(os.fsdecode(os.path.join(os.fsencode(tree), name))).write_text("x\n")
    lines = trees.look(tree)
    assert lines.untracked == len(names)
    git("add", ".")
    git("commit", "-qm", "strange")
    for name in names:
        Path(os.fsdecode(os.path.join(os.fsencode(tree), name))).write_text("y\n")
    (tree / "un\nknown\x1b").touch()
    seen = trees.look(tree)
    assert (seen.changed, seen.untracked, seen.note) == (len(names), 1, "")
    assert b"\x1b" not in seen.changes
    patch = tmp_path / "p.diff"
    patch.write_bytes(seen.changes)
    git("checkout", "-q", ".")
    git("apply", str(patch))
    assert trees.look(tree).digest == seen.digest


def test_nothing_of_the_trees_own_is_run_and_nothing_is_written(
    tree: Path, git: Git, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\ncat\n")
    spy.chmod(0o755)
    for name in ("core.fsmonitor", "diff.external", "diff.spy.textconv", "diff.spy.command"):
        git("config", name, str(spy))
    (tree / ".gitattributes").write_text("*.py diff=spy\n")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(spy))
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    (tree / "code.py").write_text("two\n")
    before = (tree / ".git" / "index").stat().st_mtime_ns
    assert trees.look(tree).changed == 1
    assert not (tmp_path / "ran").exists()
    assert (tree / ".git" / "index").stat().st_mtime_ns == before


def test_without_git(tree: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert trees.look(tree) == trees.Tree(note="git is not installed")


def test_what_git_refuses_is_said_in_its_words(tree: Path, git: Git) -> None:
    (tree / ".git" / "HEAD").write_text("nonsense\n")
    assert "not a git repository" in trees.look(tree).note


def test_a_git_that_hangs_is_ended(
    tree: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "git").write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(trees, "LONGEST_S", 0.3)
    since = time.monotonic()
    assert trees.look(tmp_path).note == "git took longer than 0.3 s"
    assert time.monotonic() - since < 5
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
