"""Which parts of a recipe are made from which: read, written, and what one takes over of another.

    of = "finetune"                         # the role that a part of that kind has here
    inputs.skills = ["first", "second"]     # the role by its name

Knows no kind: their roles say what may be made from what (engine.contract.kinds).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from engine.contract.kinds import Role, kinds
from graftui.errors import UsageError
from graftui.planning.overrides import Raw

Inputs = dict[str, tuple[str, ...]]
"""Role -> the parts that fill it."""


def read(body: Raw, part: str, above: Mapping[str, str], name: str) -> Inputs:
    """What `part` says that it is made from, taken out of `body`; `above`: kinds of the parts up to
    this one. Raises UsageError.
    """
    inputs: Inputs = {}
    roles = [role for role in kinds()[above[part]].roles if role.file]
    if "of" in body:
        source = body.pop("of")
        fitting = [role for role in roles if _fits(role, source, part, above)]
        if not fitting:
            raise _misfit(part, source, roles, name)
        inputs[fitting[0].name] = (source,)
    table = body.pop("inputs", {})
    for role_name, given in (table if isinstance(table, dict) else {"inputs": table}).items():
        sources = tuple(given) if isinstance(given, list) else (given,)
        named = [role for role in roles if role.name == role_name]
        for source in sources:
            if not (named and _fits(named[0], source, part, above)):
                raise _misfit(part, source, named or roles, name)
        if len(sources) != 1 and not named[0].many:
            raise UsageError(
                f"Recipe {name}: [{part}] has {len(sources)} inputs as {role_name}.", "Give one."
            )
        inputs[role_name] = sources
    return inputs


def _fits(role: Role, source: Any, part: str, above: Mapping[str, str]) -> bool:
    known = isinstance(source, str) and source != part and source in above
    return known and (not role.of or above[source] in role.of)


def _misfit(part: str, source: Any, roles: Sequence[Role], name: str) -> UsageError:
    wanted = [f"inputs.{role.name} = {'/'.join(role.of) or 'any part'}" for role in roles]
    hint = f"It may have {', '.join(wanted)}, of parts above it." if wanted else "Leave it out."
    return UsageError(f"Recipe {name}: [{part}] cannot be made from {source!r}.", hint)


def written(inputs: Inputs, kind: str) -> Raw:
    """As `read` takes it: `of` for the one that needs no other word."""
    roles = [role.name for role in kinds()[kind].roles if role.file]
    if inputs and list(inputs) == roles[:1] and len(inputs[roles[0]]) == 1:
        return {"of": inputs[roles[0]][0]}
    lists = {role: list(parts) if len(parts) > 1 else parts[0] for role, parts in inputs.items()}
    return {"inputs": lists} if lists else {}


def inherit(
    parts: dict[str, Raw], kind_of: Mapping[str, str], inputs: Mapping[str, Inputs]
) -> None:
    """Put into each part what it takes over of those it is made from."""
    for part, linked in inputs.items():
        for role in kinds()[kind_of[part]].roles:
            for source in linked.get(role.name, ())[:1]:
                for section in role.inherits:
                    if section in parts[source]:
                        own = parts[part].get(section, {})
                        parts[part][section] = _merged(parts[source][section], own)


def _merged(low: Any, high: Any) -> Any:
    if not (isinstance(low, dict) and isinstance(high, dict)):
        return high
    return {key: _merged(low.get(key, {}), high[key]) if key in high else low[key]
            for key in {**low, **high}}  # fmt: skip


def filled_by(role: Role) -> tuple[str, ...]:
    """The settings that a run in that role gives."""
    return tuple(filter(None, (role.setting, role.digest)))
