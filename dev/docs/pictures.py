"""The pictures of README and docs: `graftui screenshot` of a study."""

from pathlib import Path

from dev.docs import study

PICTURES = {
    "runs": ("runs", "--keys", "down"),
    "groups": ("runs", "--keys", "B"),
    "run": ("run", "{graft}"),
    "curves": ("run", "{tuned}", "--keys", "2,right,right"),
    "map": ("run", "{graft}", "--keys", "7"),
    "compare": ("compare", "{graft}", "{other}", "{random}"),
    "sweep": ("sweep", "last", "--keys", "v,v,down,down"),
    "queue": ("queue",),
    "new": ("new", "pocket"),
}
"""Name of the file -> what `screenshot` is given; in braces, a run that RUNS finds."""
RUNS = {
    "tuned": "kind=finetune and status=finished",
    "graft": "localizer=learnt and sparsity=0.01",
    "other": "localizer=movement and sparsity=0.01",
    "random": "localizer=random and sparsity=0.01",
}
SIZE = "120x34"


def take(folder: Path, out: Path) -> None:
    """All of them, of the study in `folder`."""
    with study.at(folder):
        for name, words in PICTURES.items():
            given = [_run(word) for word in words]
            study.typed("screenshot", *given, "--size", SIZE, "-o", str(out / f"{name}.svg"))
            print(out / f"{name}.svg", flush=True)


def _run(word: str) -> str:
    """The id that stands for a word in braces, of the first seed's run."""
    if not word.startswith("{"):
        return word
    query = f"{RUNS[word.strip('{}')]} and name={study.NAME}"
    listed = study.typed("ls", "-f", query, "--columns", "id", "--sort", "created")
    return listed.splitlines()[1].split()[0]
