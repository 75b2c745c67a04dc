from __future__ import annotations

import builtins
import zlib
from typing import Any

import numpy as np
import pytest

from edgekit.datasets import load_dataset
from edgekit.datasets.digits import load
from edgekit.errors import MissingDependencyError, UnknownNameError

pytest.importorskip("sklearn")


def test_every_image_is_in_exactly_one_split() -> None:
    from sklearn.datasets import load_digits

    digits = load()
    images = np.concatenate([digits.x_train, digits.x_test])[..., 0] * 16
    everything = load_digits().images
    assert images.shape == everything.shape == (1797, 8, 8)
    np.testing.assert_array_equal(
        np.sort(images.reshape(1797, 64), axis=0), np.sort(everything.reshape(1797, 64), axis=0)
    )
    assert {each.tobytes() for each in images.astype("f4")} == {
        each.tobytes() for each in everything.astype("f4")
    }


def test_both_splits_hold_every_class_in_the_same_proportion() -> None:
    digits = load()
    shares = np.bincount(digits.y_test) / (np.bincount(digits.y_train) + np.bincount(digits.y_test))
    assert len(shares) == digits.num_classes == 10
    assert (abs(shares - 0.2) < 0.01).all()


def test_pixels_are_scaled_and_the_split_is_fixed() -> None:
    first, second = load(), load()
    assert (first.x_train.dtype, first.x_train.min(), first.x_train.max()) == (np.float32, 0, 1)
    np.testing.assert_array_equal(first.x_test, second.x_test)
    assert first.y_test[:12].tolist() == [5, 0, 9, 8, 7, 1, 2, 6, 3, 4, 0, 2]
    # Measured once, so that no version of scikit-learn or edgekit moves an image to the other side unseen.
    assert zlib.crc32((first.x_test * 16).astype(np.uint8).tobytes()) == 25872012


def test_a_slice_keeps_images_and_labels_together() -> None:
    digits = load()
    part = digits.take(100, 30)
    assert (len(part.x_train), len(part.y_train), len(part.x_test), len(part.y_test)) == (100, 100, 30, 30)
    np.testing.assert_array_equal(part.y_test, digits.y_test[:30])
    assert set(part.y_train) == set(range(10))


def test_a_data_set_is_found_by_its_name() -> None:
    assert load_dataset("digits").name == "digits"
    with pytest.raises(UnknownNameError, match="unknown data set 'digit'; did you mean 'digits'"):
        load_dataset("digit")


def test_without_scikit_learn_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def fake(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("sklearn"):
            raise ModuleNotFoundError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", fake)
    with pytest.raises(MissingDependencyError, match=r"pip install 'edgekit\[train\]'"):
        load()
