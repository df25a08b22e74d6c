"""What `skill profile` prints: what a fine-tuning did to a model's weights, by the engine."""

from collections.abc import Iterator, Sequence

from engine.contract.questions.profile import (
    Moved,
    ProfileUpdate,
    SizeUpdate,
    TensorUpdate,
    UpdateProfile,
)
from graftui.cli.commands.output import send_json
from graftui.cli.commands.skill_tables import numbers_table
from graftui.cli.commands.skills import model_named
from graftui.scheduler.questions import ask
from graftui.settings import Settings
from graftui.terminal import Console, Table, Text
from graftui.text import visible

_FEW = 0.01
"""Share of all weights below which a size has no row."""


def profile(
    settings: Settings, console: Console, base: str, tuned: str, limit: int, json: bool
) -> None:
    """Compare two checkpoints; at most `limit` tensors, 0: all."""
    question = ProfileUpdate(pretrained=model_named(base), finetuned=model_named(tuned))
    about = ask(question, settings)
    if json:
        send_json(about.model_dump(exclude={"name"}))
        return
    console.print(_tensors(about, limit))
    console.print()
    console.print(_sizes(about.sizes, about.total.weights))
    console.print()
    for line in _said(about):
        console.print(Text(line))


def _tensors(about: UpdateProfile, limit: int) -> Table:
    """Those first that have most of the movement: of the squared norm of the difference."""
    table = numbers_table(
        "tensor", "weights", "changed", ">1 ulp", ">2", ">4", "of movement", "spectral", "rank"
    )
    ranked = sorted(about.tensors, key=lambda tensor: -tensor.norm)
    for tensor in ranked[: limit or None]:
        table.add_row(visible(tensor.name), *_counted(tensor, about.total), *_of_a_matrix(tensor))
    if left := len(ranked) - len(ranked[: limit or None]):
        table.add_row(f"{left:,} more: --limit 0")
    table.add_section()
    table.add_row("all", *_counted(about.total, about.total))
    return table


def _counted(moved: Moved, total: Moved) -> tuple[str, ...]:
    counts = (moved.changed, *moved.beyond)
    movement = _share(moved.norm**2, total.norm**2)
    return f"{moved.weights:,}", *(_share(count, moved.weights) for count in counts), movement


def _of_a_matrix(tensor: TensorUpdate) -> tuple[str, ...]:
    if tensor.spectral is None:
        return ()
    about = "~" if tensor.method == "randomized" else ""
    rank = f"{'>=' if tensor.at_least else about}{tensor.rank}"
    return f"{about}{tensor.spectral:.3g}", f"{rank} of {min(tensor.shape)}"


def _sizes(sizes: Sequence[SizeUpdate], weights: int) -> Table:
    table = numbers_table("size before", "of weights", "changed")
    for size in sizes:
        if size.weights >= _FEW * weights:
            share = _share(size.changed, size.weights)
            table.add_row(f"{size.least:.2g} to {2 * size.least:.2g}",
                          _share(size.weights, weights), share)  # fmt: skip
    return table


def _said(about: UpdateProfile) -> Iterator[str]:
    """What the files tell of rounding, and what they do not."""
    total = about.total
    dtypes = sorted({dtype for tensor in about.tensors for dtype in tensor.dtypes})
    changed = f"{_share(total.changed, total.weights)} of {total.weights:,} weights changed"
    yield f"Stored as {', '.join(dtypes)}: {changed}."
    if not total.changed:
        return
    least = total.changed - total.beyond[0]
    yield f"Of these, {_share(least, total.changed)} moved by one unit in the last place or less."
    narrow = about.exact_in_bfloat16
    if narrow and dtypes != ["bfloat16"]:
        yield (
            "But every value is exact in bfloat16, and so was rounded to it: the units are those "
            "of the dtype that they are stored as, which is finer."
        )
    if not narrow:
        shown = _share(total.changed - total.hidden, total.weights)
        hidden = _share(total.hidden, total.changed)
        yield (
            f"Of the changed, {hidden} would not show in bfloat16: there {shown} of the weights "
            "would have changed."
        )
    yield (
        f"The unchanged ones can have moved by half a unit each before they were rounded: at most "
        f"{total.unseen:.3g} in all (norm), beside the {total.norm:.3g} that is seen. How far they "
        "did, no file of this precision tells."
    )
    yield (
        "Rounding hides the movement of large weights first: a changed share that falls with the "
        "size before is its sign; one that does not fall speaks against it."
    )
    if any(tensor.method == "randomized" for tensor in about.tensors):
        yield "~ by a randomized SVD, from below; the others by a whole one."


def _share(part: float, whole: float) -> str:
    return f"{100 * part / whole:.3g} %" if whole else ""
