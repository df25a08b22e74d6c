"""Skill files: where the weights lie, cutting, installing into folders, and set operations."""

import math
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine import loading
from engine.contract.config import GraftConfig, parse
from engine.errors import ConfigError
from engine.graft import install, sets, stream
from engine.graft.skill import Skill, load, write
from engine.versions import versions

Answer = dict[str, Any]
Question = dict[str, Any]


def answer(question: Question) -> Answer:
    """`question`: `do`, one of DOES; `skills`, paths; and what each of DOES asks for.

    `allow_nan`: also skills with values that are NaN or infinite; looking and undoing always may.

    Gives what each of DOES gives. Raises SkillError, ConfigError or OSError.
    """
    allow_nan = question.get("allow_nan", question["do"] in ("show", "verify", "uninstall"))
    skills = [load(path, allow_nan) for path in question["skills"]]
    return DOES[question["do"]](skills, question)


def _show(skills: list[Skill], question: Question) -> Answer:
    """What the file says of itself, and the entries and size of each touched tensor."""
    (skill,) = skills
    tensors = [
        {"name": name, "entries": len(index), "weights": math.prod(skill.info.shapes[name])}
        for name, index in skill.indices.items()
    ]
    head = {name: list(value.shape) for name, value in skill.head.items()}
    wrong = sum(skill.not_finite.values())
    return {"info": asdict(skill.info), "head": head, "tensors": tensors, "not_finite": wrong}


def _verify(skills: list[Skill], question: Question) -> Answer:
    """`model`: a folder or a model's name. Its state, and which tensors are what."""
    (skill,) = skills
    found = install.verify(skill, _folder(question["model"]))
    return {
        "state": found.state,
        "tensors": len(found.names),
        "skill": [name for name in found.names if name in found.skill - found.base],
        "other": found.other,
    }


def _change(work: Callable[..., install.Changed], *options: str) -> Any:
    """`model`, and `out`: the copy to make of it, or None. What became of it."""

    def change(skills: list[Skill], question: Question) -> Answer:
        (skill,) = skills
        name, out = question["model"], question["out"]
        if out is None and not Path(name).expanduser().is_dir():
            raise ConfigError(
                f"the model {name} is used by others too: it is not changed where it lies",
                "give --out a folder for a copy with the skill",
            )
        chosen = {option: question.get(option, False) for option in options}
        changed = work(skill, _folder(name), Path(out) if out else None, **chosen)
        return {**asdict(changed), "folder": str(changed.folder)}

    return change


def _diff(skills: list[Skill], question: Question) -> Answer:
    """Sizes, what every two share, and what all share; shares in % of all maskable weights."""
    pairs = [asdict(pair) for pair in sets.pairs(skills)]
    most = max(1, *(skill.info.maskable for skill in skills))
    held = [
        {"task": s.info.task, "weights": s.info.weights, "share": 100 * s.info.weights / most}
        for s in skills
    ]
    shared, either = (work(skills).skill.info.weights for work in (sets.intersect, sets.union))
    return {
        "skills": [
            {"path": path, **about} for path, about in zip(question["skills"], held, strict=True)
        ],
        "pairs": pairs,
        "all": shared,
        "all_share": 100 * shared / most,
        "any": either,
        "any_share": 100 * either / most,
    }


def _combine(work: Callable[[list[Skill]], sets.Combined]) -> Any:
    """`out`: the file to write. Its weights, and how many entries had several values."""

    def combine(skills: list[Skill], question: Question) -> Answer:
        made = work(skills)
        write(made.skill, Path(question["out"]))
        return {
            "path": question["out"],
            "weights": made.skill.info.weights,
            "conflicts": made.conflicts,
        }

    return combine


def _cut(_: list[Skill], question: Question) -> Answer:
    """`config`: a graft's model.name, finetuned.path, freeze, sparsity; `out`: the file to write.

    Its weights, of how many, in how many tensors, and the least of their movements.
    """
    config = parse({"kind": "graft", **question["config"]})
    assert isinstance(config, GraftConfig)
    base, tuned = config.model.name, config.finetuned.path
    made = stream.cut(
        _folder(base),
        _folder(tuned),
        config.sparsity,
        config.freeze,
        _progress,
        base=base,
        task=f"movement to {Path(tuned).name}",
        prompt="",
        label_words={},
        scores={},
        config_hash="",
        versions=versions(),
    )
    write(made.skill, Path(question["out"]))
    about = made.skill.info
    return {
        "path": question["out"],
        "weights": about.weights,
        "maskable": about.maskable,
        "tensors": len(about.digests),
        "least": made.least,
    }


def _progress(done: int, total: int) -> None:
    """A line of standard error that graftui.scheduler.ask shows, by how it begins."""
    share = 100 * done // total
    print(f"progress: {share} % of {total:,} weights compared", file=sys.stderr, flush=True)


DOES: dict[str, Callable[[list[Skill], Question], Answer]] = {
    "show": _show,
    "verify": _verify,
    "install": _change(install.install, "allow_nan"),
    "uninstall": _change(install.uninstall),
    "diff": _diff,
    "cut": _cut,
    "union": _combine(sets.union),
    "intersect": _combine(sets.intersect),
    "subtract": _combine(sets.subtract),
}


def _folder(name: str) -> Path:
    """Where a model's files lie; of the hub they are fetched. Raises ConfigError."""
    where = loading.location(name)
    if not loading.from_hub(name):
        return Path(where)
    from huggingface_hub import snapshot_download

    wanted = ["*.json", "*.txt", "*.model", "model.safetensors", "model-*.safetensors"]
    try:
        return Path(snapshot_download(where, allow_patterns=wanted))
    except (OSError, ValueError) as error:
        first = str(error).strip().splitlines()[0]
        raise ConfigError(
            f"the model {name!r} is not in the local cache and the hub did not give it: {first}",
            "check the name, or give the path of its folder",
        ) from None
