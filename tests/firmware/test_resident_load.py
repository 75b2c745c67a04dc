"""A firmware that was loaded when it was built answers as one that took the model over the line, whatever is in it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from hypothesis import HealthCheck, given, settings

from edgekit import resident_model
from edgekit.deadline import Deadline
from edgekit.errors import EdgekitError, RemoteError
from edgekit.host_runtime import HostRuntime, runtime_sources
from edgekit.session import DeviceSession
from edgekit.tflite_model import read_model
from tests.firmware.reference import random_input
from tests.firmware.test_resident_model import open_with_model
from tests.generators.catalogue import CASES
from tests.generators.networks import build_small_network
from tests.generators.tflite_builder import TfliteBuilder

BOARD = "qemu_mps2_an386"
KERNELS = Path(__file__).parents[2] / "firmware" / "kernels"


def drawn(kernel: str) -> bytes:
    """One of the models that the kernel is tested with, always the same."""
    found: list[bytes] = []

    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(model=CASES[kernel])
    def draw(model: bytes) -> None:
        if HostRuntime(model).report.status == 0:
            found.append(model)

    draw()
    return max(found, key=len)


def build_lookup() -> bytes:
    """Rows of the first input by the numbers in the second, which may be wrong ones."""
    builder = TfliteBuilder()
    table = builder.tensor((4, 3), "int8", [0.1], [0])
    numbers = builder.tensor((2,), "int32", limits=(0, 3))
    result = builder.tensor((2, 3), "int8", [0.1], [0])
    builder.operator("GATHER", [table, numbers], [result], schema.GatherOptionsT())
    return builder.build([table, numbers], [result])


def build_with_a_broken_tensor() -> bytes:
    """Nothing uses the tensor of seven dimensions, so the model loads; who reads it is told what is wrong with it."""
    builder = TfliteBuilder()
    builder.tensor((1,) * 7, "int8", [0.1], [0])
    source, result = (builder.tensor((1, 5), "int8", [0.1], [3]) for _ in range(2))
    builder.operator("RELU", [source], [result])
    return builder.build([source], [result])


MODELS: dict[str, Callable[[], bytes]] = {
    "network": lambda: build_small_network(seed=13),
    "loop": lambda: drawn("ek_while_any"),
    "variables_and_a_first_call": lambda: drawn("ek_call_once_any"),
    "recurrent_float": lambda: drawn("ek_unidirectional_sequence_lstm_float32"),
    "lookup": build_lookup,
    "broken_tensor": build_with_a_broken_tensor,
}


class Listener:
    """Writes down what a device answers, refusals included."""

    def __init__(self, session: DeviceSession) -> None:
        self.session = session
        self.deadline = Deadline(300.0)
        self.answers: list[object] = []

    def ask(
        self, question: Callable[..., object], *arguments: object, keep: bool = True, **more: object
    ) -> bool:
        """Was it answered?"""
        try:
            answer = question(*arguments, self.deadline, **more)
        except RemoteError as error:
            text = str(error).replace(self.session.name, "the device")
            answer = ("refused", error.status, error.operator, error.tensor, text)
            self.answers.append(answer)
            return False
        self.answers.append(answer if keep else "done")
        return True

    def infer(self, model: bytes, seed: int) -> None:
        description, session = read_model(model), self.session
        rng = np.random.default_rng(seed)
        for position, each in enumerate(description.inputs):
            value = random_input(each, rng)
            if seed % 2 == 1 and value.dtype == np.int32:
                value += 1000  # a row that the table of the lookup does not have
            self.ask(session.write_input, position, value.tobytes())
        if self.ask(session.invoke, keep=False):
            for position, each in enumerate(description.outputs):
                self.ask(session.read_output, position, each.num_bytes)


def converse(session: DeviceSession, model: bytes) -> list[object]:
    """Everything that can be asked of a model: inferences, single steps, state, tensors, and what must be refused."""
    listener = Listener(session)
    ask = listener.ask
    ask(session.load, model)
    for seed in range(3):
        listener.infer(model, seed)
    ask(session.reset_state)
    listener.infer(model, 4)
    for index in range(40):
        ask(session.read_tensor, index, 1)
    ask(session.invoke, keep=False, first_operator=0, num_operators=1)
    ask(session.invoke, keep=False, warmup=1, runs=2)
    ask(session.invoke, keep=False, first_operator=5000)
    ask(session.invoke, keep=False, runs=500, warmup=65535)
    ask(session.write_input, 50, bytes(4))
    ask(session.write_input, 0, bytes(1 << 16))
    ask(session.read_output, 0, 1 << 16)
    ask(session.load, model)
    listener.infer(model, 6)
    return listener.answers


@pytest.mark.parametrize("name", MODELS)
def test_a_resident_model_answers_as_an_uploaded_one(
    name: str, tmp_path: Path, open_board: Callable[[str], DeviceSession]
) -> None:
    model = MODELS[name]()
    path = tmp_path / f"{name}.tflite"
    path.write_bytes(model)
    expected = converse(open_board(BOARD), model)
    with open_with_model(BOARD, path) as session:
        assert converse(session, model) == expected
    words = str(expected)
    assert ("an index that the tensor does not have" in words) == (name == "lookup")
    assert ("type or shape of the tensor" in words) == (name == "broken_tensor")


def test_what_a_load_found_depends_on_the_model() -> None:
    """The models above are of the kinds that the firmware is built differently for."""
    kinds = {name: HostRuntime(build()).resident_load() for name, build in MODELS.items()}
    assert kinds["loop"].fields["model.subgraphs.length"] == 3
    assert kinds["variables_and_a_first_call"].fields["num_variables"] > 0
    assert kinds["recurrent_float"].fields["persistent_bytes"] > 0
    assert kinds["network"].fields["persistent_bytes"] == 0


def test_nothing_of_a_load_is_linked(tmp_path: Path) -> None:
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    from elftools.elf.elffile import ELFFile

    from edgekit.firmware import build_firmware

    path = tmp_path / "model.tflite"
    path.write_bytes(MODELS["network"]())
    with build_firmware(BOARD, model=path).elf.open("rb") as file:
        names = {each.name for each in ELFFile(file).get_section_by_name(".symtab").iter_symbols()}
    assert "ek_resident_load" in names
    assert not names & {
        "ek_runtime_load", "ek_model_open", "ek_plan", "ek_place", "ek_work", "ek_sha256", "ek_variables_find",
        "ek_control_copy", "ek_call_refuse", "ek_overlap_elementwise", "__udivmoddi4", "__aeabi_uldivmod", "check",
    }  # fmt: skip


@pytest.mark.parametrize("path", sorted(KERNELS.rglob("ek_*.c")), ids=lambda path: path.stem)
def test_what_only_a_load_calls_of_a_kernel_can_be_left_out(path: Path) -> None:
    members = re.findall(r"\.(?:check|scratch|overlap|callee) = (\w+)", path.read_text())
    assert members
    assert set(members) == {"EK_AT_LOAD"}


def test_other_sources_than_those_that_load_the_model_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(build_small_network())
    with pytest.raises(EdgekitError, match="built from 0123456789ab"):
        resident_model.generate(path, tmp_path, "0123456789ab")
    resident_model.generate(path, tmp_path, runtime_sources())
    assert (tmp_path / "resident.tflite").read_bytes() == path.read_bytes()
