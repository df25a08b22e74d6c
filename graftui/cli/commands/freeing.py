"""What `gc` does: says which files it would free and why it keeps the others, asks, frees."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graftui.cli.commands.choosing import agreed_to, chosen
from graftui.cli.commands.output import send_json
from graftui.errors import UsageError
from graftui.models import Run
from graftui.planning.keeping import Judged, judged
from graftui.registry.store import Store
from graftui.results.figures import counted, file_size, percent
from graftui.scheduler.removal.freeing import free
from graftui.settings import Settings
from graftui.show.lines import Column, Lines
from graftui.terminal import Console


@dataclass(frozen=True, slots=True)
class Policy:
    """The options of `gc`, as typed."""

    keep: int
    """Runs of each group."""
    by: str
    """Keys of a group, comma-separated."""
    dry_run: bool
    yes: bool
    json: bool


def gc(
    settings: Settings,
    store: Store,
    console: Console,
    refs: Sequence[str],
    filters: Sequence[str],
    policy: Policy,
) -> None:
    """Free the large files of the runs chosen, or of all, that the policy does not keep."""
    if policy.json and not (policy.yes or policy.dry_run):
        raise UsageError("--json does not ask.", "Give --dry-run to look, or --yes to free.")
    keys = [name.strip() for name in policy.by.split(",") if name.strip()]
    runs: list[Run] = chosen(settings, store, refs, filters) if refs or filters else store.list()
    all_judged = judged(store, settings, runs, policy.keep, keys)
    going = [each for each in all_judged if each.kept is None]
    if not policy.json:
        _tell(all_judged, going, console)
    freed = None if policy.dry_run else _freed(settings, store, console, going, policy)
    if policy.json:
        send_json([_as_json(each, freed) for each in all_judged])


def _freed(
    settings: Settings, store: Store, console: Console, going: Sequence[Judged], policy: Policy
) -> set[str]:
    """Ids of the runs whose files went."""
    total = file_size(sum(each.bytes for each in going))
    if not going or not agreed_to(f"{counted(len(going))}: free {total}?", policy.yes, console):
        return set()
    freed = {each.run.id for each in going if free(settings, store, each.run.id, each.paths)}
    if not policy.json:
        for each in going:
            if each.run.id not in freed:
                console.print(f"{each.run.id} keeps them: a run that needs them was queued")
        size = sum(each.bytes for each in going if each.run.id in freed)
        console.print(f"{file_size(size)} are free again")
    return freed


def _tell(all_judged: Sequence[Judged], going: Sequence[Judged], console: Console) -> None:
    if going:
        heads = [Column("id", least=6), Column("name"), Column("kind"), Column("dev", right=True),
                 Column("frees"), Column("size", right=True), Column("made from it")]  # fmt: skip
        rows = [
            [each.run.id, each.run.name, each.run.kind, percent(each.run.summary.get("dev")),
             " ".join(path.name for path in each.paths), file_size(each.bytes),
             " ".join(each.used_by)]
            for each in going
        ]  # fmt: skip
        console.print(Lines(heads, rows), crop=False)
    kept = Counter(each.kept for each in all_judged if each.kept is not None)
    for why, number in kept.items():
        console.print(f"kept: {counted(number)} {why}")
    total = file_size(sum(each.bytes for each in going))
    console.print(
        f"to free: {total} of {counted(len(going))}; skills, scores, answers and curves stay"
        if going
        else "nothing is to be freed"
    )
    if lost := {id for each in going for id in each.used_by}:
        console.print(
            f"lost by that: to run one of the {len(lost)} made from them again, `graftui rerun` "
            "would fine-tune again first",
            style="yellow", soft_wrap=True,
        )  # fmt: skip


def _as_json(each: Judged, freed: set[str] | None) -> dict[str, Any]:
    return {
        "run": each.run.id,
        "name": each.run.name,
        "paths": [str(path) for path in each.paths],
        "bytes": each.bytes,
        "kept": each.kept,
        "used_by": list(each.used_by),
        "freed": freed is not None and each.run.id in freed,
    }
