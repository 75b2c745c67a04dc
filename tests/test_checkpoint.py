from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.checkpoint import Checkpoints, open_checkpoints
from edgekit.errors import DataError

_IDENTITY = {"recipe": "digits", "seed": 1}


class _Variable:
    def __init__(self, value: Any) -> None:
        self.value = np.asarray(value)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def numpy(self) -> Any:
        return self.value

    def assign(self, value: Any) -> None:
        self.value = np.array(value)


class _Optimizer:
    def __init__(self) -> None:
        self.variables = [_Variable(0), _Variable(np.zeros(3))]

    def build(self, _variables: Any) -> None:
        pass


class _Model:
    def __init__(self, num_weights: int = 2) -> None:
        self.weights = [np.zeros((2, 3), np.float32) for _ in range(num_weights)]
        self.trainable_variables = self.weights
        self.optimizer = _Optimizer()

    def get_weights(self) -> Any:
        return self.weights

    def set_weights(self, weights: Any) -> None:
        self.weights = weights


def test_weights_optimizer_and_epochs_come_back(tmp_path: Path) -> None:
    checkpoints = open_checkpoints(tmp_path / "run", _IDENTITY)
    trained = _Model()
    trained.weights = [np.full((2, 3), 7, np.float32), np.ones((2, 3), np.float32)]
    trained.optimizer.variables[0].assign(40)
    checkpoints.save("1 prune: a", trained, 3)
    fresh = _Model()
    again = open_checkpoints(tmp_path / "run", _IDENTITY)
    assert again.restore("1 prune: a", fresh) == 3
    np.testing.assert_array_equal(fresh.weights, trained.weights)
    assert fresh.optimizer.variables[0].value.shape == ()
    assert int(fresh.optimizer.variables[0].value) == 40
    assert again.restore("another stage", fresh) == 0


def test_another_runs_checkpoint_is_refused_with_the_difference_and_kept(tmp_path: Path) -> None:
    open_checkpoints(tmp_path / "run", _IDENTITY).save("stage", _Model(), 1)
    with pytest.raises(DataError, match=r"checkpoint of another run \(seed was 1, now 2\); delete it"):
        open_checkpoints(tmp_path / "run", {**_IDENTITY, "seed": 2})
    assert open_checkpoints(tmp_path / "run", _IDENTITY).restore("stage", _Model()) == 1


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x05\x06" + bytes(18)])
def test_a_broken_checkpoint_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    checkpoints = open_checkpoints(tmp_path / "run", _IDENTITY)
    (tmp_path / "run" / "stage.npz").write_bytes(content)
    with pytest.raises(DataError, match=r"does not fit this model .* delete .* to train from the start"):
        checkpoints.restore("stage", _Model())


def test_a_checkpoint_of_a_larger_model_is_refused(tmp_path: Path) -> None:
    checkpoints = open_checkpoints(tmp_path / "run", _IDENTITY)
    checkpoints.save("stage", _Model(3), 1)
    with pytest.raises(DataError, match="its weights have other shapes than the model"):
        checkpoints.restore("stage", _Model(2))


def test_without_a_folder_nothing_is_kept_and_after_the_end_nothing_is_left(tmp_path: Path) -> None:
    nothing = Checkpoints(None)
    nothing.save("stage", _Model(), 1)
    assert nothing.restore("stage", _Model()) == 0
    checkpoints = open_checkpoints(tmp_path / "run", _IDENTITY)
    checkpoints.save("stage", _Model(), 1)
    checkpoints.discard()
    assert list(tmp_path.iterdir()) == []
