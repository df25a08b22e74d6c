"""A table of text as Markdown or LaTeX. Owns the escaping; knows nothing of runs."""

from collections.abc import Sequence

from graftui.text import visible

_LATEX = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': "''",
    "[": "{[}",  # after the end of a row it would open an option
    "±": r"$\pm$", "–": "--",
}  # fmt: skip


def markdown(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in pipes."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(map(_markdown, line))} |\n" for line in lines)


def _markdown(text: str) -> str:
    return visible(text.replace("\n", " ")).replace("\\", "\\\\").replace("|", "\\|")


def latex(titles: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """A tabular for booktabs, the first `left` columns to the left and the others to the right."""
    kinds = "l" * left + "r" * (len(titles) - left)
    head, *body = (f"{' & '.join(map(escaped, line))} \\\\" for line in (titles, *rows))
    lines = [
        rf"\begin{{tabular}}{{{kinds}}}", r"\toprule", head, r"\midrule", *body, r"\bottomrule",
        r"\end{tabular}",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """`text` so that LaTeX prints it."""
    return "".join(_LATEX.get(letter, letter) for letter in visible(text.replace("\n", " ")))
