"""What `recipes` prints."""

import dataclasses
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from engine.contract import schema
from graftui.cli.commands.output import send_json
from graftui.planning import library
from graftui.planning.values import written
from graftui.settings import Settings
from graftui.terminal import Console, Table, Text
from graftui.text import send


def show(settings: Settings, console: Console, name: str, every: bool, json: bool) -> None:
    """All recipes, one as TOML, or (`every`) one with every setting it comes to."""
    if not name:
        _list(settings, console, json)
    elif every or json:
        _settings(settings, console, name, json)
    else:
        send(library.text_of(name, settings))


def _list(settings: Settings, console: Console, json: bool) -> None:
    infos = library.available(settings)
    if json:
        send_json([dataclasses.asdict(info) for info in infos])
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("recipe", "from", "parts", "what it does"):
        table.add_column(column)
    for info in infos:
        where = info.source if info.source == "shipped" else _near(info.path)
        table.add_row(info.name, where, _parts(info.parts), _about(info))
    console.print(table)


def _parts(parts: Sequence[str]) -> str:
    if len(parts) <= 3:
        return " + ".join(parts)
    return f"{parts[0]} + ... + {parts[-1]} ({len(parts)} parts)"


def _near(path: str) -> str:
    """A path as it is typed here."""
    with suppress(ValueError):
        return str(Path(path).relative_to(Path.cwd()))
    return path


def _about(info: library.RecipeInfo) -> Text:
    if info.problem:
        return Text(f"✗ {info.problem}", "red")
    return Text(f"{info.title} (a nearer one of this name counts)" if info.hidden else info.title)


def _settings(settings: Settings, console: Console, name: str, json: bool) -> None:
    configs = library.load(name, settings).configs()
    if json:
        whole = {part: config.model_dump(mode="json") for part, config in configs.items()}
        send_json(whole)
        return
    for part, config in configs.items():
        values = schema.flatten(config)
        table = Table(title=f"[{part}]", title_justify="left", header_style="bold")
        for column in ("setting", "value", "unit", "meaning"):
            table.add_column(column)
        for setting in schema.settings(getattr(config, "kind")):  # noqa: B009
            value = written(values[setting.path])
            table.add_row(setting.path, value, setting.unit, setting.help)
        console.print(table)
