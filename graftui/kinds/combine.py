"""How a combination is shown: what each skill scores alone and among the others, and whether what
was foretold of their interference came about."""

from collections.abc import Mapping, Sequence
from typing import Any

from graftui.kinds import Grid, GridCell, Result, Shown, Stage, register

_COLUMNS = (
    ("jaccard", "jaccard %"), ("directed", "directed %"), ("beyond_chance", "x chance"),
    ("sign_conflict", "sign %"), ("sign_conflict_mass", "mass %"), ("selfish", "selfish %"),
    ("shared", "shared %"), ("catastrophic", "catastr. %"), ("sti", "STI"), ("drop", "drop %"),
)  # fmt: skip


def _makes(config: Mapping[str, Any]) -> str:
    return str(config.get("method") or "union")


def _grids(result: Result) -> Sequence[Grid]:
    """What was foretold of each subset beside what it lost, and how both go together."""
    try:
        several = [row for row in result["subsets"] if len(row["skills"]) > 1]
        rows = [_row(str(row["subset"]), row) for row in several]
        known = result.get("correlations") or {}
        if known:
            rhos = {name: {"rho": float(rho["rho"])} for name, rho in known.items()}
            cells = [("rho", rhos.get(name, {}).get("rho")) for name, _ in _COLUMNS]
            rows.append(("rank correlation with drop", *cells))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return ()
    heads = ("foretold of skills together, and lost", *(title for _, title in _COLUMNS))
    return (Grid("interference", heads, tuple(rows)),) if rows else ()


def _row(name: str, row: Mapping[str, Any]) -> tuple[GridCell, ...]:
    return (name, *((measure, float(row[measure])) for measure, _ in _COLUMNS))


register(
    Shown(
        kind="combine",
        stages=(
            Stage("pretrained", "pretrained"),
            Stage("alone", "alone"),
            Stage("combined", "combined", stands_out=True),
            Stage("interference", "interference"),
        ),
        result=("combined", "alone", "pretrained"),
        grids=_grids,
        makes=_makes,
    )
)
