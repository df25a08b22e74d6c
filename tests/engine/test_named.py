"""Code that entries name is had by name, and what is not there is told with whose entry it is."""

import pytest

from engine.errors import ConfigError
from engine.graft import mask
from engine.named import code_at


def test_it_is_the_code_itself() -> None:
    assert code_at("engine.graft.mask:top", "the entry", "mend it") is mask.top


@pytest.mark.parametrize("code", ["engine.graft.mask:bottom", "engine.graft.masque:top"])
def test_what_is_not_there_is_told(code: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        code_at(code, "the entry of `own`", "mend it")
    assert str(refusal.value).startswith(f"the entry of `own` names {code}, which is not there: ")
    assert refusal.value.hint == "mend it"
