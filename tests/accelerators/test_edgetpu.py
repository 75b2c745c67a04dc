from __future__ import annotations

import os
from pathlib import Path

import pytest

from edgekit.accelerators import edgetpu
from edgekit.accelerators.edgetpu import inspect, read_log
from edgekit.errors import ModelError, UnsupportedModelError
from edgekit.tflite_model import read_model
from tests.tiny_model import build_dense

DENSE = read_model(build_dense())

# In the format that the compiler's documentation shows; figures and operators are made up.
LOG = """\
Edge TPU Compiler version 16.0.384591198
Started a compilation timeout timer of 180 seconds.

Model compiled successfully in 93 ms.

Input model: /tmp/model.tflite
Input size: 8.58MiB
Output model: /tmp/model_edgetpu.tflite
Output size: 8.70MiB
On-chip memory used for caching model parameters: 3.25KiB
On-chip memory remaining for caching model parameters: 7.67MiB
Off-chip memory used for streaming uncached model parameters: 0.00B
Number of Edge TPU subgraphs: 1
Total number of operations: 7
Operation log: /tmp/model_edgetpu.log

Model successfully compiled but not all operations are supported by the Edge TPU. A percentage of the model will instead run on the CPU, which is slower.
Number of operations that will run on Edge TPU: 3
Number of operations that will run on CPU: 4

Operator                       Count      Status

MAX_POOL_2D                    2          More than one subgraph is not supported
QUANTIZE                       1          Operation is otherwise supported, but not mapped due to some unspecified limitation
CONV_2D                        3          Mapped to Edge TPU
custom-op                      1          Operation not supported
Compilation child process completed within timeout period.
Compilation succeeded!
"""  # noqa: E501


def test_the_log_says_what_is_mapped_and_how_much_memory_that_takes() -> None:
    report = read_log(LOG)
    assert (report.evidence, report.tool) == ("compiled", "edgetpu_compiler 16.0.384591198")
    assert report.quantities == {
        "num_subgraphs": 1,
        "on_chip_used_bytes": 3328,
        "on_chip_remaining_bytes": round(7.67 * (1 << 20)),
        "off_chip_streamed_bytes": 0,
        "compiled_bytes": round(8.70 * (1 << 20)),
    }
    assert [(each.name, each.count, each.runs_on) for each in report.operators] == [
        ("MAX_POOL_2D", 2, "CPU"), ("QUANTIZE", 1, "CPU"), ("CONV_2D", 3, "Edge TPU"), ("custom-op", 1, "CPU"),
    ]  # fmt: skip
    assert report.operators[0].reason == "More than one subgraph is not supported"
    assert (report.num_on("Edge TPU"), report.num_on("CPU")) == (3, 4)


def test_an_older_log_without_memory_is_read_as_far_as_it_goes() -> None:
    text = LOG.replace("On-chip memory", "Memory").replace("Edge TPU Compiler version", "Compiler")
    report = read_log(text)
    assert "on_chip_used_bytes" not in report.quantities
    assert report.tool == "edgetpu_compiler of unknown version"


@pytest.mark.parametrize("text", ["", "Compilation succeeded!", LOG.partition("MAX_POOL_2D")[0]])
def test_a_log_without_operators_is_an_error(text: str) -> None:
    with pytest.raises(ModelError, match="no table of operators"):
        read_log(text)


@pytest.fixture
def compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program of the compiler's name, which prints what `log` holds and ends with what `status` holds."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / edgetpu.COMPILER
    program.write_text(
        '#!/bin/sh\nhere=$(dirname "$0")\nprintf "%s\\n" "$@" > "$here/arguments"\n'
        'test -s "$4" || exit 9\ncat "$here/log"\nexit "$(cat "$here/status")"\n'
    )
    program.chmod(0o755)
    (folder / "log").write_text(LOG)
    (folder / "status").write_text("0")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def test_the_compiler_is_run_where_there_is_one(compiler: Path) -> None:
    report = inspect(DENSE, "edgetpu")
    assert report.evidence == "compiled"
    arguments = (compiler / "arguments").read_text().split("\n")
    assert arguments[:2] == ["--show_operations", "--out_dir"]
    assert not Path(arguments[2]).exists()


@pytest.mark.parametrize("status", ["0", "1"])
def test_a_refusal_of_the_compiler_is_told_in_its_words(compiler: Path, status: str) -> None:
    (compiler / "status").write_text(status)
    (compiler / "log").write_text(
        "Edge TPU Compiler version 16.0\nERROR: Restored original execution plan.\n"
        "Compilation failed: Compilation failed due to large activation tensors in model.\nCompilation failed!\n"
    )
    with pytest.raises(UnsupportedModelError, match=r"large activation tensors in model\.$"):
        inspect(DENSE, "edgetpu")


def test_without_the_compiler_it_is_a_prediction_and_said_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    report = inspect(DENSE, "edgetpu")
    assert report.evidence == "prediction"
    assert report.num_on("Edge TPU") == 2
    assert any("the compiler may decide otherwise" in each for each in report.notes)
    assert report.quantities == {}
