"""What `recipes` prints."""

import dataclasses

from engine.contract import schema
from graftui.cli.commands.output import send_json
from graftui.planning import recipes
from graftui.planning.values import written
from graftui.settings import Settings
from graftui.terminal import Console, Table
from graftui.text import send


def show(settings: Settings, console: Console, name: str, every: bool, json: bool) -> None:
    """All recipes, one as TOML, or (`every`) one with every setting it comes to."""
    if not name:
        _list(settings, console, json)
    elif every or json:
        _settings(settings, console, name, json)
    else:
        send(recipes.text_of(name, settings))


def _list(settings: Settings, console: Console, json: bool) -> None:
    found = recipes.available(settings)
    if json:
        send_json([dataclasses.asdict(info) for info in found])
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("recipe", "from", "parts", "what it does"):
        table.add_column(column)
    for info in found:
        table.add_row(info.name, info.source, " + ".join(info.parts), info.title)
    console.print(table)


def _settings(settings: Settings, console: Console, name: str, json: bool) -> None:
    configs = recipes.load(name, settings).configs()
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
