"""What `pull` says: what has come, what is at work there, and what was left where it is."""

from collections.abc import Sequence
from dataclasses import asdict

from graftui.cli.commands.choosing import query_of
from graftui.cli.commands.output import send_json
from graftui.models import Run
from graftui.registry.query.tree import EVERYTHING
from graftui.registry.query.unarchived import unarchived
from graftui.registry.store import Store
from graftui.results.figures import counted
from graftui.scheduler import pulling
from graftui.scheduler.pulling import Fate, Pulled, Source
from graftui.settings import Settings
from graftui.terminal import Console

_SAID = {
    Fate.here: "{} here already",
    Fate.at_work: "{} at work there: elsewhere, until the next pull",
    Fate.waits: "{} not begun there",
}


def pull(
    settings: Settings,
    console: Console,
    typed: str,
    filters: Sequence[str],
    dry_run: bool,
    json: bool,
) -> None:
    """Bring here what meets all `filters`. Raises UsageError, EnvironmentProblem."""
    query = unarchived(query_of(settings, filters)) if filters else EVERYTHING

    def choose(there: Settings, store: Store) -> Sequence[Run]:
        return store.list(where=query, sort="created")

    shown = console.is_terminal and not json
    made = pulling.pull(settings, Source.of(typed), choose, dry_run, shown)
    if json:
        send_json([asdict(each) for each in made])
    else:
        _tell(console, made, dry_run)


def _tell(console: Console, made: Sequence[Pulled], dry_run: bool) -> None:
    new = [each for each in made if each.fate is Fate.pulled]
    verb = "to pull" if dry_run else "pulled"
    console.print(f"{verb} {counted(len(new))}", soft_wrap=True)
    for each in new:
        console.print(f"  {each.id} {each.name}", soft_wrap=True)
    for fate, words in _SAID.items():
        if count := sum(each.fate is fate for each in made):
            console.print(words.format(counted(count)), soft_wrap=True)
    for each in made:
        if each.fate is Fate.differs:
            console.print(
                f"left there: {each.id} {each.name}: {each.why}; `graftui rm {each.id}` makes room "
                "for it", style="yellow", soft_wrap=True,
            )  # fmt: skip
