"""Broken and malicious files, under the address and undefined-behaviour sanitizers: a status, never a crash.

The mutations run in a process of their own, because a finding of the sanitizers ends it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edgekit.wire.codes import Status
from tests.generators.networks import build_small_network
from tests.generators.state import build_accumulator, build_counting_loop

ROOT = Path(__file__).parents[2]
ROUNDS = 20_000

_CHILD = """
import ctypes, random, sys
library = ctypes.CDLL(sys.argv[1])
library.ek_host_tensor.restype = ctypes.c_void_p
model = open(sys.argv[2], "rb").read()
rounds = int(sys.argv[3])
outcomes = [int(each) for each in sys.argv[4:]]
arena_bytes = 1 << 16
arena = ctypes.create_string_buffer(arena_bytes + 16)
aligned = ctypes.addressof(arena) + -ctypes.addressof(arena) % 16
runtime = ctypes.create_string_buffer(library.ek_host_runtime_bytes())
report = (ctypes.c_uint32 * 3)()
random.seed(20)
seen = {}

def attempt(data):
    # A buffer of exactly this size, so that one byte too far is an error.
    exact = (ctypes.c_uint8 * len(data)).from_buffer_copy(data) if data else (ctypes.c_uint8 * 1)()
    status = library.ek_host_load(runtime, exact, len(data), ctypes.c_void_p(aligned), arena_bytes, report)
    seen[status] = seen.get(status, 0) + 1
    if status == 0:
        outcome = library.ek_host_run(runtime, 0, 0xFFFF)
        assert outcome in outcomes, outcome

for length in range(0, len(model), max(1, len(model) // 2000)):
    attempt(model[:length])
for _ in range(rounds):
    data = bytearray(model)
    for _ in range(random.choice((1, 1, 2, 5))):
        at = random.randrange(len(data))
        kind = random.randrange(4)
        if kind == 0:
            data[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            data[at] = random.choice((0, 1, 127, 128, 255))
        elif kind == 2:
            value = random.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, len(data), len(data) - 4))
            data[at : at + 4] = value.to_bytes(4, "little")
        else:
            other = random.randrange(len(data))
            data[at : at + 4] = data[other : other + 4]
    attempt(bytes(data[: len(model)]))
print(seen)
"""


@pytest.fixture(scope="module")
def sanitized_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    folder = tmp_path_factory.mktemp("sanitized")
    # An endless loop takes a moment, not minutes.
    flags = "EXTRA_CFLAGS=-fsanitize=address,undefined -fno-sanitize-recover=all -DEK_MAX_WORK=0x100000ull"
    command = ["make", "-C", str(ROOT / "firmware"), "BOARD=host", f"BUILD={folder}", flags]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "libedgekit_runtime.so"


MODELS = {
    "network": (build_small_network(seed=5, size=6, channels=3), [Status.OK]),
    # Loops may become endless, and handles of variables others': the run fails, with its status.
    "loop": (build_counting_loop(limit=4), [Status.OK, Status.RUNTIME_FAILED]),
    "state": (build_accumulator(lambda _: 4, initial=True), [Status.OK, Status.RUNTIME_FAILED]),
}


@pytest.mark.parametrize("name", MODELS)
def test_no_mutation_of_a_model_makes_the_runtime_misbehave(
    sanitized_library: Path, tmp_path: Path, name: str
) -> None:
    content, outcomes = MODELS[name]
    model = tmp_path / "model.tflite"
    model.write_bytes(content)
    preload = subprocess.run(
        ["gcc", "-print-file-name=libasan.so"], check=True, capture_output=True, text=True
    ).stdout.strip()
    environment = {**os.environ, "LD_PRELOAD": preload, "ASAN_OPTIONS": "detect_leaks=0"}
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            _CHILD,
            str(sanitized_library),
            str(model),
            str(ROUNDS),
            *(str(int(each)) for each in outcomes),
        ],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    # The mutations reach behind the first check: some models load, others fail in different ways.
    seen = eval(done.stdout)  # noqa: S307 - a dict literal that the child printed
    assert seen[0] > 100
    assert seen[7] > 100
    assert seen[8] > 100
