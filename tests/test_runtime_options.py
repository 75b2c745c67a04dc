from __future__ import annotations

import argparse
from typing import Any

import pytest

from edgekit.agent import delegates as agent_delegates
from edgekit.agent import options as agent_options
from edgekit.agent import runtime as agent_runtime
from edgekit.board import load_board
from edgekit.errors import UsageError
from edgekit.runtime_options import (
    DELEGATES,
    EDGEKIT,
    KERNELS,
    MAX_THREADS,
    RUNTIMES,
    RuntimeOptions,
    add_runtime_arguments,
    format_cores,
    in_force,
    parse_cores,
    read_runtime_arguments,
)


def parse(*arguments: str, kernels: str = "fast") -> RuntimeOptions:
    parser = argparse.ArgumentParser()
    add_runtime_arguments(parser, kernels=kernels)
    return read_runtime_arguments(parser.parse_args(arguments))


def test_the_agent_knows_the_same_words_as_the_command_line() -> None:
    assert agent_options.KERNELS == KERNELS
    assert agent_options.MAX_THREADS == MAX_THREADS
    assert agent_delegates.DELEGATES == DELEGATES
    assert (*agent_runtime.PACKAGES, EDGEKIT) == RUNTIMES
    assert set(RuntimeOptions().record()) == set(agent_options.DEFAULTS)


def test_nothing_asked_for_leaves_the_choice_to_the_device() -> None:
    assert parse() == RuntimeOptions()
    assert parse().configuration() == {"kernels": "fast"}
    assert parse().configuration(threads=4) == {"kernels": "fast", "threads": 4}


def test_everything_asked_for_reaches_the_device() -> None:
    options = parse(
        "--runtime", "tflite_runtime", "--delegate", "xnnpack", "--threads", "3", "--cores", "0,2-3"
    )
    assert options.configuration(threads=4) == {
        "kernels": "fast", "runtime": "tflite_runtime", "delegate": "xnnpack", "threads": 3, "cores": [0, 2, 3],
    }  # fmt: skip


def test_who_asks_for_a_delegate_gets_the_kernels_that_can_have_one() -> None:
    assert parse(kernels="reference").kernels == "reference"
    assert parse("--delegate", "none", kernels="reference").kernels == "reference"
    assert parse("--delegate", "xnnpack", kernels="reference").kernels == "fast"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernels": "fastest"}, "kernels is 'fastest'; expected fast or reference"),
        ({"runtime": "onnx"}, "runtime is 'onnx'; expected litert, tflite_runtime or edgekit"),
        ({"delegate": "gpu"}, "delegate is 'gpu'; expected xnnpack, none or edgetpu"),
        ({"threads": 0}, "threads is 0; expected 1 to 256"),
        ({"threads": 257}, "threads is 257"),
        ({"cores": ()}, "no core is left"),
        ({"kernels": "reference", "delegate": "xnnpack"}, "take --kernels fast"),
        ({"kernels": "reference", "delegate": "edgetpu"}, "take --kernels fast"),
        ({"runtime": "edgekit", "delegate": "edgetpu"}, "the edgekit runtime has no delegates"),
        ({"runtime": "edgekit", "delegate": "xnnpack"}, "the edgekit runtime has no delegates"),
        ({"runtime": "edgekit", "threads": 2}, "runs in 1 thread, not 2"),
        ({"runtime": "edgekit", "cores": (0,)}, "cannot choose its cores"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        RuntimeOptions(**options)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"threads": 2}, "--threads 2 means nothing"),
        ({"cores": (0, 1)}, "--cores 0-1"),
        ({"delegate": "xnnpack", "runtime": "litert"}, "--runtime litert and --delegate xnnpack"),
    ],
)
def test_a_microcontroller_refuses_what_only_linux_has(options: dict[str, Any], named: str) -> None:
    asked = RuntimeOptions(**options)
    asked.check(load_board("generic_x86_64"))
    with pytest.raises(UsageError, match=named):
        asked.check(load_board("qemu_mps2_an386"))


def test_a_microcontroller_takes_what_is_so_anyway() -> None:
    RuntimeOptions(runtime="edgekit", delegate="none", threads=1).check(load_board("qemu_mps2_an386"))


@pytest.mark.parametrize(
    ("text", "cores", "shortest"),
    [
        ("0", (0,), "0"),
        ("0-3", (0, 1, 2, 3), "0-3"),
        ("2,0", (0, 2), "0,2"),
        ("0-1, 3 ,5-6,1-2", (0, 1, 2, 3, 5, 6), "0-3,5-6"),
        ("1023", (1023,), "1023"),
    ],
)
def test_cores_are_read_and_written_as_ranges(text: str, cores: tuple[int, ...], shortest: str) -> None:
    assert parse_cores(text) == cores
    assert format_cores(cores) == shortest


@pytest.mark.parametrize(
    "text", ["", ",", "a", "-1", "3-1", "0-", "1024", "0--2", "0-99999", "0 1", "0x1", "1.5"]
)
def test_cores_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected numbers and ranges of cores"):
        parse_cores(text)


def test_of_a_reply_only_what_it_should_be_is_believed() -> None:
    sound = {"kernels": "fast", "runtime": "litert", "name": "x 1", "delegate": "xnnpack", "threads": 2}
    counts = {"num_operators_delegated": 7, "num_partitions": 0}
    assert in_force({**sound, **counts, "cores": [0, 2], "new": 1}) == {**sound, **counts, "cores": (0, 2)}
    assert (
        in_force({"kernels": 1, "threads": True, "cores": ["0"], "num_partitions": -1, "delegate": None})
        == {}
    )
    assert in_force({}) == {}
