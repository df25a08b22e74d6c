"""What is asked of a card of evidence: [evidence] of a recipe, or --set of `graftui evidence`.

[evidence]
of = "graft"            # of which part; may be left out where one part alone is a graft
lrs = [0.05, 0.15]      # the settings below
"""

import json
import tomllib
from collections.abc import Sequence
from typing import Any

from pydantic import Field, ValidationError

from engine.contract import toml
from engine.contract.sections import Section
from graftui.errors import UsageError
from graftui.planning.overrides import Raw


class EvidenceConfig(Section):
    """How many controls there are, and of what."""

    of: str = Field("", description="Part of the recipe that is the graft")
    draws: int = Field(10, ge=2, le=1000, description="Random regions that are put in, taken out")
    regions: int = Field(3, ge=3, le=100, description="Random regions that are re-trained in")
    lrs: tuple[float, ...] = Field(
        (), description="Learning rates of the re-training; none: 1, 3 and 10 times the fine-tuning"
    )
    steps: int = Field(0, ge=0, description="Of the re-training; 0: as many as the fine-tuning")
    seeds: int = Field(2, ge=0, le=50, description="More data seeds and more model seeds, of each")
    rankings: int = Field(
        3, ge=3, le=100, description="Random rankings whose smallest graft is searched for"
    )
    recover: float = Field(0.95, gt=0, le=1, description="Recovery that a region is to reach")


def asked(raw: Raw, where: str) -> EvidenceConfig:
    """What a table says; `where` it stands. Raises UsageError."""
    try:
        return EvidenceConfig.model_validate_json(json.dumps(raw, default=str))
    except ValidationError as error:
        first = error.errors()[0]
        path = ".".join(map(str, first["loc"]))
        unknown = first["type"] == "extra_forbidden"
        why = "there is no such setting of a card" if unknown else first["msg"].lower()
        raise UsageError(
            f"{where}: {path} = {first['input']!r}: {why}.",
            f"It may have {', '.join(EvidenceConfig.model_fields)}.",
        ) from None


def parsed(texts: Sequence[str]) -> Raw:
    """The table in texts such as "lrs=[0.1, 0.3]", as typed. Raises UsageError."""
    table: dict[str, Any] = {}
    for text in texts:
        try:
            given = toml.loads(text)
        except tomllib.TOMLDecodeError:
            name, equals, value = text.partition("=")
            if not equals:
                raise UsageError(
                    f"--set {text[:200]!r}: give it as SETTING=VALUE.",
                    f"Settings: {', '.join(EvidenceConfig.model_fields)}; "
                    "such as --set lrs=[0.1,0.3]",
                ) from None
            given = {name.strip(): value.strip()}  # a bare word
        if both := given.keys() & table.keys():
            raise UsageError(f"--set {min(both)} is given twice.", "Give it once.")
        table |= given
    return table
