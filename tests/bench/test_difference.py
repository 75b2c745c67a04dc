from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgekit.bench.difference import Difference, difference_path, write_difference
from edgekit.errors import DataError


def test_a_difference_lies_beside_its_result_and_can_be_read_back(tmp_path: Path) -> None:
    path = difference_path(tmp_path / "model.v2__local.json")
    assert path == tmp_path / "model.v2__local.first_difference.npz"
    inputs = [np.arange(4, dtype=np.int8), np.ones((1, 2), np.float32)]
    found, expected = [np.array([5], np.int8)], [np.array([4], np.int8)]
    write_difference(Difference(17, inputs, found, expected), path)
    with np.load(path, allow_pickle=False) as archive:
        assert sorted(archive.files) == ["expected_0", "found_0", "input_0", "input_1", "sample"]
        assert archive["sample"] == 17
        assert archive["input_0"].tolist() == [0, 1, 2, 3]
        assert archive["input_1"].shape == (1, 2)
        assert (archive["found_0"][0], archive["expected_0"][0]) == (5, 4)
        assert archive["found_0"].dtype == np.int8


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError):
        write_difference(Difference(0, [], [], []), tmp_path / "file" / "x.npz")
