"""Recipes as files: three folders, the nearest counts, and one that is wrong spoils no other."""

import multiprocessing
import os
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from graftui import trust
from graftui.errors import NotFound, UsageError
from graftui.planning import library
from graftui.planning.recipes import Recipe, loads
from graftui.registry.store import Store
from graftui.settings import Settings, at

FORKS = multiprocessing.get_context("fork")
MINE = 'title = "mine"\n[finetune]\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A working directory, and a user without recipes."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return at(tmp_path / "here")


def add(folder: Path, name: str, text: str | bytes = MINE) -> Path:
    path = folder / "recipes" / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def listed(here: Settings) -> dict[str, library.RecipeInfo]:
    """Those that are not shipped."""
    return {info.path: info for info in library.available(here) if info.source != "shipped"}


def tuning(steps: int = 5) -> Recipe:
    return loads(f"[finetune]\ntrain.steps = {steps}\n", "mine")


def test_of_one_name_the_nearest_counts(here: Settings) -> None:
    far = add(trust.user_folder(), "mine", MINE.replace("mine", "far"))
    assert library.load("mine", here).title == "far"
    near = add(here.root, "mine", MINE.replace("mine", "near"))
    add(trust.user_folder(), "pocket", MINE)
    assert library.load("mine", here).title == "near"
    assert library.load("pocket", here).title == "mine", "a shipped one is the farthest"
    infos = library.available(here)
    order = [info.source for info in infos]
    assert order == sorted(order, key=["shipped", "saved", "user"].index)
    assert [info.path for info in infos if info.name == "mine"] == [str(near), str(far)]
    assert [info.hidden for info in infos if info.name == "mine"] == [False, True]
    assert [info.hidden for info in infos if info.name == "pocket"] == [True, False]


def test_a_wrong_file_is_listed_with_what_is_wrong_and_spoils_no_other(here: Settings) -> None:
    good = add(here.root, "good")
    wrong = {
        add(here.root, "bytes", b"\xff\xfe"): "is not UTF-8",
        add(here.root, "torn", "[finetune\n"): "is not TOML",
        add(here.root, "empty", ""): "holds nothing to run",
        add(here.root, "unknown", "[finetune]\ntrian.lr = 1\n"): "trian",
        add(here.root, "value", "[finetune]\ntrain.lr = -1\n"): "greater than 0",
        add(here.root, "prompts", '[finetune]\ntask.prompt_file = "no"\n'): "cannot be read",
    }
    folder = here.root / "recipes"
    (folder / "folder.toml").mkdir()
    os.mkfifo(folder / "pipe.toml")
    (folder / "endless.toml").symlink_to("/dev/zero")
    (folder / "nowhere.toml").symlink_to("no-such-file")
    (folder / "round.toml").symlink_to("round.toml")
    for name in ("folder", "pipe", "endless"):
        wrong[folder / f"{name}.toml"] = "is no file"
    wrong |= {folder / "nowhere.toml": "no recipe file", folder / "round.toml": "Too many levels"}
    infos = listed(here)
    assert infos.keys() == {str(good), *map(str, wrong)}
    assert not infos[str(good)].problem
    for path, says in wrong.items():
        assert says in infos[str(path)].problem, path
        with pytest.raises((UsageError, OSError)):
            library.load(path.stem, here).configs()
    assert library.load("good", here).configs()
    assert infos[str(folder / "value.toml")].parts == ("finetune",)


def test_strange_names_are_names_and_no_paths(here: Settings) -> None:
    (here.root / "evil.toml").write_text(MINE)
    odd = os.fsdecode(b"\xff[b]\x1b")
    for name in (odd, "a b"):
        add(here.root, name)
        assert library.load(name, here).title == "mine"
    (here.root / "recipes" / ".hidden.toml").write_text(MINE)
    assert {info.name for info in listed(here).values()} == {odd, "a b"}
    for ref in ("../evil", "evil", ".hidden", "recipes/a b", ""):
        with pytest.raises(NotFound, match="There is no recipe"):
            library.load(ref, here)


def test_a_folder_that_is_none_spoils_nothing(here: Settings) -> None:
    (here.root / "recipes").write_text("")
    assert library.load("pocket", here).configs()
    assert listed(here) == {}
    with pytest.raises(UsageError, match="is no folder"):
        library.save("mine", tuning(), here)
    here.db.write_bytes(b"no database" * 999)
    assert library.moved_out(here) == ""
    assert library.load("pocket", here).configs()


def test_saving_takes_no_file_s_place_unless_asked(here: Settings) -> None:
    path = library.save("mine", tuning(5), here)
    assert path == here.root / "recipes" / "mine.toml"
    with pytest.raises(UsageError, match="a recipe mine already"):
        library.save("mine", tuning(6), here)
    assert library.load("mine", here).parts == tuning(5).parts
    library.save("mine", tuning(6), here, replace=True)
    assert library.load("mine", here).parts == tuning(6).parts
    assert os.listdir(path.parent) == ["mine.toml"], "nothing half-written is left"
    aside = here.root / "aside.toml"
    aside.write_text("precious")
    (path.parent / "link.toml").symlink_to(aside)
    with pytest.raises(UsageError, match="already"):
        library.save("link", tuning(), here)
    library.save("link", tuning(), here, replace=True)
    assert aside.read_text() == "precious"


@pytest.mark.parametrize(
    "name", ["../evil", "a/b", "", ".x", "x.toml", "x" * 300, "é" * 150, "a b"]
)
def test_a_bad_name_is_refused(here: Settings, name: str) -> None:
    with pytest.raises(UsageError, match="name"):
        library.save(name, tuning(), here)
    assert not (here.root / "recipes").exists()
    with pytest.raises(UsageError, match="ships with graftui"):
        library.save("pocket", tuning(), here)


def test_what_could_not_be_run_is_not_saved(here: Settings) -> None:
    wrong = Recipe("run", "", {"finetune": {"unheard_of": 1}}, {"finetune": "finetune"}, {})
    with pytest.raises(UsageError, match="unheard_of"):
        library.save("mine", wrong, here)
    assert not (here.root / "recipes").exists()


def test_nothing_stays_of_a_file_that_could_not_be_written(
    here: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, text: str) -> None:
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(library, "write_whole", full)
    with pytest.raises(OSError, match="No space"):
        library.save("mine", tuning(), here)
    assert os.listdir(here.root / "recipes") == []


def earlier(here: Settings, **recipes: str) -> None:
    """Recipes as earlier versions saved them."""
    with Store.open(here.db) as store, store.write() as db:
        db.executemany("INSERT INTO recipes VALUES (?, ?, 1.0)", recipes.items())


def left(here: Settings) -> int:
    with Store.open(here.db) as store:
        return int(store.db.execute("SELECT count(*) FROM recipes").fetchone()[0])


def test_recipes_of_the_registry_become_files_once(here: Settings) -> None:
    other = add(here.root, "taken", "# somebody's own\n")
    add(here.root, "same", MINE)
    earlier(here, mine=MINE, taken=MINE, same=MINE, **{"../evil": MINE})
    news = library.moved_out(here)
    files = {"mine.toml", "taken.toml", "taken-2.toml", "same.toml", "-evil.toml"}
    assert set(os.listdir(here.root / "recipes")) == files
    assert other.read_text() == "# somebody's own\n"
    for name in ("mine", "taken-2", "same", "-evil"):
        assert library.text_of(name, here) == MINE
        assert f"recipes/{name}.toml" in news
    assert (library.moved_out(here), left(here)) == ("", 0)


def test_of_a_registry_that_lies_elsewhere_they_are_the_user_s(here: Settings) -> None:
    elsewhere = at(here.root, db=here.root.parent / "runs.db")
    earlier(elsewhere, mine=MINE)
    assert str(trust.user_folder()) in library.moved_out(elsewhere)
    assert library.load("mine", at(here.root.parent)).title == "mine"


def test_a_recipe_that_cannot_be_written_stays_where_it_is(here: Settings) -> None:
    (here.root / "recipes").write_text("")
    earlier(here, mine=MINE, other=MINE)
    assert "stay there" in library.moved_out(here)
    assert left(here) == 2
    (here.root / "recipes").unlink()
    assert "recipes/mine.toml" in library.moved_out(here)
    assert left(here) == 0


def _move(here: Settings, start: Barrier) -> None:
    start.wait()
    library.moved_out(here)


def test_several_processes_lose_nothing_and_make_nothing_twice(here: Settings) -> None:
    names = [f"r{number}" for number in range(30)]
    earlier(here, **{name: f"# {name}\n{MINE}" for name in names})
    start = FORKS.Barrier(4)
    processes = [FORKS.Process(target=_move, args=(here, start)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert sorted(os.listdir(here.root / "recipes")) == sorted(f"{name}.toml" for name in names)
    for name in names:
        assert library.text_of(name, here) == f"# {name}\n{MINE}"
    assert left(here) == 0
