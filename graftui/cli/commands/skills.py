"""What the verbs of `skill` print. The files are read by the engine, which is asked."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from engine.contract import preflight
from engine.contract.kinds.graft import GraftConfig
from engine.contract.model_folder import POCKET, is_local
from engine.contract.questions.skills import (
    CombineSkills,
    CutSkill,
    DiffSkills,
    InstallSkill,
    ShowSkill,
    SkillShown,
    UninstallSkill,
    VerifySkill,
)
from engine.contract.questions.values import Named
from graftui.cli.commands.output import send_json
from graftui.cli.commands.skill_tables import numbers_table, where
from graftui.errors import NotFound, UsageError
from graftui.planning.recipes import config_of
from graftui.results.figures import probability
from graftui.scheduler.questions import ask
from graftui.settings import Settings
from graftui.show import tables
from graftui.terminal import Console

Operation = Literal["skill.union", "skill.intersect", "skill.subtract"]


def show(settings: Settings, console: Console, path: str, json: bool) -> None:
    """Where the weights of a skill lie, and what it was made from."""
    shown = ask(ShowSkill(skill=path), settings)
    if json:
        send_json({"path": path, **_dumped(shown)})
        return
    console.print(path, style="bold", soft_wrap=True)
    about = _about(shown)
    console.print(tables.settings({name: text for name, text in about.items() if text}))
    for table in where(shown, console.width):
        console.print(table)


def verify(settings: Settings, console: Console, path: str, model: str, json: bool) -> bool:
    """What a model is to a skill; whether it is the base, or holds the skill."""
    verified = ask(VerifySkill(skill=path, model=model_named(model)), settings)
    if json:
        send_json(_dumped(verified))
        return verified.state in ("base", "skill")
    said = {
        "base": "is the base of the skill, without it",
        "skill": "holds the skill",
        "part": "holds a part of the skill: `skill install` and `skill uninstall` both mend it",
        "other": "is another model than the base",
    }
    console.print(f"{model} {said[verified.state]}.", soft_wrap=True)
    named = verified.other or (verified.skill if verified.state == "part" else ())
    if named:
        what = "differ" if verified.other else "hold the skill"
        console.print(f"{len(named)} of {verified.tensors} touched tensors {what}:")
    for name in named:
        console.print(f"  {name}", soft_wrap=True)
    return verified.state in ("base", "skill")


def install(
    settings: Settings,
    console: Console,
    path: str,
    folder: str,
    out: Path | None,
    allow_nan: bool,
    json: bool,
) -> None:
    """Put a skill into a folder; `allow_nan`: also values that are no numbers."""
    question = InstallSkill(
        skill=path, model=model_named(folder), out=_copy(out), allow_nan=allow_nan
    )
    done = ask(question, settings)
    if json:
        send_json(_dumped(done))
        return
    console.print(f"installed: {done.entries:,} weights of {done.folder}", soft_wrap=True)
    if done.rounded:
        console.print(f"{done.rounded:,} of them rounded to the precision of the folder")
    if done.unchanged:
        console.print(f"{done.unchanged:,} more have the same values there already")


def uninstall(
    settings: Settings, console: Console, path: str, folder: str, out: Path | None, json: bool
) -> None:
    """Take a skill out of a folder."""
    question = UninstallSkill(skill=path, model=model_named(folder), out=_copy(out))
    done = ask(question, settings)
    if json:
        send_json(_dumped(done))
        return
    console.print(f"uninstalled: {done.entries:,} weights of {done.folder}", soft_wrap=True)


def diff(settings: Settings, console: Console, paths: Sequence[str], json: bool) -> None:
    """What skills share."""
    shared = ask(DiffSkills(skills=tuple(paths)), settings)
    if json:
        send_json(_dumped(shared))
        return
    for number, held in enumerate(shared.skills, 1):
        of = f"{held.weights:,} weights, {held.share:.3g} % of maskable"
        line = f"{number}  {of}  {held.task}  {held.path}"
        console.print(line, soft_wrap=True)
    by_chance = ("by chance", "p", "by chance per tensor", "p per tensor")
    table = numbers_table("skills", "shared", *by_chance, "Jaccard", "same value")
    for pair in shared.pairs:
        table.add_row(
            f"{pair.first + 1} and {pair.second + 1}",
            f"{pair.overlap:,}",
            f"{pair.expected:.3g}",
            probability(pair.p),
            f"{pair.expected_by_tensor:.3g}",
            f"{'' if pair.exact else '~'}{probability(pair.p_by_tensor)}",
            f"{pair.jaccard:.4f}",
            f"{pair.agree:,}",
        )
    console.print(table)
    both = " and ".join(f"{share:.3g} %" for share in (shared.all_share, shared.any_share))
    counted = f"weights in all of them: {shared.all:,}; in any: {shared.any:,}"
    console.print(f"{counted} ({both} of all maskable weights)")


def cut(
    settings: Settings,
    console: Console,
    base: str,
    tuned: str,
    sets: Sequence[str],
    out: Path,
    json: bool,
) -> None:
    """Write the skill of the weights that moved most; `sets`: `graft.sparsity=` and `freeze.`."""
    target = _target(out)
    raw = {"model": {"name": model_named(base)}, "finetuned": {"path": model_named(tuned)}}
    config = config_of(GraftConfig, raw, sets)
    question = CutSkill(
        model=config.model,
        finetuned=config.finetuned,
        freeze=config.freeze,
        sparsity=config.sparsity,
        out=target,
    )
    made = ask(question, settings)
    if json:
        send_json(_dumped(made))
        return
    counted = f"{made.weights:,} of {made.maskable:,} maskable weights"
    console.print(f"{out}: {counted}, in {made.tensors:,} tensors", soft_wrap=True)
    if made.least:
        console.print(f"each moved by {made.least:.3g} or more")
    else:
        console.print("weights that did not move had to fill it up: ask for a smaller --sparsity")


def combine(
    settings: Settings,
    console: Console,
    operation: Operation,
    paths: Sequence[str],
    out: Path,
    json: bool,
) -> None:
    """Write the skill that a set operation makes."""
    question = CombineSkills(name=operation, skills=tuple(paths), out=_target(out))
    made = ask(question, settings)
    if json:
        send_json(_dumped(made))
        return
    console.print(f"{out}: {made.weights:,} weights", soft_wrap=True)
    if made.conflicts:
        first = "the first skill's value was taken"
        console.print(f"{made.conflicts:,} of them had several values: {first}")


def _dumped(answer: Named) -> dict[str, Any]:
    return answer.model_dump(exclude={"name"})


def model_named(name: str) -> str:
    """A model as the engine is to find it. Raises UsageError for one that is not there."""
    if not name.startswith(POCKET) and is_local(name):
        folder = Path(os.path.expanduser(name)).absolute()
        if not folder.is_dir():
            raise NotFound(f"There is no folder {name}.", "Give a checkpoint folder.")
        return str(folder)
    if trouble := preflight.check_model(name):
        raise UsageError(*trouble)
    return name


def _copy(out: Path | None) -> str | None:
    """A folder to make, as the engine is to find it."""
    return None if out is None else str(Path(os.path.expanduser(out)).absolute())


def _target(out: Path) -> str:
    """A file to write, as the engine is to find it. Raises UsageError for what cannot be one."""
    target = Path(os.path.expanduser(out)).absolute()
    if not target.parent.is_dir():
        raise UsageError(f"There is no folder {target.parent}.", "Make it, or write elsewhere.")
    if target.is_dir():
        raise UsageError(f"The output {out} is a folder.", "Give the name of a file to write.")
    return str(target)


def _about(shown: SkillShown) -> dict[str, str]:
    info, wrong = shown.info, shown.not_finite
    words = ", ".join(f"{label} {word.strip()}" for label, word in info.label_words.items())
    reached = info.weights / max(1, info.maskable)
    return {
        "base": info.base,
        "task": info.task,
        "prompt": info.prompt.replace("\n", "\\n"),
        "label words": words,
        "linear head": " x ".join(map(str, shown.head.get("weight", ()))),
        "weights": f"{info.weights:,} of {info.maskable:,} maskable",
        "not finite": f"{wrong:,} values are NaN or infinite" if wrong else "",
        "sparsity": f"asked {info.sparsity:g}, reached {reached:.3g}",
        "scores": ", ".join(f"{name} {value:.4g}" for name, value in info.scores.items()),
        "config hash": info.config_hash,
        "versions": ", ".join(f"{name} {version}" for name, version in info.versions.items()),
    }
