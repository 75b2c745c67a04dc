"""Finds a recipe by path or by name and reads it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

from edgekit.errors import EdgekitError, MissingDependencyError, RecipeError, UnknownNameError
from edgekit.recipe import Recipe
from edgekit.resources import find_resource_dir
from edgekit.tensorflow_setup import prepare_environment

_TRAIN_PACKAGES = ("tensorflow", "tf_keras", "tensorflow_model_optimization", "sklearn")


def load_recipe(name_or_path: str) -> Recipe:
    """Runs the recipe file, a path or the bare name of a shipped one, and returns its `RECIPE`.

    Raises:
        UnknownNameError: there is no such file or shipped recipe.
        RecipeError: the file fails to run, or defines no RECIPE.
        MissingDependencyError: it imports a package of the training side that is not installed.
    """
    path = find_recipe(name_or_path)
    prepare_environment()
    spec = importlib.util.spec_from_file_location(f"edgekit_recipe_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise RecipeError(f"{path} is not a Python file; expected a recipe named something.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pickling inside the recipe look their module up
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in _TRAIN_PACKAGES:
            raise MissingDependencyError(
                f"{path} needs {error.name}, which is not installed; pip install 'edgekit[train]'"
            ) from error
        raise RecipeError(f"{path} cannot be run: {_describe(error, path)}") from error
    except EdgekitError:
        raise
    except SystemExit as error:
        raise RecipeError(
            f"{path} ends the program when it is loaded; expected it to define RECIPE"
        ) from error
    except Exception as error:
        raise RecipeError(f"{path} cannot be run: {_describe(error, path)}") from error
    recipe = getattr(module, "RECIPE", None)
    if not isinstance(recipe, Recipe):
        found = "nothing of that name" if recipe is None else f"a {type(recipe).__name__}"
        raise RecipeError(f"{path} must define RECIPE, an edgekit.recipe.Recipe; found {found}")
    return recipe


def find_recipe(name_or_path: str) -> Path:
    """Returns the file: a path as it is, a bare name among the shipped recipes.

    Raises:
        UnknownNameError: there is no such file or shipped recipe.
        RecipeError: the path is a folder.
    """
    path = Path(name_or_path)
    if path.is_file():
        return path
    if path.is_dir() and path.suffix == ".py":
        raise RecipeError(f"{path} is a folder; expected a recipe file")
    shipped = {each.stem: each for each in find_resource_dir("recipes").glob("*.py")}
    if name_or_path in shipped:
        return shipped[name_or_path]
    raise UnknownNameError(
        "recipe", name_or_path, shipped, "give the path of a recipe file or one of these names"
    )


def _describe(error: Exception, path: Path) -> str:
    """One line: what, and the line of the recipe where it happened."""
    line: int | None = error.lineno if isinstance(error, SyntaxError) else None
    step = error.__traceback__
    while step is not None and line is None:
        if step.tb_frame.f_code.co_filename == str(path):
            line = step.tb_lineno
        step = step.tb_next
    text = error.msg if isinstance(error, SyntaxError) else (str(error).strip() or "no message")
    where = "" if line is None else f" in line {line}"
    return f"{type(error).__name__}{where}: {' '.join(text.split())}"
