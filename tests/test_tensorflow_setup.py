from __future__ import annotations

import builtins
import os
import sys
from typing import Any

import pytest

from edgekit.errors import MissingDependencyError, UsageError
from edgekit.tensorflow_setup import import_tensorflow, num_threads, package_versions, prepare_environment


def test_keras_2_is_chosen_and_a_log_level_that_was_set_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", "0")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    prepare_environment()
    assert (os.environ["TF_USE_LEGACY_KERAS"], os.environ["TF_CPP_MIN_LOG_LEVEL"]) == ("1", "0")


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_numpy_would_refuse_is_refused_first(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(
        sys.modules, "tensorflow", raising=False
    )  # tests before this one may have imported it
    with pytest.raises(UsageError, match=f"the seed {seed} is out of range; expected 0 to 4294967295"):
        import_tensorflow(seed)
    assert "tensorflow" not in sys.modules


@pytest.mark.parametrize("text", ["0", "257", "two", "-1", "", "1.5"])
def test_a_number_of_threads_that_is_none_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEKIT_TRAIN_THREADS", text)
    with pytest.raises(UsageError, match=f"EDGEKIT_TRAIN_THREADS is '{text}'; expected .* from 1 to 256"):
        num_threads()


def test_two_threads_train_unless_somebody_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGEKIT_TRAIN_THREADS", raising=False)
    assert num_threads() == 2
    monkeypatch.setenv("EDGEKIT_TRAIN_THREADS", "1")
    assert num_threads() == 1


def test_without_tensorflow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def fake(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "tensorflow":
            raise ModuleNotFoundError("No module named 'tensorflow'", name=name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", fake)
    with pytest.raises(
        MissingDependencyError, match=r"No module named 'tensorflow'.*pip install 'edgekit\[train\]'"
    ):
        import_tensorflow(1)


def test_only_packages_that_are_installed_have_versions() -> None:
    versions = package_versions()
    assert "numpy" in versions
    assert all(version[0].isdigit() for version in versions.values())
