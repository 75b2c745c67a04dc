from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from edgekit.datasets import _archives
from edgekit.datasets._archives import iter_tar, iter_zip, read_gzip, read_wav
from edgekit.errors import DataError
from tests.datasets.conftest import build_tar_gz, build_wav, build_zip

MEMBERS = {"./b/two.txt": b"2" * 5000, "a/one.txt": b"1", "c/three.bin": bytes(range(256)) * 40}


def test_a_tar_is_read_in_its_order_and_a_zip_in_that_of_the_names(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(build_tar_gz(MEMBERS))
    found = dict(iter_tar(tmp_path / "a.tar.gz"))
    assert list(found) == ["b/two.txt", "a/one.txt", "c/three.bin"]
    assert list(found.values()) == list(MEMBERS.values())
    (tmp_path / "a.zip").write_bytes(build_zip({"z": b"1", "a/": b"", "a/b": b"2"}))
    assert list(iter_zip(tmp_path / "a.zip")) == [("a/b", b"2"), ("z", b"1")]
    assert list(iter_zip((tmp_path / "a.zip").read_bytes(), lambda name: name == "z")) == [("z", b"1")]


@pytest.mark.parametrize("kept", [0, 3, 40, 0.5, -4])
def test_a_cut_archive_is_told(tmp_path: Path, kept: float) -> None:
    noise = {"noise": np.random.RandomState(0).bytes(20_000)}
    for name, data, read in (
        ("a.tar.gz", build_tar_gz(noise), lambda path: list(iter_tar(path))),
        ("a.zip", build_zip(noise), lambda path: list(iter_zip(path))),
        ("a.gz", gzip.compress(noise["noise"]), read_gzip),
    ):
        path = tmp_path / name
        path.write_bytes(data[: int(len(data) * kept) if kept == 0.5 else int(kept)])
        if name == "a.gz" and kept == 0:
            assert read(path) == b""  # an empty file is an empty stream to gzip; its reader counts the bytes
            continue
        with pytest.raises(DataError, match=r"is not a sound archive|cannot read"):
            read(path)


def test_a_damaged_byte_is_told(tmp_path: Path) -> None:
    data = bytearray(build_zip({"noise": np.random.RandomState(0).bytes(20_000)}))
    data[10_000] ^= 1
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(DataError, match="Bad CRC-32"):
        list(iter_zip(tmp_path / "a.zip"))


def test_a_member_that_swells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_archives, "_MAX_MEMBER_BYTES", 1 << 20)
    bomb = bytes(2 << 20)
    (tmp_path / "a.gz").write_bytes(gzip.compress(bomb))
    with pytest.raises(DataError, match="unpacks to more than 1 MiB"):
        read_gzip(tmp_path / "a.gz")
    (tmp_path / "a.tar.gz").write_bytes(build_tar_gz({"bomb": bomb}))
    with pytest.raises(DataError, match="unpacks to more than 1 MiB"):
        list(iter_tar(tmp_path / "a.tar.gz"))


def test_a_sound_is_read_if_it_is_what_is_expected() -> None:
    samples = np.array([0, 1, -1, 32767, -32768])
    assert read_wav(build_wav(samples, 8_000), "a.wav", 8_000).tolist() == samples.tolist()
    with pytest.raises(
        DataError, match="1 channels of 16 bits at 8000 Hz; expected one of 16 bits at 16000 Hz"
    ):
        read_wav(build_wav(samples, 8_000), "a.wav", 16_000)
    with pytest.raises(DataError, match="2 channels"):
        read_wav(build_wav(samples[:4], 8_000, 2), "a.wav", 8_000)
    for broken in (b"", b"RIFF", b"text", build_wav(samples, 8_000)[:30]):
        with pytest.raises(DataError, match=r"a\.wav is not a sound \.wav file"):
            read_wav(broken, "a.wav", 8_000)
