from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgekit.datasets import load_dataset, speech_commands
from edgekit.datasets._features import fit_clip, mfcc
from edgekit.datasets.speech_commands import load_mlperf_subset
from edgekit.errors import DataError
from tests.datasets.conftest import FileServer, build_tar_gz, build_wav, publish

WORDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
NOISE = np.random.RandomState(0).randint(-900, 900, 40_000)


def _tone(word: int, number: int) -> np.ndarray:  # type: ignore[type-arg]
    return np.round(8_000 * np.sin(2 * np.pi * (200 + 150 * word) * np.arange(9_000 + 900 * number) / 16_000))


def build_members() -> dict[str, bytes]:
    """Ten words and two others, six speakers each: four to train, one to validate, one to test."""
    members: dict[str, bytes] = {"./README.md": b"#", "./LICENSE": b"CC BY"}
    lists: dict[str, list[str]] = {"validation_list.txt": [], "testing_list.txt": []}
    for word, name in enumerate((*WORDS, "bed", "zero")):
        for number in range(6):
            key = f"{name}/{number:08x}_nohash_0.wav"
            members[f"./{key}"] = build_wav(_tone(word, number), 16_000)
            if number >= 4:
                lists["validation_list.txt" if number == 4 else "testing_list.txt"].append(key)
    for name in ("doing_the_dishes", "pink_noise"):
        members[f"./_background_noise_/{name}.wav"] = build_wav(NOISE, 16_000)
    members["./_background_noise_/README.md"] = b"#"
    return members | {f"./{name}": "\n".join(keys).encode() for name, keys in lists.items()}


def test_the_official_archive_is_split_by_its_lists(
    server: FileServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, monkeypatch, speech_commands, build_tar_gz(build_members()))
    dataset = load_dataset("speech_commands")
    assert dataset.y_val is not None
    # Ten words, then silence and unknown, as many of each as of a word.
    assert np.bincount(dataset.y_train).tolist() == [4] * 12
    assert np.bincount(dataset.y_val).tolist() == [1] * 12
    assert np.bincount(dataset.y_test).tolist() == [1] * 12
    assert dataset.x_train.shape == (48, 49, 10, 1)
    assert dataset.class_names[:2] == ("Down", "Go")
    assert dataset.class_names[10:] == ("Silence", "Unknown")
    for label in range(10):
        expected = mfcc(fit_clip(_tone(label, 5), 16_000)[np.newaxis], speech_commands.FRONT_END)
        np.testing.assert_allclose(dataset.x_test[dataset.y_test == label][..., 0], expected, atol=1e-4)
    again = load_dataset("speech_commands")
    np.testing.assert_array_equal(again.x_train, dataset.x_train)
    assert len(server.requests) == 1


def test_silence_of_one_split_is_not_heard_in_another() -> None:
    recording = np.arange(1, 200_001)
    heard = []
    for part in speech_commands._PARTS:
        clips = list(speech_commands._cut([recording, recording], part, 5))
        assert len(clips) == 5
        last = [int(np.flatnonzero(clip)[-1]) for clip in clips]
        assert all(each == 15_999 for each in last)
        # `fit_clip` divides by the largest, which is the last; the ratio of the first to it gives the place.
        ends = [round(15_999 / (1 - float(clip[0]))) for clip in clips]
        heard.append((min(ends) - 15_999, max(ends)))
    assert heard[0][0] >= 1
    assert heard[0][1] <= 160_010
    assert heard[1][0] >= 159_990
    assert heard[1][1] <= 180_010
    assert heard[2][0] >= 179_990


def test_an_archive_without_lists_or_background_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "speech_commands_v0.02.tar.gz"
    for left_out in ("testing_list", "_background_noise_", "nohash"):
        members = {name: data for name, data in build_members().items() if left_out not in name}
        path.write_bytes(build_tar_gz(members))
        with pytest.raises(DataError, match="expected all of them"):
            speech_commands.read_archive(path)


def test_the_test_subset_of_mlperf_tiny_is_there_to_judge_with(real_data: Callable[[str], Path]) -> None:
    real_data("kws_speech_commands_1000.npz")
    x, y = load_mlperf_subset()
    assert x.shape == (1_000, 49, 10, 1)
    assert np.bincount(y, minlength=12).tolist() == [92, 92, 81, 89, 70, 84, 75, 78, 84, 89, 80, 86]


def test_without_the_test_subset_it_says_where_to_put_it(cache: Path) -> None:
    with pytest.raises(DataError, match=r"no kws_speech_commands_1000\.npz; set EDGEKIT_DATA_DIR"):
        load_mlperf_subset()


def test_features_may_be_there_already(data_dir: Path) -> None:
    arrays = {}
    for split in ("train", "val", "test"):
        arrays[f"x_{split}"] = np.zeros((12, 49, 10, 1), np.float32)
        arrays[f"y_{split}"] = np.arange(12)
    np.savez(data_dir / "speech_commands.npz", **arrays)
    assert load_dataset("speech_commands").x_val is not None
    np.savez(data_dir / "speech_commands.npz", **{**arrays, "y_val": np.arange(11)})
    with pytest.raises(DataError, match="expected; found x_val 12, y_val 11 rows"):
        load_dataset("speech_commands")
