"""Text reaches a terminal through graftui.terminal alone, where a string is data."""

import ast
from collections.abc import Iterator

from tests.each import each

ONLY = "graftui/terminal.py"
# Of Rich: what parses markup in strings, or takes them as they are.
OWN_WAYS = {
    "rich": {"print", "print_json", "inspect", "get_console"},
    "rich.console": {"Console"},
    "rich.text": {"Text"},
    "rich.table": {"Table"},
    "rich.status": {"Status"},
    "rich.spinner": {"Spinner"},
    "rich.live": {"Live"},
    "rich.traceback": {"Traceback", "install"},
}
PRINTS = ("print", "typer.echo", "typer.secho", "sys.stdout.write")
PRINTERS = ("graftui/text.py", "graftui/cli/__init__.py")
"""Hold `send`, which makes it visible itself, and the printing of the version."""
NEVER = ("rich.markup", "rich.panel", "rich.prompt", "rich.pretty", "rich.emoji", "rich.tree")
PARSES = ("from_markup", "from_ansi", "print_exception", "render_markup")


def faults(tree: ast.Module) -> Iterator[str]:
    """What gets round graftui.terminal."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {alias.name for alias in node.names}
            if node.module.startswith(NEVER) or names & OWN_WAYS.get(node.module, set()):
                yield f"line {node.lineno}: from {node.module} import {', '.join(names)}"
        elif isinstance(node, ast.Import):
            yield from (f"line {node.lineno}: {a.name}" for a in node.names if a.name[:4] == "rich")
        elif isinstance(node, ast.Attribute) and node.attr in PARSES:
            yield f"line {node.lineno}: {node.attr}"
        elif isinstance(node, ast.keyword) and node.arg in ("markup", "emoji", "highlight"):
            if ast.unparse(node.value) != "False":
                yield f"line {node.value.lineno}: {node.arg}="
        elif isinstance(node, ast.Call) and _parses(node):
            yield f"line {node.lineno}: a TextColumn parses markup"
        elif isinstance(node, ast.Call) and _asks_raw(node):
            yield f"line {node.lineno}: a question is printed as it is"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in PRINTS:
            yield f"line {node.lineno}: {ast.unparse(node.func)} prints as it is"


def _asks_raw(call: ast.Call) -> bool:
    asks = ast.unparse(call.func) in ("typer.confirm", "typer.prompt")
    return asks and "visible(" not in ast.unparse(call.args[0])


def _parses(call: ast.Call) -> bool:
    told = {keyword.arg for keyword in call.keywords}
    return ast.unparse(call.func) == "TextColumn" and "markup" not in told


def test_no_string_is_parsed(trees: dict[str, ast.Module]) -> None:
    seen = {
        path: list(faults(tree))
        for path, tree in trees.items()
        if path.startswith("graftui/") and path != ONLY
    }
    for path in PRINTERS:
        seen[path] = [fault for fault in seen[path] if not fault.endswith("prints as it is")]
    assert not {path: said for path, said in seen.items() if said}


@each(
    "code",
    [
        "from rich.text import Text",
        "from rich.console import Console, Group",
        "from rich.markup import escape",
        "import rich.table",
        "label = Label(name, markup=True)",
        "text = Text.from_markup(name)",
        "print(name)",
        "typer.echo(name)",
        "typer.confirm(f'Delete {name}?')",
        "bar = Progress(TextColumn('{task.description}'))",
    ],
)
def test_each_way_round_it_is_seen(code: str) -> None:
    assert list(faults(ast.parse(code)))
