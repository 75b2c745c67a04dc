from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.errors import DataError
from edgekit.techniques._calibration_doctor import check_calibration, diagnose_calibration, load_calibration

Array = np.ndarray[Any, Any]
_RANDOM = np.random.default_rng(1)
_LABELS = _RANDOM.integers(0, 10, 2000)
# Pictures from 0 to 1, mostly dark, whose bright part depends on the class.
_TRAINING = (_RANDOM.random((2000, 8, 8)) ** 3).astype(np.float32)
_TRAINING[np.arange(2000), _LABELS % 8, :] = 1.0
_SOME = _TRAINING[:256]


def _with_nan() -> Array:
    broken = _SOME.copy()
    broken[7, 0, 0] = np.nan
    return broken


_ERRORS = {
    "empty": (_SOME[:0], "are empty; expected at least 100 samples"),
    "NaN": (_with_nan(), "1 of 256 calibration samples hold NaN or infinity, the first one at index 7"),
    "not scaled": (_SOME * 255, "not scaled; divide them by 255"),
    "not scaled, uint8": ((_SOME * 255).astype(np.uint8), "not scaled; divide them by 255"),
    "scaled twice": (_SOME / 255, "scaled, which training was not; multiply them by 255"),
    "from -1 to 1": (_SOME * 2 - 1, "the range is wrong; prepare them exactly"),
    "far too narrow": (_SOME * 0.1, "the range is wrong"),
    "all zero": (_SOME * 0, "all calibration values are 0; expected values from .* to 1, as in training"),
    "another shape": (_SOME[:, :4], r"the shape \[4, 8\]; expected that of the training samples, \[8, 8\]"),
    "text": (np.array(["a"] * 9), "are str32; expected numbers"),
    "one sample again and again": (
        np.repeat(_SOME[:1], 99, axis=0),
        "all calibration samples are the same one",
    ),
}


@pytest.mark.parametrize("case", _ERRORS)
def test_samples_that_cannot_be_used_are_an_error_in_one_sentence(case: str) -> None:
    samples, message = _ERRORS[case]
    with pytest.raises(DataError, match=message) as caught:
        check_calibration(samples, _TRAINING)
    assert "\n" not in str(caught.value)


def test_one_class_only_is_an_error() -> None:
    chosen = _LABELS == 3
    with pytest.raises(
        DataError, match=r"all \d+ calibration samples are of class 3; expected all 10 classes"
    ):
        check_calibration(_TRAINING[chosen], _TRAINING, _LABELS[chosen], _LABELS)


def test_a_label_that_training_did_not_have_is_an_error() -> None:
    with pytest.raises(DataError, match="class 10, which training did not have"):
        check_calibration(_SOME, _TRAINING, _LABELS[:256] + 2, _LABELS)


def test_without_labels_one_class_is_seen_to_differ_from_the_training_data() -> None:
    (finding,) = diagnose_calibration(_TRAINING[_LABELS == 3], _TRAINING)
    assert not finding.is_error
    assert "take a random sample of the training data" in finding.sentence


@pytest.mark.parametrize(
    ("samples", "labels", "message"),
    [
        (_SOME[:5], None, "only 5 calibration samples"),
        (_TRAINING[_LABELS > 2][:256], _LABELS[_LABELS > 2][:256], "have 7 of 10 classes"),
        (_SOME * 0.75, None, "take samples that cover what the model will meet"),
    ],
)
def test_what_is_doubtful_is_a_warning(
    samples: Array, labels: Array | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    check_calibration(samples, _TRAINING, labels, _LABELS)
    assert message in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("start", range(0, 2000, 250))
@pytest.mark.parametrize("kind", ["pictures", "signals", "one value"])
def test_a_fair_sample_of_the_training_data_is_fine(start: int, kind: str) -> None:
    training = {
        "pictures": _TRAINING,
        # Heavy tails: the largest value of a sample is far from that of all.
        "signals": np.random.default_rng(2).standard_t(3, (2000, 64, 3)),
        "one value": np.ones((2000, 4)),
    }[kind]
    some = slice(start, start + 250)
    if kind == "one value":
        assert all("same one" in each.sentence for each in diagnose_calibration(training[some], training))
    else:
        assert diagnose_calibration(training[some], training, _LABELS[some], _LABELS) == []


def test_a_file_has_x_and_perhaps_y(tmp_path: Path) -> None:
    np.savez(tmp_path / "good.npz", x=_SOME, y=_LABELS[:256])
    samples, labels = load_calibration(tmp_path / "good.npz")
    assert samples.shape == (256, 8, 8)
    assert labels is not None
    np.savez(tmp_path / "other.npz", z=_SOME)
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 and nothing else")
    for name in ("other.npz", "broken.npz", "missing.npz"):
        with pytest.raises(DataError, match=r"expected an \.npz file with the array x"):
            load_calibration(tmp_path / name)
