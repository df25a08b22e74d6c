"""What a run is made from, put into its config and read from it, by the roles of its kind."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from engine.contract.kinds import Role, kinds
from engine.contract.sections import RunConfig


def role_of(kind: str, name: str) -> Role:
    """The role of that name. Raises KeyError."""
    return {role.name: role for role in kinds()[kind].roles}[name]


def at(config: Any, setting: str) -> Any:
    """The value of a setting, such as "finetuned.path", in a config or in the dict of one; None
    where it has none.
    """
    for key in setting.split("."):
        config = config.get(key) if isinstance(config, dict) else getattr(config, key, None)
    return config


def filled(
    config: RunConfig, paths: Mapping[str, Sequence[str]], hashes: Mapping[str, Sequence[str]]
) -> RunConfig:
    """`config` made from files at `paths`, and from runs of the config hashes `hashes`, each by
    role.
    """
    for role in kinds()[config.kind].roles:
        for setting, given in ((role.setting, paths), (role.digest, hashes)):
            if setting and (values := given.get(role.name)):
                value = tuple(values) if role.many else values[0]
                config = _put(config, setting.split("."), value)
    return config


def _put(section: Any, keys: Sequence[str], value: Any) -> Any:
    name, *rest = keys
    inner = _put(getattr(section, name), rest, value) if rest else value
    return section.model_copy(update={name: inner})


def paths_of(config: RunConfig, linked: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Role and path of each file that the config itself names, but for the roles `linked`."""
    default = _default(kinds()[config.kind].config)
    for role in kinds()[config.kind].roles:
        value = at(config, role.setting)
        if role.name not in linked and value != at(default, role.setting):
            yield from ((role.name, path) for path in (value if role.many else (value,)))


@lru_cache
def _default(config: type[RunConfig]) -> RunConfig:
    return config()
