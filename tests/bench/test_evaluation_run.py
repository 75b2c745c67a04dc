from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgekit.artifact import EvaluationSet
from edgekit.bench.arrays import Arrays
from edgekit.bench.evaluation_run import run_evaluation_set
from edgekit.bench.inference import Inference
from edgekit.bench.partial import PartialOutputs
from edgekit.deadline import Deadline
from edgekit.errors import LinkError
from edgekit.oracle import find_oracle
from edgekit.tflite_model import read_model
from tests.fake_session import FakeSession
from tests.tiny_model import build_dense

MODEL = read_model(build_dense())
INPUTS = np.random.default_rng(5).integers(-128, 127, (9, 4), dtype=np.int8)

pytestmark = pytest.mark.skipif(find_oracle(MODEL.data) is None, reason="no reference runtime is installed")


def run(session: FakeSession, outputs: list[Arrays], partial: PartialOutputs | None = None) -> list[int]:
    session.load(MODEL.data, Deadline(10))
    inference = Inference(session, MODEL, EvaluationSet((INPUTS,), None, "00"), Deadline(60))  # type: ignore[arg-type]
    told: list[int] = []
    num_resumed = run_evaluation_set(inference, outputs, partial, told.append)
    return [num_resumed, *told]


def interrupted_session(after: int, error: BaseException) -> FakeSession:
    def ticks(number: int) -> int:
        if number == after:
            raise error
        return 1

    return FakeSession(ticks=ticks)


@pytest.mark.parametrize("error", [LinkError("cut"), KeyboardInterrupt()])
def test_what_is_cut_off_is_continued_with_the_same_outputs(tmp_path: Path, error: BaseException) -> None:
    whole: list[Arrays] = []
    assert run(FakeSession(), whole) == [0, 0, *[1] * 9]
    path = tmp_path / "set.partial.npz"
    with pytest.raises(type(error)):
        run(interrupted_session(4, error), [], PartialOutputs(path, "key"))
    outputs: list[Arrays] = []
    assert run(FakeSession(), outputs, PartialOutputs(path, "key")) == [4, 4, *[1] * 5]
    assert [each[0].tobytes() for each in outputs] == [each[0].tobytes() for each in whole]


def test_a_whole_set_is_saved_too_until_the_benchmark_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "set.partial.npz"
    run(FakeSession(), [], PartialOutputs(path, "key"))
    session = FakeSession()
    assert run(session, [], PartialOutputs(path, "key")) == [9, 9]
    assert "invoke" not in session.calls
