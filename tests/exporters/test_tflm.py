from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from edgekit.exporters.tflm import export_tflm
from edgekit.tflite_model import read_model
from tests.tiny_model import build_dense

_MODEL = read_model(build_dense())
_MAIN = """\
#include <stdint.h>
#include <stdio.h>
#include "model_data.h"
int main(void) {
  if ((uintptr_t)g_dense_int8_model_data % 16 != 0) return 2;
  return fwrite(g_dense_int8_model_data, 1, g_dense_int8_model_data_size, stdout) == 0;
}
"""


@pytest.mark.parametrize(("compiler", "language"), [("cc", "c11"), ("c++", "c++11")])
def test_the_sources_compile_and_hold_the_model(tmp_path: Path, compiler: str, language: str) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"no {compiler} on this machine")
    for name, content in export_tflm(_MODEL, "dense-int8").items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "main.c").write_text(_MAIN)
    kind = ["-x", "c" if language == "c11" else "c++"]
    strict = [f"-std={language}", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    command = [compiler, *strict, *kind, "main.c", "model_data.c", "-o", "main"]
    built = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    result = subprocess.run([tmp_path / "main"], capture_output=True, check=True)
    assert result.stdout == _MODEL.data


def test_the_files_say_which_model_they_are() -> None:
    for content in export_tflm(_MODEL, "dense").values():
        assert _MODEL.sha256 in content.decode()
