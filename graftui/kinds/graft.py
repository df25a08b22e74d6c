"""How a graft is shown: it is called by its localizer, and has the settings that this one reads."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from engine.contract.localizers import localizers
from graftui.kinds import Card, Pace, Result, Shown, Stage, register

_TITLE = "{localizer} graft"
_OF_GRAFT = ("learnt_graft", "base_patch")


def _makes(config: Mapping[str, Any]) -> str:
    learn, localizer = config.get("learn"), config.get("localizer")
    if learn is not None and not learn:
        return "base patch"
    return _TITLE.format(localizer="learnt" if localizer is None else localizer)


def _unused(config: Mapping[str, Any]) -> Collection[str]:
    """What only other localizers than the chosen one read; nothing where nobody here knows it."""
    known = {entry.name: {*entry.uses} for entry in localizers().values()}
    used = known.get(str(config.get("localizer", "learnt")))
    if used is None:
        return ()
    if config.get("learn") is False:
        used = set()
    if config.get("necessity"):
        used |= {"seed"}  # of the random weights beside the graft
    return set().union(*known.values()) - used


def _cards(result: Result) -> Sequence[Card]:
    """What `graft.recover` came to: the smallest graft, with a 95 % interval of its recovery."""
    try:
        known = result["recover"]
        weights, share, low, high = (
            float(known[name]) for name in ("weights", "recovery", "low", "high")
        )
    except (KeyError, TypeError, ValueError):
        return ()
    return (
        Card("smallest graft", (
            ("weights", "weights", weights), ("recovers %", "recovery", share),
            ("at least %", "recovery", low), ("at most %", "recovery", high),
        )),
    )  # fmt: skip


register(
    Shown(
        kind="graft",
        stages=(
            Stage("pretrained", "pretrained", of="finetuned", judged_by=("finetuned",)),
            Stage("finetuned", "fine-tuned", of="finetuned"),
            Stage(
                "base_patch",
                "base patch",
                of="finetuned",
                settings=("graft.base_patch", "graft.localizer"),
                localizer="graft.base_patch",
                chart="grafted model",
            ),
            Stage("learnt_graft", _TITLE, chart="grafted model", stands_out=True),
            Stage(
                "knocked_out",
                "without graft",
                judged_by=_OF_GRAFT,
                chart="fine-tuned model without the graft",
            ),
            Stage(
                "knocked_out_random",
                "without random",
                judged_by=_OF_GRAFT,
                chart="fine-tuned model without the graft",
                by_chance=True,
            ),
        ),
        result=(*_OF_GRAFT, "finetuned", "pretrained"),
        foretold_by=("graft/train_dev",),
        cards=_cards,
        paces=(Pace(("graft",), "graft.steps", "graft.examples"),),
        labels={"sparsity": ("graft.sparsity", "graft.sparsities")},
        makes=_makes,
        unused=_unused,
    )
)
