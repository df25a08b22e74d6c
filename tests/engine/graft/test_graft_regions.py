"""Regions: each source against what it is defined as, tensor by tensor, by another way."""

from pathlib import Path
from typing import Any

import pytest
import torch

from engine.contract.regions import RegionSource, region_sources, register_source
from engine.contract.regions.section import RegionConfig, check_region, reads, unused
from engine.contract.sections import FreezeConfig
from engine.errors import ConfigError
from engine.graft.delta import Delta
from engine.graft.regions import Ground, Region, find, finder
from engine.graft.regions.random import alike
from engine.graft.skill import cut, write
from engine.models import weight_map
from tests.each import each
from tests.engine.engine_zoo import FAMILIES
from tests.engine.graft.graft_bench import tuned_from


def ground_of(lm: Any, **freeze: Any) -> Ground:
    weights = weight_map(lm)
    names = weights.maskable(FreezeConfig(**freeze))
    own = dict(lm.named_parameters())
    tuned = tuned_from(lm, names)
    return Ground({name: own[name].detach() for name in names}, weights, lambda: tuned)


@pytest.fixture(scope="module")
def ground() -> Ground:
    return ground_of(FAMILIES["roberta"].build())


def region(ground: Ground, source: str, **settings: Any) -> Region:
    return find(ground, RegionConfig.model_validate({"source": source, **settings}))


def whole(region: Region) -> set[str]:
    """The tensors of a region, all of whose weights are in it."""
    assert region.counts == {name: region.sizes[name] for name in region.indices}
    return set(region.indices)


@pytest.fixture(scope="module")
def skill_file(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the 123 weights that moved most."""
    lm = FAMILIES["roberta"].build()
    delta = Delta(lm, dict(ground.tuned()))
    mask = region(ground, "movement", sparsity=123).mask()
    shapes = {n: list(p.shape) for n, p in lm.named_parameters()}
    info: dict[str, Any] = {
        "base": "m",
        "task": "t",
        "prompt": "",
        "label_words": {},
        "sparsity": 1,
        "scores": {},
    }
    path = tmp_path_factory.mktemp("skill") / "skill.safetensors"
    write(cut(delta, mask, shapes, **info, config_hash=""), path)
    return path


@pytest.mark.parametrize("s", [1, 50, 0.1, 1.0])
def test_movement_and_magnitude_are_the_top_of_all_tensors_at_once(ground: Ground, s: Any) -> None:
    pre = torch.cat([t.flatten() for t in ground.pretrained.values()])
    tuned = torch.cat([t.flatten() for t in ground.tuned().values()])
    scores = {
        ("movement", "pretrained"): (tuned - pre).abs(),
        ("magnitude", "pretrained"): pre.abs(),
        ("magnitude", "finetuned"): tuned.abs(),
    }
    count = s if isinstance(s, int) else max(1, round(s * len(pre)))
    for (source, of), score in scores.items():
        region_ = region(ground, source, sparsity=s, magnitude_of=of)
        order = score.sort(descending=True, stable=True).indices[:count]
        assert torch.equal(region_.mask(), order.sort().values)
        assert len(region_) == count == sum(region_.counts.values())
        assert region_.maskable == len(pre)


def test_everything_and_biases_are_whole_tensors(ground: Ground) -> None:
    assert whole(region(ground, "everything")) == set(ground.pretrained)
    biases = {name for name in ground.pretrained if name.endswith(".bias")}
    assert whole(region(ground, "biases")) == biases  # the zoo's RoBERTa calls each one so
    bitfit = ground_of(FAMILIES["roberta"].build(), all_but_biases=True)
    assert whole(region(bitfit, "everything")) == biases


def test_a_model_without_biases_has_no_such_region() -> None:
    with pytest.raises(ConfigError, match="no biases"):
        region(ground_of(FAMILIES["llama"].build()), "biases")


def test_layers_and_modules_are_those_of_the_names(ground: Ground) -> None:
    names = set(ground.pretrained)
    last = {name for name in names if ".layer.1." in name}
    assert whole(region(ground, "layer", layers=(1,))) == last
    assert whole(region(ground, "layer", layers=(-1,))) == last
    assert whole(region(ground, "layer", layers=(0, 1))) == names
    queries = {name for name in names if ".query." in name}
    assert whole(region(ground, "module", modules=("query",))) == queries
    assert whole(region(ground, "module", modules=("query",), layers=(1,))) == queries & last
    attention = {name for name in names if ".attention." in name}
    assert whole(region(ground, "module", modules=("attention", "query"))) == attention
    outputs = {name for name in names if ".attention.output.dense." in name}
    assert whole(region(ground, "module", modules=("attention.output.dense",))) == outputs


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"source": "layer", "layers": (2,)}, "no layer 2"),
        ({"source": "module", "modules": ("quer",)}, "'quer'"),
        ({"source": "movement", "sparsity": 10**9}, "region.sparsity"),
        ({"source": "skill", "mask": "nowhere"}, "region.mask: nowhere"),
    ],
)
def test_what_is_not_there_is_refused_by_its_setting(
    ground: Ground, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        find(ground, RegionConfig.model_validate(settings))


def test_a_skill_gives_the_weights_that_it_holds(ground: Ground, skill_file: Path) -> None:
    stored = region(ground, "skill", mask=str(skill_file))
    assert torch.equal(stored.mask(), region(ground, "movement", sparsity=123).mask())


def test_a_skill_of_frozen_weights_is_refused(skill_file: Path) -> None:
    frozen = ground_of(FAMILIES["roberta"].build(), layers=1)
    with pytest.raises(ConfigError, match="not among the maskable"):
        region(frozen, "skill", mask=str(skill_file))


def test_chance_has_the_counts_of_another_region_in_each_tensor(
    ground: Ground, skill_file: Path
) -> None:
    of = {"mask": str(skill_file)}
    own = region(ground, "skill", **of)
    drawn = [region(ground, "random", seed=seed, **of) for seed in (0, 1, 0)]
    assert all(each.counts == own.counts for each in drawn)
    masks = [each.mask() for each in drawn]
    assert torch.equal(masks[0], masks[2]), "a seed says all"
    assert not torch.equal(masks[0], masks[1])
    assert not torch.equal(masks[0], own.mask())
    assert all(torch.equal(mask, mask.unique()) for mask in masks), "sorted, each once"
    other = region(ground, "random", like="biases")
    assert other.counts == region(ground, "biases").counts


def test_each_weight_of_a_tensor_is_as_likely(ground: Ground) -> None:
    sizes = {"a": 6, "b": 4}
    like = Region({"a": torch.arange(2)}, sizes)
    hits = torch.zeros(6)
    for seed in range(600):
        hits[alike(like, seed).indices["a"]] += 1
    # 600 draws of 2 in 6: 200 each, standard deviation sqrt(600 / 3 * 2 / 3) = 11.5
    assert hits.sum() == 1200
    assert (hits - 200).abs().max() < 5 * 11.5


def test_every_source_has_its_code_and_reads_what_it_says() -> None:
    needs = {name: reads(RegionConfig(source=name)) for name in region_sources()}
    assert needs == {
        "biases": (), "everything": (), "layer": (), "magnitude": (), "module": (),
        "movement": ("finetuned",), "random": ("mask",), "skill": ("mask",),
    }  # fmt: skip
    assert all(callable(finder(name)) for name in region_sources())
    tickets = RegionConfig(source="random", like="magnitude", magnitude_of="finetuned")
    assert reads(tickets) == ("finetuned",)
    assert {*unused(tickets)} == {"mask", "mask_hash", "layers", "modules"}


def test_a_taken_name_and_code_that_is_not_there_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(ValueError, match="skill"):
        register_source(RegionSource("skill", "others", "a:b"))
    broken = {"lost": RegionSource("lost", "none", "engine.graft.regions.nowhere:find")}
    monkeypatch.setattr("engine.contract.regions._SOURCES", broken)
    with pytest.raises(ConfigError, match="nowhere"):
        finder("lost")


@each(
    ("settings", "linked", "trouble"),
    [
        ({"source": "skill"}, (), "region.mask is empty"),
        ({"source": "skill"}, ("mask",), ""),
        ({"source": "skill", "mask": "nowhere"}, (), "no such file"),
        ({"source": "random"}, (), "region.mask is empty"),
        ({"source": "random", "like": "biases"}, (), ""),
        ({"source": "random", "like": "random"}, (), "takes over the counts"),
        ({"source": "layer"}, (), "region.layers is empty"),
        ({"source": "module"}, (), "region.modules is empty"),
        ({"source": "everything"}, (), ""),
    ],
)
def test_what_can_be_known_is_refused_before(
    settings: dict[str, Any], linked: tuple[str, ...], trouble: str
) -> None:
    said = check_region(RegionConfig.model_validate(settings), linked)
    assert (said is None) == (not trouble)
    assert said is None or trouble in said[0]
