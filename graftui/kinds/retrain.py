"""How a retraining is shown: it is called by its region, and has the settings that this reads."""

from collections.abc import Collection, Mapping
from typing import Any

from engine.contract.regions import chain, region_sources
from graftui.kinds import Pace, Shown, Stage, register


def _region(config: Mapping[str, Any]) -> Mapping[str, Any]:
    region = config.get("region")
    return region if isinstance(region, Mapping) else {}


def _makes(config: Mapping[str, Any]) -> str:
    source = _region(config).get("source")
    return f"{source} retrain" if source else ""


def _unused(config: Mapping[str, Any]) -> Collection[str]:
    """What only other regions than the chosen one read; nothing where nobody here knows it."""
    region = _region(config)
    sources = chain(str(region.get("source")), str(region.get("like")))
    if not sources:
        return ()
    used = {name for source in sources for name in source.uses}
    read_by_some = {name for source in region_sources().values() for name in source.uses}
    return {f"region.{name}" for name in read_by_some - used}


register(
    Shown(
        kind="retrain",
        stages=(
            Stage("pretrained", "pretrained", judged_by=("retrained",)),
            Stage("finetuned", "fine-tuned", of="finetuned"),
            Stage("retrained", "retrained", stands_out=True),
        ),
        result=("retrained", "finetuned", "pretrained"),
        foretold_by=("dev/f1", "dev/matthews", "dev/pearson", "dev/accuracy"),
        dev_of="retrained",
        paces=(Pace(("train", "dev"), "train.steps", "train.batch_size"),),
        makes=_makes,
        unused=_unused,
    )
)
