"""The page of retraining has the line of each source of regions."""

from pathlib import Path

from engine.contract.regions import RegionSource, region_sources

PAGE = Path(__file__).parents[2] / "docs" / "retrain.md"


def row(source: RegionSource) -> str:
    """Its line of the table."""
    uses = ", ".join(f"`{name}`" for name in source.uses if name != "mask_hash") or "none"
    cells = (f"`{source.name}`", source.holds, uses)
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def test_the_page_has_the_line_of_each() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert rows == [row(source) for source in region_sources().values()]
