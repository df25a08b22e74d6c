"""Writes docs/settings.md, the reference of all settings, from the config schema.

python docs/settings.py
"""

from pathlib import Path

from engine.contract import schema
from engine.contract.kinds import kinds
from graftui.planning.values import written

HEAD = """# Settings

Every setting of every kind of run. The same names serve in recipes, in `--set`, and in the
dashboard's form. This page is made from the config schema: `python docs/settings.py`.
"""


def text() -> str:
    """The page."""
    lines = [HEAD]
    for name, kind in kinds().items():
        lines += [f"## {name}", "", f"{kind.config.__doc__}", ""]
        lines += ["| setting | default | values | unit | meaning |", "|---|---|---|---|---|"]
        for one in schema.settings(name):
            values = " or ".join(f"`{choice}`" for choice in one.choices) or one.type
            default = f"`{written(one.default)}`" if written(one.default) else ""
            lines.append(f"| `{one.path}` | {default} | {values} | {one.unit} | {one.help} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    (Path(__file__).parent / "settings.md").write_text(text(), encoding="utf-8")
