from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import edgekit
from edgekit.artifact import Artifact, EvaluationSet
from edgekit.bench.request import BenchmarkOptions, request_digest
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
        digest(kernels="reference"),
        request_digest(ARTIFACT, fake_device(True), BenchmarkOptions(), DATA),
        request_digest(
            ARTIFACT, replace(fake_device(False), settings={"port": "x"}), BenchmarkOptions(), DATA
        ),
    }
    monkeypatch.setattr(edgekit, "__version__", "99")
    digests.add(digest())
    assert len(digests) == 11
