from __future__ import annotations

import csv
import importlib.util
import io
from typing import Any

import pytest
import tflite

from edgekit.accelerators import ethos_u
from edgekit.accelerators.ethos_u import NAMES, inspect, read_report
from edgekit.errors import MissingDependencyError, ModelError, UnsupportedModelError
from edgekit.tflite_model import TfliteModel, read_model
from tests.accelerators.test_edgetpu_rules import changed
from tests.conftest import build_add_model
from tests.tiny_model import Operator, Tensor, build_dense, build_file

DENSE = read_model(build_dense())

# As ethos-u-vela 5.2.0 prints and writes them, of a model whose second operator stays on the CPU.
TEXT = """\
Warning (supported operators) operator: SOFTMAX, ofm: 'probabilities'
Reason: Operation has tensor with unsupported DataType Float32 (probabilities)
Feature-map dataTypes must be one of {"INT16", "INT32", "INT64", "INT8", "UINT8"}

Network summary for model
Accelerator configuration               Ethos_U55_128
Accelerator clock                                 500 MHz

CPU operators = 1 (33.3%)
   CPU: Passthrough = probabilities (outputs [1, 1, 1, 4])
NPU operators = 2 (66.7%)
"""
ROW = {
    "system_config": "Ethos_U55_High_End_Embedded", "memory_mode": "Shared_Sram", "core_clock": "500000000.0",
    "inference_time": "2.9778e-05", "sram_memory_used": "3.484375", "dram_memory_used": "0.0",
    "on_chip_flash_memory_used": "0.0", "off_chip_flash_memory_used": "9.53125", "cycles_npu": "9020",
    "cycles_total": "14889",
}  # fmt: skip


def summary(**changes: str) -> str:
    row = {**ROW, **changes}
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    return text.getvalue()


@pytest.fixture
def vela() -> None:
    pytest.importorskip("ethosu.vela", reason="needs ethos-u-vela: pip install 'edgekit[ethos]'")


def test_what_the_compiler_wrote_is_read_in_our_units() -> None:
    report = read_report(DENSE, "ethos-u55-128", TEXT, summary())
    assert report.evidence == "estimate"
    assert report.quantities == {
        "num_npu_operators": 2, "num_cpu_operators": 1, "sram_bytes": 3568, "off_chip_flash_bytes": 9760,
        "cycles": 14889, "npu_cycles": 9020, "inference_us": 29.778, "clock_hz": 500_000_000,
        "system_config": "Ethos_U55_High_End_Embedded", "memory_mode": "Shared_Sram",
    }  # fmt: skip
    dense, softmax = report.operators
    assert (dense.index, dense.name, dense.runs_on, dense.reason) == (0, "FULLY_CONNECTED", "NPU", None)
    assert (softmax.index, softmax.runs_on) == (1, "CPU")
    assert softmax.reason == "Operation has tensor with unsupported DataType Float32 (probabilities)"
    assert any("the CPU takes" in each for each in report.notes)


def test_without_an_npu_part_there_is_no_estimate() -> None:
    text = TEXT.replace("NPU operators = 2", "NPU operators = 0").replace(
        "CPU operators = 1", "CPU operators = 2"
    )
    report = read_report(DENSE, "ethos-u55-128", text, summary(inference_time="nan", cycles_total="0"))
    assert {"cycles", "inference_us", "clock_hz"}.isdisjoint(report.quantities)
    assert "no operator runs on the NPU, so there is nothing to estimate" in report.notes
    assert any("counts 2 operators on the CPU and says why of 1" in each for each in report.notes)


@pytest.mark.parametrize("column", ["cycles_total", "inference_time", "sram_memory_used"])
@pytest.mark.parametrize("value", ["nan", "", "many", "inf"])
def test_a_number_that_is_none_is_absent(column: str, value: str) -> None:
    quantities = read_report(DENSE, "ethos-u55-128", TEXT, summary(**{column: value})).quantities
    key = {"cycles_total": "cycles", "inference_time": "inference_us", "sram_memory_used": "sram_bytes"}[
        column
    ]
    assert key not in quantities


@pytest.mark.parametrize(("text", "table"), [("", summary()), (TEXT, ""), (TEXT, summary() + summary())])
def test_what_another_version_may_write_is_an_error(text: str, table: str) -> None:
    with pytest.raises(ModelError, match=r"edgekit knows that of 5\.2"):
        read_report(DENSE, "ethos-u55-128", text, table)


def test_without_the_compiler_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib.util, "find_spec", missing)
    with pytest.raises(MissingDependencyError, match=r"pip install 'edgekit\[ethos\]'"):
        inspect(DENSE, "ethos-u55-128")


@pytest.mark.usefixtures("vela")
@pytest.mark.parametrize("name", NAMES)
def test_the_real_compiler_maps_an_int8_model_to_every_npu(name: str) -> None:
    report = inspect(DENSE, name)
    assert report.accelerator == name
    assert [each.runs_on for each in report.operators] == ["NPU", "NPU"]
    assert report.quantities["num_cpu_operators"] == 0
    assert int(report.quantities["cycles"]) > 100
    assert 0 < float(report.quantities["inference_us"]) < 1000


@pytest.mark.usefixtures("vela")
def test_the_real_compiler_leaves_float_operators_to_the_cpu_and_says_why() -> None:
    pytest.importorskip("ai_edge_litert", reason="needs ai-edge-litert's schema")
    report = inspect(read_model(build_add_model()), "ethos-u55-128")
    assert [each.runs_on for each in report.operators] == ["CPU", "CPU"]
    assert all("Float32" in str(each.reason) for each in report.operators)
    assert "cycles" not in report.quantities


@pytest.mark.usefixtures("vela")
def test_int16_and_shapes_that_are_not_fixed_are_what_the_compiler_makes_of_them() -> None:
    tensors = [Tensor(name, (1, 4, 4, 4), "int16") for name in "xyz"]
    add = Operator(tflite.BuiltinOperator.ADD, (0, 1), (2,))
    assert inspect(read_model(build_file(tensors, [add], [0, 1], [2])), "ethos-u55-128").num_on("NPU") == 1

    def open_batch(graph: Any, schema: Any) -> None:
        graph.tensors[0].shapeSignature = [-1, 4, 4, 4]

    report = inspect(read_model(changed(open_batch, tflite.BuiltinOperator.MUL)), "ethos-u55-128")
    assert "x has a shape that is not fixed; it was compiled for [1, 4, 4, 4]" in report.notes


@pytest.mark.usefixtures("vela")
def test_a_model_that_crashes_the_real_compiler_is_one_sentence() -> None:
    broken = TfliteModel(b"\x1c\0\0\0TFL3" + bytes(64), "", (), (), (), (), 1, "")
    with pytest.raises(UnsupportedModelError, match=r"ethos-u-vela refuses this model: .+") as caught:
        inspect(broken, "ethos-u55-128")
    assert "Traceback" not in str(caught.value)


def test_the_names_are_the_compiler_s_own() -> None:
    pytest.importorskip("ethosu.vela", reason="needs ethos-u-vela: pip install 'edgekit[ethos]'")
    import subprocess
    import sys

    command = [sys.executable, "-m", ethos_u._MODULE, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    found = done.stdout.partition("--accelerator-config {")[2].partition("}")[0]
    assert set("".join(found.split()).split(",")) == set(NAMES)
