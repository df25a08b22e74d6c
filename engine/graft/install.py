"""Installing a skill into a checkpoint folder, and taking it out again, bit for bit.

Owns what a folder may be changed to. The file of a skill holds the values before and after, so
nothing is backed up. An install that was killed between two shards is known by its tensors:
either verb takes it from there.
"""

import math
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from engine.contract.layout import write_whole
from engine.graft.apply import State, Verified, compare, other_base
from engine.graft.arrangement import Run, arranged
from engine.graft.checkpoint import KINDS, Change, Checkpoint
from engine.graft.info import SkillError, bits
from engine.graft.skill import HEAD, Skill, Tensors
from engine.models.linear import FILE


@dataclass(frozen=True, slots=True)
class Changed:
    """What was done to a folder."""

    folder: Path
    entries: int
    """Weights that were put, those of tied copies included."""
    rounded: int
    """Of them, those whose value the folder's precision cannot hold."""
    unchanged: int = 0
    """Weights of the skill that the folder had already."""


def verify(skill: Skill, folder: Path) -> Verified:
    """What each touched tensor of a folder is; a linear head counts as one more of them.

    Raises SkillError if the folder cannot be read or lacks a tensor.
    """
    checkpoint = Checkpoint(folder)
    lie = arranged(skill.indices, checkpoint)
    verified = compare(
        skill, lambda name: _gathered(checkpoint, lie[name], skill.info.shapes[name])
    )
    if not skill.head:
        return verified
    head = HEAD.rstrip(".")
    there, holds = (folder / FILE).exists(), _has_head(skill, folder)
    return Verified(
        (*verified.names, head),
        verified.base if there else verified.base | {head},
        verified.skill | {head} if holds else verified.skill,
    )


def install(
    skill: Skill, folder: Path, out: Path | None = None, allow_nan: bool = False
) -> Changed:
    """Put the skill into `folder`, or into a copy of it, `out`.

    Raises SkillError, with nothing changed, if the folder is not the skill's base, holds the skill
    already, or has a linear head of its own, if its numbers have no room for the skill's (unless
    `allow_nan`: they become infinite), or if `out` exists.
    """
    verified = verify(skill, folder)
    if verified.other:
        raise other_base(skill, verified, str(folder))
    if verified.state is State.skill:
        raise SkillError(f"the skill is already installed in {folder}", "nothing is to be done")
    pending = [name for name in skill.indices if name not in verified.skill]
    with _copied(folder, out) as target:
        changed = _put(skill, target, pending, skill.values, allow_nan)
        if skill.head:
            whole = {name: value.contiguous() for name, value in skill.head.items()}
            write_whole(target / FILE, save(whole))
    unchanged = sum(len(index) for name, index in skill.indices.items() if name not in pending)
    return Changed(out or folder, *changed, unchanged)


def uninstall(skill: Skill, folder: Path, out: Path | None = None) -> Changed:
    """Make `folder`, or a copy of it, what it was before the skill, bit for bit.

    Raises SkillError, with nothing changed, if it does not hold the skill, or if `out` exists.
    """
    if skill.indices and not skill.base:
        raise SkillError(
            "a skill file of format 1 does not hold the values before",
            "cut the graft again, or take the base's own folder",
        )
    verified = verify(skill, folder)
    if verified.other:
        raise other_base(skill, verified, str(folder))
    if verified.state is State.base and len(verified.skill) < len(verified.names):
        raise SkillError(f"the skill is not installed in {folder}: it is the base as it was")
    pending = [name for name in skill.indices if name not in verified.base]
    with _copied(folder, out) as target:
        if skill.head:
            (target / FILE).unlink(missing_ok=True)
        changed = _put(skill, target, pending, skill.base, allow_nan=True)
    return Changed(out or folder, *changed)


def _put(
    skill: Skill, folder: Path, names: list[str], values: Tensors, allow_nan: bool
) -> tuple[int, int]:
    """Write `values` of these tensors and their tied copies; how many, and how many rounded."""
    checkpoint = Checkpoint(folder)
    lie = arranged(skill.indices, checkpoint)
    changes: dict[str, list[Change]] = {}
    rounded = 0
    for name in names:
        for run, index, wanted in _scattered(lie[name], skill.indices[name], values[name]):
            for key in (run.key, *checkpoint.copies(run.key)):
                new = wanted.to(KINDS[checkpoint.place(key).kind])
                if not allow_nan and not new.isfinite().all():
                    raise _no_room(checkpoint, key, new)
                changes.setdefault(key, []).append(Change(index, new))
                rounded += int((new.double() != wanted.double()).sum())
    checkpoint.change(changes)
    return sum(len(change.index) for each in changes.values() for change in each), rounded


def _no_room(checkpoint: Checkpoint, key: str, new: torch.Tensor) -> SkillError:
    return SkillError(
        f"{int((~new.isfinite()).sum()):,} of the skill's values for {key} would be infinite: they "
        f"are beyond what {checkpoint.place(key).kind} holds",
        "take the base in float32 or bfloat16, or --allow-nan",
    )


def _gathered(checkpoint: Checkpoint, runs: list[Run], shape: list[int]) -> torch.Tensor:
    """A tensor as the model has it; as it is stored where that is in one, or of another shape."""
    stored = {key: checkpoint.tensor(key) for key in {run.key for run in runs}}
    if len(runs) == 1 and runs[0].size == stored[runs[0].key].numel():
        return stored[runs[0].key]
    flat = torch.cat([stored[r.key].flatten()[r.start : r.start + r.size] for r in runs])
    return flat.view(shape) if flat.numel() == math.prod(shape) else flat


def _scattered(
    runs: list[Run], index: torch.Tensor, values: torch.Tensor
) -> Iterator[tuple[Run, torch.Tensor, torch.Tensor]]:
    """Entries of a model's tensor, sorted, by the stored tensors that they lie in."""
    start = 0
    for run in runs:
        low, high = torch.searchsorted(index, torch.tensor([start, start + run.size])).tolist()
        if low < high:
            yield run, index[low:high] - start + run.start, values[low:high]
        start += run.size


def _has_head(skill: Skill, folder: Path) -> bool:
    try:
        there = load_file(folder / FILE)
    except (OSError, SafetensorError):
        return False
    return there.keys() == skill.head.keys() and all(
        there[name].dtype == value.dtype and torch.equal(bits(there[name]), bits(value))
        for name, value in skill.head.items()
    )


@contextmanager
def _copied(folder: Path, out: Path | None) -> Iterator[Path]:
    """Where to work: `folder` itself, or a copy that becomes `out` when the block is done."""
    if out is None:
        yield folder
        return
    if out.exists():
        raise SkillError(f"{out} exists already", "give --out a new name")
    if out.resolve().is_relative_to(folder.resolve()):
        raise SkillError(f"{out} lies within {folder}", "give --out a place beside it")
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        shutil.copytree(folder, beside, dirs_exist_ok=True)
        yield beside
        beside.chmod(0o755)  # mkdtemp's 0700 would shut out the rest of the group
        beside.rename(out)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
