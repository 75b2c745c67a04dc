from __future__ import annotations

from pathlib import Path

import pytest

from edgekit.errors import EdgekitError, MissingDependencyError, RecipeError, UnknownNameError
from edgekit.recipe import Recipe
from edgekit.recipe_file import find_recipe, load_recipe
from edgekit.resources import find_resource_dir

_GOOD = """
from edgekit.recipe import Recipe
from edgekit.techniques.quantize_int8 import QuantizeInt8
RECIPE = Recipe("mine", "digits", lambda dataset: None, (QuantizeInt8(),), 1, 0.9, 0.01)
"""


def test_a_shipped_recipe_is_found_by_its_bare_name_and_by_its_path() -> None:
    path = find_resource_dir("recipes") / "digits_int8.py"
    assert find_recipe("digits_int8") == path
    assert find_recipe(str(path)) == path
    assert load_recipe("digits_int8").name == "digits_int8"


@pytest.mark.parametrize(
    "path", sorted(find_resource_dir("recipes").glob("*.py")), ids=lambda path: path.stem
)
def test_every_shipped_recipe_is_named_after_its_file_and_short(path: Path) -> None:
    assert load_recipe(str(path)).name == path.stem
    assert len(path.read_text().splitlines()) <= 80


def test_a_users_own_recipe_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(_GOOD)
    recipe = load_recipe(str(tmp_path / "mine.py"))
    assert isinstance(recipe, Recipe)
    assert (recipe.name, recipe.num_epochs) == ("mine", 1)


@pytest.mark.parametrize("name", ["digits_int9", "digits_int8.py", "no/such.py", ""])
def test_an_unknown_recipe_lists_close_ones(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownNameError, match="digits_int8"):
        load_recipe(name)


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("", RecipeError, "must define RECIPE, an edgekit.recipe.Recipe; found nothing of that name"),
        ("RECIPE = 3", RecipeError, "found a int"),
        ("def broken(:\n", RecipeError, "SyntaxError in line 1: invalid syntax"),
        ("\n\nx = 1 / 0", RecipeError, "ZeroDivisionError in line 3: division by zero"),
        ("import no_such_package", RecipeError, "ModuleNotFoundError in line 1"),
        ("raise SystemExit(0)", RecipeError, "ends the program"),
        (
            "raise ModuleNotFoundError('x', name='tf_keras.layers')",
            MissingDependencyError,
            r"edgekit\[train\]",
        ),
        ("x = '\0'", RecipeError, "cannot be run"),
        (_GOOD.replace('"mine"', '"../mine"'), RecipeError, "a recipe is called '../mine'"),
        (_GOOD.replace("(QuantizeInt8(),)", "()"), RecipeError, "has no technique"),
        (_GOOD.replace(", 1, 0.9", ", -1, 0.9"), RecipeError, "num_epochs must be at least 0"),
        (_GOOD.replace("0.01)", "0.01, epochs=1)"), RecipeError, "TypeError in line 4"),
    ],
)
def test_a_broken_recipe_gets_one_sentence(
    tmp_path: Path, content: str, error: type[EdgekitError], message: str
) -> None:
    path = tmp_path / "broken.py"
    path.write_text(content)
    with pytest.raises(error, match=message) as caught:
        load_recipe(str(path))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_python_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recipe.txt").write_text(_GOOD)
    with pytest.raises(RecipeError, match="is not a Python file"):
        load_recipe(str(tmp_path / "recipe.txt"))
    (tmp_path / "latin.py").write_bytes(b"x = '\xe4'")
    with pytest.raises(RecipeError, match="cannot be run: SyntaxError"):
        load_recipe(str(tmp_path / "latin.py"))
    (tmp_path / "folder.py").mkdir()
    with pytest.raises(RecipeError, match="is a folder"):
        load_recipe(str(tmp_path / "folder.py"))
