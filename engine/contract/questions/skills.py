"""Questions about skill files: look into one, cut or install it, treat several as sets."""

from typing import Literal

from engine.contract.questions.values import Named, Question, Value
from engine.contract.sections import Finetuned, FreezeConfig, ModelConfig, Sparsity
from engine.contract.skill_info import SkillInfo


class TouchedTensor(Named):
    """A tensor that a skill changes."""

    name: str
    entries: int
    """Weights that it changes."""
    weights: int
    """All of the tensor's."""


class SkillShown(Named):
    """What a skill file says of itself, and where its weights lie."""

    name: Literal["skill.show"] = "skill.show"
    info: SkillInfo
    head: dict[str, tuple[int, ...]]
    """Shapes of a linear head's tensors; empty: it needs none."""
    tensors: tuple[TouchedTensor, ...]
    not_finite: int
    """Values that are NaN or infinite."""


class ShowSkill(Question[SkillShown]):
    """What a skill file holds."""

    name: Literal["skill.show"] = "skill.show"
    skill: str
    """Its path."""


class SkillVerified(Named):
    """What a model is to a skill."""

    name: Literal["skill.verify"] = "skill.verify"
    state: Literal["base", "skill", "part", "other"]
    """Its base; it holds the skill; a part of it; another model."""
    tensors: int
    """That the skill touches."""
    skill: tuple[str, ...]
    """Those of them that hold the skill."""
    other: tuple[str, ...]
    """Those that differ from the base by more than the skill."""


class VerifySkill(Question[SkillVerified]):
    """What a model is to a skill."""

    name: Literal["skill.verify"] = "skill.verify"
    skill: str
    model: str
    """Checkpoint folder, or a model's name."""


class SkillChanged(Named):
    """What was done to a checkpoint folder."""

    name: Literal["skill.install", "skill.uninstall"]
    folder: str
    entries: int
    """Weights that were put, those of tied copies included."""
    rounded: int
    """Of them, those whose value the folder's precision cannot hold."""
    unchanged: int
    """Weights of the skill that the folder had already."""


class InstallSkill(Question[SkillChanged]):
    """Put a skill into a checkpoint folder."""

    name: Literal["skill.install"] = "skill.install"
    skill: str
    model: str
    """Checkpoint folder; with `out` any model's name."""
    out: str | None = None
    """Copy to make of it; None: it is changed where it lies."""
    allow_nan: bool = False
    """Also values that are NaN or infinite."""


class UninstallSkill(Question[SkillChanged]):
    """Take a skill out of a checkpoint folder; fields as of `InstallSkill`."""

    name: Literal["skill.uninstall"] = "skill.uninstall"
    skill: str
    model: str
    out: str | None = None


class SkillSize(Value):
    """One of the skills that are compared."""

    path: str
    task: str
    weights: int
    share: float
    """In % of all maskable weights."""


class SkillPair(Value):
    """What two skills share."""

    first: int
    """Number of the one, from 0."""
    second: int
    overlap: int
    """Entries that both hold."""
    jaccard: float
    expected: float
    """Overlap of two random ones of these sizes, on average."""
    p: float
    """P(two random ones share as much, or more)."""
    expected_by_tensor: float
    """Overlap of random ones with as many weights in each tensor as these have, on average."""
    p_by_tensor: float
    exact: bool
    """Whether `p_by_tensor` is; else it is that of a normal distribution."""
    agree: int
    """Entries of the overlap with the same value."""


class SkillsShared(Named):
    """What skills share; shares are in % of all maskable weights."""

    name: Literal["skill.diff"] = "skill.diff"
    skills: tuple[SkillSize, ...]
    pairs: tuple[SkillPair, ...]
    all: int
    """Weights that all of them hold."""
    all_share: float
    any: int
    """Weights that one of them holds at the least."""
    any_share: float


class DiffSkills(Question[SkillsShared]):
    """What skills of one base share."""

    name: Literal["skill.diff"] = "skill.diff"
    skills: tuple[str, ...]


class SkillCut(Named):
    """A skill that was cut from two checkpoints."""

    name: Literal["skill.cut"] = "skill.cut"
    path: str
    weights: int
    maskable: int
    tensors: int
    """That it touches."""
    least: float
    """The smallest movement in it; 0: weights that did not move had to fill it up."""


class CutSkill(Question[SkillCut]):
    """Make a skill of the weights that moved most between two checkpoints."""

    name: Literal["skill.cut"] = "skill.cut"
    model: ModelConfig
    finetuned: Finetuned
    freeze: FreezeConfig = FreezeConfig()
    sparsity: Sparsity
    out: str
    """File to write."""


class SkillCombined(Named):
    """A skill that was made of several."""

    name: Literal["skill.union", "skill.intersect", "skill.subtract"]
    path: str
    weights: int
    conflicts: int
    """Entries of it that the skills hold with different values; the first's is taken."""


class CombineSkills(Question[SkillCombined]):
    """Make a skill of several by a set operation."""

    name: Literal["skill.union", "skill.intersect", "skill.subtract"]
    skills: tuple[str, ...]
    out: str
    """File to write."""
