"""Wheels of a few lines: a runtime that knows one answer, and something that it requires."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

FAKE_VERSION = "9.1.0"

_INTERPRETER = """\
import numpy
import tiny_helper

class OpResolverType:
    BUILTIN_REF = 1

class Interpreter:
    def __init__(self, model_content, num_threads=None, **options):
        if model_content[4:8] != b"TFL3":
            raise ValueError("no model")

    def allocate_tensors(self):
        pass

    def get_input_details(self):
        return [{"name": "input", "index": 0, "shape": numpy.array([1, 4]), "dtype": numpy.int8}]

    def get_output_details(self):
        return [{"name": "output", "index": 3, "shape": numpy.array([1, 3]), "dtype": numpy.int8}]

    def _get_ops_details(self):
        return [{"op_name": "FULLY_CONNECTED"}]

    def set_tensor(self, index, value):
        self.value = value.astype(numpy.int32)

    def invoke(self):
        weights = numpy.array([[1, 1, 2, 1], [-1, 1, -127, 1], [1, 0, 127, 1]])
        sums = (weights @ self.value[0] + numpy.array([10, 0, 4])) // 2
        self.output = numpy.clip(sums, -128, 127).astype(numpy.int8) + tiny_helper.ERROR

    def get_tensor(self, index):
        return self.output
"""


def build_wheel(
    folder: Path,
    name: str,
    version: str,
    files: Mapping[str, str | bytes],
    requires: Sequence[str] = (),
    tag: str = "py3-none-any",
) -> Path:
    path = folder / f"{name.replace('-', '_')}-{version}-{tag}.whl"
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    metadata += [f"Requires-Dist: {each}" for each in requires]
    every: dict[str, str | bytes] = {
        **files,
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(
        f"{each},sha256={hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()},\n"
        for each, data in every.items()
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, data in {**every, f"{info}/RECORD": record}.items():
            archive.writestr(each, data)
    return path


def build_runtime(folder: Path, version: str = FAKE_VERSION, error: int = 0, ballast: bytes = b"") -> Path:
    """A folder of wheels; `error` is added to the right answer, `ballast` makes it large."""
    folder.mkdir(parents=True, exist_ok=True)
    build_wheel(folder, "tiny-helper", "1.0", {"tiny_helper.py": f"ERROR = {error}\n"})
    files: dict[str, str | bytes] = {
        "ai_edge_litert/__init__.py": f'__version__ = "{version}"\n',
        "ai_edge_litert/interpreter.py": _INTERPRETER,
    }
    if ballast:
        files["ai_edge_litert/ballast.bin"] = ballast
    requires = ["tiny-helper>=1", 'never-there; python_version < "3"', 'also-never; extra == "npu"']
    build_wheel(folder, "ai-edge-litert", version, files, requires)
    return folder
