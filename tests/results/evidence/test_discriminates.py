"""In the pocket language a card tells a region that is right from one that is random."""

import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from engine.__main__ import main as engine
from graftui.models import Run
from graftui.planning import plans, recipes
from graftui.planning.evidence.controls import RANDOM, REGION, Line
from graftui.planning.evidence.planning import for_run, needed, runs_of
from graftui.planning.reuse import look
from graftui.registry.store import Store
from graftui.results.evidence.card import Card, Verdict
from graftui.results.evidence.making import Gathered, card
from graftui.scheduler.submit import submit
from graftui.settings import Settings, at

RECIPE = """
[finetune]
model.name = "pocket:masked-lm"
task = {{ name = "pocket-film", k = 16, data_seed = {seed}, test_rows = 100 }}
train = {{ lr = 0.05, steps = 100, batch_size = 8, eval_every = 100 }}
compute.threads = 1
[graft]
of = "finetune"
{graft}
"""
MOVED = 'localizer = "movement"\nsparsity = 5e-3'
"""Five times what recovers 95 % of it, by the card of pocket-evidence."""
ASKED = ["draws=4", "seeds=0", "regions=3", "lrs=[0.05]", "steps=30"]
"""With 200 steps any region of this size can be trained to do the task (docs/evidence.md)."""
OWN = (REGION, RANDOM)


def done(settings: Settings, planned: plans.Planned) -> list[Run]:
    """The runs of a plan, each in this process."""
    runs = submit(settings, planned.plans) if planned.plans else []
    handlers = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)}
    for run in runs:
        folder = settings.run_dir(run.id)
        assert engine([str(folder.path)]) == 0, folder.events.read_text()[-2000:]
    for number, handler in handlers.items():
        signal.signal(number, handler)
    torch.use_deterministic_algorithms(False)
    look(settings)
    with Store.open(settings.db) as store:
        return [store.get(run.id) for run in runs]


def card_of(settings: Settings, graft: Run) -> Card:
    """Of its regions put in, taken out and trained in: other control runs take too long here."""
    whole = for_run(graft, ASKED, settings)
    assert whole.controls
    lines = Line.exchange, Line.retraining
    chosen = tuple(c for c in whole.controls.runs if c.line in lines and c.region in OWN)
    controls = replace(whole.controls, runs=chosen)
    planned = needed(replace(whole, controls=controls))
    queued = done(settings, planned)
    runs = runs_of(planned, queued)
    with Store.open(settings.db) as store:
        now = {part: store.get(run.id) for part, run in runs.items()}

    def ask(question: object) -> object:
        raise AssertionError("no other seed was asked for")

    return card(Gathered(graft, controls, now, settings, ask))  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [13, 21, 42])
def test_a_right_region_passes_and_a_random_one_is_called_random(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = at(tmp_path)
    recipe = recipes.loads(RECIPE.format(seed=seed, graft=MOVED), "film")
    tuned, graft = done(settings, plans.plan(recipe, settings))
    assert tuned.summary["finetuned"] > 0.9 > 0.75 > tuned.summary["pretrained"]
    chance = f'localizer = "random"\nsparsity = {int(graft.summary["weights"])}'
    again = plans.plan(recipes.loads(RECIPE.format(seed=seed, graft=chance), "film"), settings)
    assert [run.id for run in again.reused] == [tuned.id]
    (drawn,) = done(settings, again)

    right, random = verdicts(card_of(settings, graft)), verdicts(card_of(settings, drawn))
    assert right["sufficiency"] is right["place"] is Verdict.holds
    assert random["sufficiency"] is random["necessity"] is random["place"] is Verdict.chance
    assert {right["size"], random["size"]} == {Verdict.missing}


def verdicts(made: Card) -> dict[str, Verdict]:
    return {line.title: line.verdict for line in made.lines}
