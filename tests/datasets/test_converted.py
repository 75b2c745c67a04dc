from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.datasets._converted import keep_converted


def test_arrays_are_made_once_for_each_archive(cache: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive.zip"
    archive.write_bytes(b"1")
    made: list[int] = []

    def make() -> dict[str, Any]:
        made.append(1)
        return {"x": np.arange(len(made))}

    for _ in range(2):
        assert keep_converted("things", archive, "1", ("x",), make)["x"].tolist() == [0]
    archive.write_bytes(b"22")
    assert keep_converted("things", archive, "1", ("x",), make)["x"].tolist() == [0, 1]
    assert keep_converted("things", archive, "2", ("x",), make)["x"].tolist() == [0, 1, 2]
    for each in (cache / "things").iterdir():
        each.write_bytes(b"damaged")
    assert len(keep_converted("things", archive, "2", ("x",), make)["x"]) == 4


def test_a_full_disk_costs_time_and_not_the_result(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "archive").write_bytes(b"1")

    def no_space(*_: Any, **__: Any) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(np, "savez", no_space)
    assert (
        keep_converted("things", tmp_path / "archive", "1", ("x",), lambda: {"x": np.ones(2)})["x"].sum() == 2
    )
    assert "cannot keep" in capfd.readouterr().err
    assert list((cache / "things").iterdir()) == []
