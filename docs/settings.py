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
        lines += [f"## {name}", "", f"{kind.title}. It scores {', '.join(kind.stages)}.", ""]
        lines += ["| setting | default | values | unit | meaning |", "|---|---|---|---|---|"]
        for setting in schema.settings(name):
            values = " or ".join(f"`{choice}`" for choice in setting.choices) or setting.type
            default = f"`{written(setting.default)}`" if written(setting.default) else ""
            lines.append(
                f"| `{setting.path}` | {default} | {values} | {setting.unit} | {setting.help} |"
            )
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    (Path(__file__).parent / "settings.md").write_text(text(), encoding="utf-8")
