"""Words of a text, as SQLite's full-text index has them.

Owns what a word is: letters and digits, case and accents aside. In letters that came after
Unicode 6.1 the index may see otherwise.
"""

import re
import unicodedata
from collections.abc import Sequence


def tokens(text: str) -> list[str]:
    """The words of `text`."""
    decomposed = unicodedata.normalize("NFD", text.replace("\0", " "))
    plain = "".join(letter for letter in decomposed if not "\u0300" <= letter <= "\u036f")
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", plain.lower()))


def match(phrase: str) -> str:
    """The question to the index: these words in this order, the last one perhaps unfinished."""
    return '"' + phrase.replace("\0", " ").replace('"', '""') + '"*'


def holds(phrase: Sequence[str], text: Sequence[str]) -> bool:
    """Whether the words `text` answer that question about the words `phrase`, at least one."""
    *whole, begun = phrase
    return any(
        list(text[at : at + len(whole)]) == whole and text[at + len(whole)].startswith(begun)
        for at in range(len(text) - len(whole))
    )
