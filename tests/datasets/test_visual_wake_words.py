from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from edgekit.datasets import load_dataset, visual_wake_words
from edgekit.errors import DataError
from tests.datasets.conftest import FileServer, build_tar_gz, publish

Image = pytest.importorskip("PIL.Image")


def build_jpeg(red: int, green: int, side: int = 96) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), (red, green, 0)).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def build_members() -> dict[str, bytes]:
    """Forty pictures without a person and twenty with, in no order; red says which, green the place by name."""
    members = {"vw_coco2014_96/README.txt": b"", "vw_coco2014_96/person/note.txt": b""}
    for number in range(40):
        members[f"vw_coco2014_96/non_person/COCO_{number:03d}.jpg"] = build_jpeg(0, 4 * number)
    for number in range(20):
        members[f"vw_coco2014_96/person/COCO_{number:03d}.jpg"] = build_jpeg(200, 4 * number)
    names = sorted(members)
    return {names[place]: members[names[place]] for place in np.random.RandomState(0).permutation(len(names))}


def test_the_first_tenth_of_each_folder_is_for_testing(
    server: FileServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(server, monkeypatch, visual_wake_words, build_tar_gz(build_members()))
    dataset = load_dataset("visual_wake_words")
    assert dataset.x_train.shape == (54, 96, 96, 3)
    assert dataset.x_test.shape == (6, 96, 96, 3)
    assert dataset.class_names == ("non_person", "person")
    assert ((dataset.x_train[:, 50, 50, 0] > 0.5) == dataset.y_train).all()
    assert ((dataset.x_test[:, 50, 50, 0] > 0.5) == dataset.y_test).all()
    # Four of forty and two of twenty, those whose names come first.
    places = np.round(dataset.x_test[:, 50, 50, 1] * 255 / 4).astype(int)
    assert sorted(places[dataset.y_test == 0].tolist()) == [0, 1, 2, 3]
    assert sorted(places[dataset.y_test == 1].tolist()) == [0, 1]
    load_dataset("visual_wake_words")
    assert len(server.requests) == 1


def test_a_part_of_it_is_spread_evenly_and_keeps_the_proportion(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(build_tar_gz(build_members()))
    arrays = visual_wake_words.read_archive(tmp_path / "a.tar.gz", num_train=12, num_test=3)
    assert np.bincount(arrays["y_train"]).tolist() == [8, 4]
    assert np.bincount(arrays["y_test"]).tolist() == [2, 1]
    places = np.round(arrays["x_train"][arrays["y_train"] == 0, 50, 50, 1] / 4).astype(int)
    assert sorted(places.tolist()) == [4 + each * 36 // 8 for each in range(8)]


def test_a_ready_made_file_gives_the_same(data_dir: Path) -> None:
    images = np.random.RandomState(0).randint(0, 256, (6, 96, 96, 3)).astype(np.uint8)
    labels = np.array([0, 1, 0, 1, 1, 0], np.uint8)
    np.savez(
        data_dir / "visual_wake_words.npz",
        x_train=images,
        y_train=labels,
        x_test=images[:2],
        y_test=labels[:2],
    )
    dataset = load_dataset("visual_wake_words")
    np.testing.assert_array_equal(np.round(dataset.x_train * 255), images)
    np.savez(
        data_dir / "visual_wake_words.npz",
        x_train=images[:, :48],
        y_train=labels,
        x_test=images[:2],
        y_test=labels[:2],
    )
    with pytest.raises(DataError, match="expected images of 96x96"):
        load_dataset("visual_wake_words")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"no picture", "is not a sound JPEG file"),
        (build_jpeg(0, 0)[:400], "is not a sound JPEG file"),
        (build_jpeg(0, 0, 64), "has 64x64 pixels; expected 96x96"),
    ],
)
def test_a_bad_picture_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    name = "vw_coco2014_96/person/COCO_007.jpg"
    (tmp_path / "a.tar.gz").write_bytes(build_tar_gz(build_members() | {name: data}))
    with pytest.raises(DataError, match=f"COCO_007.jpg {message}"):
        visual_wake_words.read_archive(tmp_path / "a.tar.gz")


def test_an_archive_without_people_is_refused(tmp_path: Path) -> None:
    members = {name: data for name, data in build_members().items() if "/person/" not in name}
    (tmp_path / "a.tar.gz").write_bytes(build_tar_gz(members))
    with pytest.raises(DataError, match="lacks pictures in person/ or non_person/"):
        visual_wake_words.read_archive(tmp_path / "a.tar.gz")
