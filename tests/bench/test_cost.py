from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgekit.bench.cost import Cost, main, measure_cost
from edgekit.deadline import Deadline
from edgekit.oracle import find_oracle
from edgekit.tflite_model import read_model
from tests.fake_session import FakeSession, fake_device
from tests.tiny_model import build_dense

MODEL = read_model(build_dense())
pytestmark = pytest.mark.skipif(find_oracle(MODEL.data) is None, reason="no reference runtime is installed")


@pytest.mark.parametrize(
    ("emulated", "expected"),
    [(False, Cost("fake_mcu", "latency_us", 1000.5)), (True, Cost("fake_qemu", "instructions", 40_040))],
)
def test_a_real_board_costs_microseconds_and_an_emulated_one_instructions(
    emulated: bool, expected: Cost
) -> None:
    session = FakeSession(ticks=lambda n: 1000 + n % 2)
    found = measure_cost(MODEL, fake_device(emulated), session, Deadline(60))  # type: ignore[arg-type]
    assert found == expected


def test_this_machine_answers_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.tflite").write_bytes(MODEL.data)
    assert main(["local"]) == 0
    assert json.loads(capsys.readouterr().out) == {}
    assert main(["local", str(tmp_path / "m.tflite")]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["device"], found["quantity"]) == ("local", "latency_us")
    assert found["value"] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["locol"], "did you mean 'local'"), (["local", "nothing.tflite"], "nothing.tflite")],
)
def test_what_is_wrong_is_one_line_on_standard_error(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("edgekit: error: ")
    assert message in line
