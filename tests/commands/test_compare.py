from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edgekit.bench.result import BenchmarkResult
from edgekit.bench.result_file import write_result
from edgekit.cli import main

Make = Callable[..., BenchmarkResult]


@pytest.fixture
def files(make_result: Make, tmp_path: Path) -> dict[str, str]:
    results = {
        "base": make_result(median=100),
        "slower": make_result(median=110, num_correct=350),
        "qemu": make_result(device="qemu", emulated=True),
    }
    for name, result in results.items():
        write_result(result, tmp_path / f"{name}.json")
    return {name: str(tmp_path / f"{name}.json") for name in results}


def test_results_stand_side_by_side(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", files["base"], files["slower"], files["qemu"]]) == 0
    output = capsys.readouterr().out
    assert "+10.0%" in output
    assert "qemu (emulated)" in output


@pytest.mark.parametrize(
    ("gates", "code"),
    [
        (["latency_us.median > +5%"], 4),
        (["latency_us.median > +15%"], 0),
        (["latency_us.median > +15%", "accuracy.value < -0.005"], 4),
        (["latency_us.median > +15%", "accuracy.value < -0.05"], 0),
    ],
)
def test_a_gate_decides_the_exit_code(
    files: dict[str, str], gates: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [part for gate in gates for part in ("--fail-on", gate)]
    assert main(["compare", files["slower"], "--baseline", files["base"], *options]) == code
    assert ("FAILED" in capsys.readouterr().out) == (code == 4)


def test_json_carries_the_verdicts(files: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    gate = "latency_us.median > +5%"
    assert main(["compare", files["base"], files["slower"], "--fail-on", gate, "--json"]) == 4
    document = json.loads(capsys.readouterr().out)
    assert document["failed"] is True
    assert document["gates"] == [
        {"gate": gate, "model": "digits_int8", "device": "local", "value": 110, "failed": True,
         "baseline": 100, "change": 10}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["{slower}", "--fail-on", "latency_us.median > +5%"], 2, "--baseline"),
        (["{slower}", "--fail-on", "latncy > 5"], 2, "not a number in a result"),
        (["{qemu}", "--baseline", "{base}", "--fail-on", "accuracy.value < -1%"], 1, "emulated"),
        (["{qemu}", "--fail-on", "latency_us.median > 5"], 1, "was not measured"),
        (["missing.json"], 1, "missing.json"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(
    files: dict[str, str], arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *(each.format(**files) for each in arguments)]) == code
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""
