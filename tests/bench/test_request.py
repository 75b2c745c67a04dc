from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import edgekit
from edgekit.artifact import Artifact, EvaluationSet
from edgekit.bench import request
from edgekit.bench.request import BenchmarkOptions, request_digest
from edgekit.runtime_options import RuntimeOptions
from edgekit.tflite_model import read_model
from tests.fake_session import fake_device
from tests.tiny_model import build_dense

ARTIFACT = Artifact("dense", read_model(build_dense()), {}, None)
OTHER_MODEL = read_model(build_dense(np.zeros((3, 4))))
DATA = EvaluationSet((np.zeros((1, 4), np.int8),), None, "aa")


def digest(artifact: Artifact = ARTIFACT, data: EvaluationSet | None = DATA, **options: object) -> str:
    return request_digest(artifact, fake_device(False), BenchmarkOptions(**options), data)  # type: ignore[arg-type]


def test_the_same_request_has_the_same_digest_whatever_its_timeout() -> None:
    assert digest() == digest() == digest(timeout_s=5)


def test_whatever_can_change_a_number_changes_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    digests = {
        digest(),
        digest(replace(ARTIFACT, model=OTHER_MODEL)),
        digest(replace(ARTIFACT, name="other")),
        digest(data=None),
        digest(data=replace(DATA, sha256="bb")),
        digest(runs=7),
        digest(warmup=7),
        digest(windows=2),
        digest(window_s=1.0),
        digest(governor="performance"),
        digest(runtime=RuntimeOptions(kernels="reference")),
        digest(runtime=RuntimeOptions(delegate="none")),
        digest(runtime=RuntimeOptions(threads=2)),
        digest(runtime=RuntimeOptions(cores=(1,))),
        digest(runtime=RuntimeOptions(runtime="litert")),
        request_digest(ARTIFACT, fake_device(True), BenchmarkOptions(), DATA),
        request_digest(
            ARTIFACT, replace(fake_device(False), settings={"port": "x"}), BenchmarkOptions(), DATA
        ),
    }
    monkeypatch.setattr(edgekit, "__version__", "99")
    digests.add(digest())
    assert len(digests) == 18


def test_a_changed_kernel_is_a_new_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kernels").mkdir()
    kernel = tmp_path / "kernels" / "ek_add_int8.c"
    kernel.write_text("int a;")
    monkeypatch.setattr(request, "find_resource_dir", lambda name: tmp_path)
    found = []
    for content in ("int a;", "int b;", "int a;"):
        kernel.write_text(content)
        request.software_digest.cache_clear()
        found.append(request.software_digest("cortex_m"))
    request.software_digest.cache_clear()
    assert found[0] == found[2] != found[1]
    assert request.software_digest("linux") not in found


def test_windows_do_not_matter_where_runs_are_given() -> None:
    assert digest(runs=7, windows=2) == digest(runs=7, window_s=1.0) == digest(runs=7)
