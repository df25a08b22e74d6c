"""Code that an entry of the contract names, "module:name": imported when it is asked for, since the
contract itself imports no torch.
"""

import importlib
from typing import Any

from engine.errors import ConfigError


def code_at(code: str, entry: str, remedy: str) -> Any:
    """What `code` names. Raises ConfigError, which says whose `entry` it is, where that is not
    there.
    """
    module, _, name = code.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ModuleNotFoundError, AttributeError) as error:
        raise ConfigError(f"{entry} names {code}, which is not there: {error}", remedy) from error
