"""How the value of a setting is typed, and shown: `read` and `written` undo each other.

    text                roberta-base   2024   a=b   " in quotes, for spaces around it"   "a\\nb"
    yes/no              yes   no   true   false
    integer, number     1000   1_000   1e-3
    fraction or count   1e-4   500          1 is one weight, 1.0 all of them
    list                1e-4, 1e-3   [1e-4, 1e-3]   mr, cr   ["mr", "cr"]
    table               0 = bad, 1 = good   {0 = "bad", 1 = "good"}   {'0': 'bad', '1': 'good'}

The one grammar of values, for the command line and the dashboard's form. Owns no bounds: those are
the schema's. Quotes are TOML's: '...' as it is, "..." with \\n and the like; \\x1b too.
"""

import codecs
import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from graftui.text import visible

if TYPE_CHECKING:  # it needs pydantic, which those who show values do not wait for
    from engine.contract.schema import Setting

_ESCAPE = r"""\\(?:[\\"nrtbf]|x[\da-fA-F]{2}|u[\da-fA-F]{4}|U00(?:0[\da-fA-F]|10)[\da-fA-F]{4})"""
_QUOTED = rf"""'[^'\n]*'|"(?:[^"\\\n]|{_ESCAPE})*\""""
_LONG_QUOTED = r"(?s:'''.*''')"
_ITEM = rf"""(?:{_QUOTED}|[^\s,"'\[\]{{}}]+)"""
_LIST = re.compile(rf"(?:{_ITEM}(?:(?:\s*,\s*|\s+){_ITEM})*\s*,?)?")
_PAIR = re.compile(
    rf"""\s*({_QUOTED}|[^\s,"'=:{{}}][^,=:]*?)\s*[=:]\s*({_QUOTED}|(?:[^\s,"'][^,]*)?)\s*(?:,|$)"""
)
_BARE_WORD = re.compile(r"""[^\s,"'=:{}](?:[^,=:{}]*[^\s,=:{}])?""")
_SHOULD = {
    "yes/no": "should be yes or no",
    "integer": "should be a valid integer, such as 100",
    "number": "should be a valid number, such as 0.001",
    "fraction or count": "should be a valid number, such as 1e-4 (a fraction) or 500 (a count)",
    "table": "should be a table, such as 0 = bad, 1 = good",
}
_SHOULD_LIST = {"text": 'should be a list, written ["one", "two"], or one,two'}


def read(setting: "Setting", text: str) -> Any:
    """The value that `text` means for `setting`. Raises ValueError, with what it should be."""
    if setting.type == "list":
        return _list(text.strip(), setting.items)
    if setting.type == "table":
        return _table(text.strip())
    return _single(setting.type, text)


def _single(type: str, text: str) -> Any:
    """The same for a setting, or an item of a list, that is one value."""
    if type == "text":
        return _text(text)
    word = text.strip()
    value = {"yes/no": _yes_no, "integer": _integer}.get(type, _number)(word)
    if value is None:
        raise ValueError(_SHOULD[type])
    return value


def written(value: Any) -> str:
    """A value as a person writes it; empty for None, which no setting has."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _short(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{_word(key)} = {_word(word)}" for key, word in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_item(item) for item in value)
    text = str(value)
    plain = text == text.strip() and text == visible(text) and _text(text) == text
    return text if plain else quoted(text)


def _text(text: str) -> str:
    """As it is, but for quotes around all of it."""
    word = text.strip()
    if re.fullmatch(_LONG_QUOTED, word):
        return word[3:-3]
    if not re.fullmatch(_QUOTED, word):
        return text
    inside = word[1:-1]
    return inside if word[0] == "'" else re.sub(_ESCAPE, _meant, inside)


def _meant(escape: re.Match[str]) -> str:
    return codecs.decode(escape[0], "unicode_escape")


def _yes_no(word: str) -> bool | None:
    return {"yes": True, "true": True, "no": False, "false": False}.get(word.lower())


def _integer(word: str) -> int | None:
    for base in (10, 0):  # 0: as it begins, 0x for hexadecimal
        try:
            return int(word, base) if word.isascii() else None
        except ValueError:
            continue
    return None


def _number(word: str) -> float | None:
    """A whole number stays one: 1 is a count where 1.0 is a fraction."""
    if (whole := _integer(word)) is not None:
        return whole
    try:
        value = float(word) if word.isascii() else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _list(text: str, items: str) -> list[Any]:
    inside = text[1:-1].strip() if text[:1] == "[" and text[-1:] == "]" else text
    try:
        if not _LIST.fullmatch(inside):
            raise ValueError
        return [_read_item(items, item) for item in re.findall(_ITEM, inside)]
    except ValueError:
        many = "should be a list of numbers, such as [1e-4, 1e-3]"
        raise ValueError(_SHOULD_LIST.get(items, many)) from None


def _read_item(type: str, item: str) -> Any:
    if item[0] in "\"'" and type != "text":
        raise ValueError(item)
    return _single(type, item)


def _table(text: str) -> dict[str, str]:
    inside = text[1:-1] if text[:1] == "{" and text[-1:] == "}" else text
    table: dict[str, str] = {}
    at = 0
    while inside[at:].strip():
        pair = _PAIR.match(inside, at)
        if pair is None or (key := _text(pair[1])) in table:
            raise ValueError(_SHOULD["table"])
        table[key] = _text(pair[2].strip())
        at = pair.end()
    return table


def _short(value: float) -> str:
    """The fewest digits that give the same number, and no count: 1e-4, 0.05, 1.0, 1e7."""
    brief = f"{value:g}"
    text = brief if float(brief) == value else repr(value)
    whole = text.removeprefix("-").isdigit()
    return f"{text}.0" if whole else re.sub(r"e\+?(-?)0*", r"e\1", text)


def _item(value: Any) -> str:
    if not isinstance(value, str):
        return written(value)
    return value if re.fullmatch(_ITEM, value) and written(value) == value else quoted(value)


def _word(value: Any) -> str:
    text = str(value)
    return text if _BARE_WORD.fullmatch(text) and written(text) == text else quoted(text)


def quoted(text: str) -> str:
    """In double quotes, what cannot be seen by its number."""
    letters = (f"\\{letter}" if letter in '"\\' else visible(letter) for letter in text)
    return f'"{"".join(letters)}"'
