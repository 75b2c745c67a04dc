"""Writes the seeds that fuzzing starts from: small models of every kernel, pairs of them, networks, wire scripts.

    make_fuzz_seeds.py FOLDER      fills FOLDER/models and FOLDER/wire

They are made, not kept: the generators of the tests are where they come from. $EDGEKIT_DATA_DIR adds its models.
"""

from __future__ import annotations

import hashlib
import os
import random
import struct
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import flatbuffers
from ai_edge_litert import schema_py_generated as schema
from hypothesis import HealthCheck, Phase, given, settings

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.generators.catalogue import CASES
from tests.generators.networks import build_small_network
from tests.generators.state import build_counting_loop

MODELS_OF_EACH_KERNEL = 8
PAIRS = 300
MAX_SEED_BYTES = 4096
WIRE_MODEL_BYTES = 4088
"""What the wire target takes as a model: one body less the offset."""


def generated_models() -> list[bytes]:
    models: list[bytes] = []
    for case in CASES.values():

        @settings(
            max_examples=MODELS_OF_EACH_KERNEL,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(model=case)
        def collect(model: bytes) -> None:
            models.append(model)

        collect()
    models += [build_small_network(seed, size=4 + 2 * seed, channels=1 + seed) for seed in range(3)]
    models += [build_counting_loop(limit=3, depth=depth) for depth in range(1, 4)]
    chosen = random.Random(1)  # noqa: S311 - not for secrets
    pairs = [pack(join(chosen.choices(models, k=2))) for _ in range(PAIRS)]
    # Files leave out what has its default, and what is not there cannot be mutated: some have everything.
    return models + pairs + [pack(unpack(model), force_defaults=True) for model in models[::2]]


def unpack(model: bytes) -> schema.ModelT:
    return schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))


def pack(model: schema.ModelT, force_defaults: bool = False) -> bytes:
    builder = flatbuffers.Builder(1024)
    builder.ForceDefaults(force_defaults)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def join(models: Sequence[bytes]) -> schema.ModelT:
    """The main subgraphs one after the other as one, with the inputs and outputs of all; the rest behind it."""
    whole, *others = (unpack(model) for model in models)
    for other in others:
        num_tensors, num_buffers = len(whole.subgraphs[0].tensors), len(whole.buffers)
        num_codes, num_callees = len(whole.operatorCodes), len(whole.subgraphs) - 1
        for graph in other.subgraphs:
            for tensor in graph.tensors:
                tensor.buffer = tensor.buffer and tensor.buffer + num_buffers
            for operator in graph.operators:
                operator.opcodeIndex += num_codes
                for name, value in vars(operator.builtinOptions or object).items():
                    if name.endswith("SubgraphIndex"):
                        setattr(operator.builtinOptions, name, value + num_callees)
        main, added = whole.subgraphs[0], other.subgraphs[0]
        for operator in added.operators:
            operator.inputs = shift(operator.inputs, num_tensors)
            operator.outputs = shift(operator.outputs, num_tensors)
        main.inputs = [*main.inputs, *shift(added.inputs, num_tensors)]
        main.outputs = [*main.outputs, *shift(added.outputs, num_tensors)]
        main.tensors += added.tensors
        main.operators += added.operators
        whole.subgraphs += other.subgraphs[1:]
        whole.buffers += other.buffers
        whole.operatorCodes += other.operatorCodes
    return whole


def shift(indices: Sequence[int] | None, by: int) -> list[int]:
    return [int(index) + by if index >= 0 else -1 for index in ([] if indices is None else indices)]


def reference_models() -> list[bytes]:
    folder = os.environ.get("EDGEKIT_DATA_DIR")
    if not folder:
        return []
    paths = sorted(Path(folder).rglob("*.tflite"))
    return [path.read_bytes() for path in paths if path.stat().st_size <= MAX_SEED_BYTES]


def step(kind: int, detail: int = 0, payload: bytes = b"", number: int | None = None) -> bytes:
    """One step of a wire script; see firmware/fuzz/fuzz_wire.c."""
    return struct.pack("<BBH", kind, detail, len(payload) if number is None else number) + payload


def wire_scripts(models: list[bytes]) -> list[bytes]:
    raw, frame, repeat, damaged, cut, upload = range(6)
    write = step(frame, 0x05, struct.pack("<HI", 0, 0) + bytes(8))
    invoke = step(frame, 0x06, struct.pack("<HHII", 0, 0xFFFF, 1, 2))
    one_operator = step(frame, 0x06, struct.pack("<HHII", 0, 1, 0, 1))
    reset = step(frame, 0x0C)
    reads = b"".join(step(frame, 0x07, struct.pack("<BHII", space, 0, 0, 4)) for space in range(3))
    rest = step(frame, 0x08) + step(frame, 0x0B) + step(frame, 0x01, b"\1\0") + step(frame, 0x2A, b"x")
    scripts = [step(raw, 0, bytes(range(64))), step(raw, 0, b"\0" * 5 + b"\xff" * 40 + b"\0"), rest]
    for model in models:
        if len(model) <= WIRE_MODEL_BYTES:
            loaded = step(upload, 0, model)
            scripts.append(loaded + write + invoke + reads + reset + invoke + one_operator + reads)
            scripts.append(
                loaded + write + step(repeat) + one_operator + step(damaged, 0, b"", 9) + step(repeat) + reads
            )
            scripts.append(loaded + step(cut, 0, b"", 7) + step(cut, 0, b"", 3) + invoke + rest + reads)
    return scripts


def write(folder: Path, seeds: list[bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)


def main() -> None:
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    models = generated_models()
    write(folder / "models", models + reference_models())
    write(folder / "wire", wire_scripts(models[:: max(1, len(models) // 40)]))
    for each in sorted(folder.iterdir()):
        print(f"{each.name}: {len(list(each.iterdir()))} seeds")


if __name__ == "__main__":
    main()
