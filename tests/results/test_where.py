"""Where grafts lie, against counting and scipy; what is on a map and what is not."""

import json
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from graftui.errors import UsageError
from graftui.results.maps import RunMap, map_of
from graftui.results.statistics.many import adjusted
from graftui.results.where import (
    RARE,
    By,
    Mapped,
    Measure,
    by_layer,
    compared,
    mapped,
    parts,
    table,
)

# name, part, layer, module, role, size
TENSORS = (
    ("emb.weight", "embeddings", None, "emb", "embeddings", 200),
    ("0.q.weight", "layer", 0, "q", "query", 100),
    ("0.k.weight", "layer", 0, "k", "key", 100),
    ("1.q.weight", "layer", 1, "q", "query", 100),
    ("1.q.bias", "layer", 1, "q", "biases", 10),
)
COUNTS = {"skill.safetensors": [0, 20, 5, 10, 1], "other.safetensors": [9, 0, 0, 1, 0]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("a1b2c3")
    (path / "map.json").write_text(json.dumps(body()))
    return path


def body(**graft: Any) -> dict[str, Any]:
    keys = ("name", "part", "layer", "module", "role", "maskable")
    tensors = [{**dict(zip(keys, of, strict=True)), "parameter": "weight"} for of in TENSORS]
    return {"v": 1, "model": "m", "tensors": tensors, "grafts": [
        {"subject": "model", "stage": "learnt_graft", "labels": {}, "skill": skill,
         "counts": counts, "rows": [None, 2.0, 1.0, 8.0, None],
         "columns": [None, 1.0, 1.0, 1.0, None], **graft}
        for skill, counts in COUNTS.items()
    ]}  # fmt: skip


def test_a_part_is_what_its_tensors_come_to(folder: Path) -> None:
    query = parts(mapped(folder / "skill.safetensors"), By.role)["query"]
    assert (query.weights, query.size) == (30, 200)
    assert query.value(Measure.region) == pytest.approx(100 * 30 / 36)
    assert query.value(Measure.part) == pytest.approx(100 * 30 / 200)
    assert query.times == pytest.approx((30 / 36) / (200 / 510))
    assert query.p == pytest.approx(2 * stats.hypergeom.sf(29, 510, 36, 200))
    assert query.rows == pytest.approx((20 * 2.0 + 10 * 8.0) / 30), "as its weights lie"
    empty = parts(mapped(folder / "skill.safetensors"), By.role)["embeddings"]
    assert (empty.times, empty.rows) == (0, None)
    assert empty.p == pytest.approx(2 * stats.hypergeom.cdf(0, 510, 36, 200)), "or less"
    own = parts(mapped(folder / "skill.safetensors"), By.role).values()
    shown = [row.cells[5].value for row in table(mapped(folder / "skill.safetensors"), By.role)
             .sections[0].rows]  # fmt: skip
    assert shown == pytest.approx(slow([part.p or 0.0 for part in own]))


def slow(tails: list[float]) -> list[float]:
    """Benjamini and Yekutieli, as they wrote it."""
    m = len(tails)
    worse = sum(1 / n for n in range(1, m + 1))
    ranked = sorted(tails)
    steps = [min(1.0, p * m * worse / (n + 1)) for n, p in enumerate(ranked)]
    return [min(steps[ranked.index(p) :]) for p in tails]


def test_a_star_is_of_what_is_rare_among_all_cells() -> None:
    tails = [0.0004, 0.3, 0.5, 0.9]
    assert adjusted(tails) == pytest.approx(slow(tails))
    assert min(adjusted(tails)) > RARE > min(tails), "one of four is so rare by chance more often"
    assert adjusted([]) == []


@pytest.mark.parametrize("by", By)
def test_parts_are_all_of_the_graft(folder: Path, by: By) -> None:
    known = parts(mapped(folder / "skill.safetensors"), by)
    assert sum(part.weights for part in known.values()) == 36
    assert sum(part.size for part in known.values()) == 510
    rows = table(mapped(folder / "skill.safetensors"), by).sections[0].rows
    assert [row.cells[0].value for row in rows] == [part.weights for part in known.values()]
    names = {By.role: "embeddings", By.layer: "embeddings", By.module: "emb"}
    assert rows[0].name == names[by]


def test_measures_by_layer_and_of_several_grafts(folder: Path) -> None:
    one, other = (mapped(folder / name) for name in COUNTS)
    layers = by_layer(one, Measure.part)
    assert layers.heads == ("-", "0", "1")
    shares = {row.name: [cell.value for cell in row.cells] for row in layers.sections[0].rows}
    assert shares["query"] == [None, 20, 10]
    assert shares["biases"] == [None, None, 10]
    both = compared([one, other], By.role, Measure.times)
    texts = {row.name: [cell.text for cell in row.cells] for row in both.sections[0].rows}
    assert texts["query"] == ["2.12x*", "0.255x"]
    assert texts["embeddings"] == ["0x*", "2.29x"], "p is 0.0014"
    assert [row.cells[0].level for row in both.sections[0].rows if row.name == "query"] == [4]
    apart = Mapped("x", RunMap("n", other.run_map.tensors, other.run_map.grafts), other.graft)
    with pytest.raises(UsageError, match="different models"):
        compared([one, apart], By.role, Measure.times)


def test_what_is_on_no_map(folder: Path, tmp_path: Path) -> None:
    for path in (folder / "third.safetensors", tmp_path / "skill.safetensors"):
        with pytest.raises(UsageError, match="no map"):
            mapped(path)
    for wrong in ({"rows": [1.0]}, {"columns": ["a"] * 5}, {"rows": [-1.0] * 5}):
        (tmp_path / "map.json").write_text(json.dumps(body(**wrong)))
        with pytest.raises(UsageError, match="cannot be read"):
            map_of(tmp_path)


def test_a_map_of_an_older_version_has_modules_for_roles(tmp_path: Path) -> None:
    old = body()
    for tensor in old["tensors"]:
        del tensor["role"]
    for graft in old["grafts"]:
        del graft["rows"], graft["columns"]
    (tmp_path / "map.json").write_text(json.dumps(old))
    known = parts(mapped(tmp_path / "skill.safetensors"), By.role)
    assert set(known) == {"emb", "q", "k"}
    assert known["q"].rows is None
