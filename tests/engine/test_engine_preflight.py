"""What planning refuses of a model on disk, the engine refuses too: asked of real ones."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from engine.contract.model_folder import check_kind, check_layers, check_tokens, pocket_folder
from engine.contract.sections import FreezeConfig, ModelConfig, TaskConfig
from engine.errors import ConfigError
from engine.label_tokens import label_token
from tests.engine.engine_tokens import WORDS, plain_tokenizer, spaced_tokenizer
from tests.engine.engine_zoo import CAUSAL, FAMILIES, LAYERS

TEXT = st.sampled_from(WORDS) | st.text("abGr \u0120-'", min_size=1, max_size=6)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ModelConfig]:
    """Folders with a tokenizer each."""
    made = {"pocket": ModelConfig(name=str(pocket_folder("pocket:masked-lm")))}
    for name, tokenizer in (("plain", plain_tokenizer()), ("spaced", spaced_tokenizer())):
        folder = tmp_path_factory.mktemp(name)
        tokenizer.save_pretrained(folder)
        made[name] = ModelConfig(name=str(folder))
    return made


@pytest.mark.parametrize("name", ["pocket", "plain", "spaced"])
def test_a_word_that_the_engine_takes_is_never_refused(
    saved: dict[str, ModelConfig], name: str
) -> None:
    tokenizer = AutoTokenizer.from_pretrained(saved[name].name)

    @given(TEXT)
    def holds(word: str) -> None:
        try:
            label_token(word, tokenizer)
        except ConfigError:
            return
        assert check_tokens(saved[name], {"0": word}) is None

    holds()
    assert check_tokens(saved[name], {"0": "dreadfully"}), "and what it has not, is"


@pytest.mark.parametrize("name", FAMILIES)
def test_kinds_and_layers_of_every_family(tmp_path: Path, name: str) -> None:
    lm = FAMILIES[name].build()
    lm.config.architectures = [type(lm).__name__]
    lm.config.save_pretrained(tmp_path)
    model = ModelConfig(name=str(tmp_path))
    right, wrong = "autoregressive", "prompt"
    if name not in CAUSAL:
        right, wrong = wrong, right
    assert check_kind(model, TaskConfig(type=right)) is None  # type: ignore[arg-type]
    assert check_kind(model, TaskConfig(type=wrong))  # type: ignore[arg-type]
    assert check_layers(model, FreezeConfig(layers=LAYERS - 1)) is None
    assert check_layers(model, FreezeConfig(layers=LAYERS))
    assert check_layers(model, FreezeConfig(layers=LAYERS, head=False)) is None
    assert check_layers(model, FreezeConfig(layers=LAYERS + 1, head=False))
