"""What Tab offers, by the script that typer makes for bash."""

import pytest

from tests.cli.workplace import Workplace


def offers(work: Workplace, line: str) -> list[str]:
    """The words offered at the end of `line`."""
    words = line.split(" ")
    asking = {
        "_GRAFTUI_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    return Workplace(work.path, work.env | asking).run().split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("graftui rec", {"recipes"}),
        ("graftui run pocket-ca", {"pocket-causal"}),
        ("graftui run pocket --set train.l", {"train.lr=", "train.l1="}),
        ("graftui show l", {"last"}),
        ("graftui skill inst", {"install"}),
        ("graftui run no-such", set()),
    ],
)
def test_it_offers_what_there_is(work: Workplace, line: str, offered: set[str]) -> None:
    assert set(offers(work, line)) == offered


def test_it_offers_runs_by_id_and_name(seen: Workplace) -> None:
    other = seen.json("show", "other")
    assert set(offers(seen, "graftui logs o")) == {"other"}
    assert set(offers(seen, f"graftui logs {other['id'][:5]}")) == {other["id"]}


def test_a_broken_registry_offers_nothing_and_says_nothing(work: Workplace) -> None:
    broken = b"this is no database" * 1000
    (work.path / "runs.db").write_bytes(broken)
    assert offers(work, "graftui show x") == []
    assert (work.path / "runs.db").read_bytes() == broken
    (work.path / "runs.db").unlink()
