from __future__ import annotations

import hashlib
import os
import resource
import shutil
import threading
from pathlib import Path

import pytest

from edgekit.datasets import _transfer
from edgekit.datasets._download import Publication, RemoteFile, fetch
from edgekit.errors import DataError
from tests.datasets.conftest import FileServer

BODY = os.urandom(3_000_000)
SHA256 = hashlib.sha256(BODY).hexdigest()
PUBLICATION = Publication("things", "CC BY 4.0, the makers of things", "things.npz")


def remote(server: FileServer, sha256: str | None = SHA256) -> RemoteFile:
    server.files.setdefault("/things.zip", BODY)
    return RemoteFile("things.zip", f"{server.address}/things.zip", sha256)


def kept(cache: Path) -> list[str]:
    return sorted(each.name for each in (cache / "things").iterdir() if not each.name.endswith(".lock"))


def test_a_file_is_downloaded_once_and_its_licence_told_once(
    server: FileServer, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = fetch(PUBLICATION, remote(server))
    assert path.read_bytes() == BODY
    assert fetch(PUBLICATION, remote(server)) == path == cache / "things" / "things.zip"
    assert len(server.requests) == 1
    assert kept(cache) == ["things.zip"]
    told = capfd.readouterr().err
    assert told.count("CC BY 4.0, the makers of things") == 1
    assert f"downloading {server.address}/things.zip (2.9 MiB)" in told


def test_a_cut_connection_is_resumed_from_where_it_was_cut(server: FileServer, cache: Path) -> None:
    server.cuts = [1_000_000, 500_000]
    assert fetch(PUBLICATION, remote(server)).read_bytes() == BODY
    assert [wanted for _, wanted in server.requests] == [None, "bytes=1000000-", "bytes=1500000-"]
    assert kept(cache) == ["things.zip"]


def test_a_connection_that_says_nothing_any_more_is_given_up_and_resumed(
    server: FileServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_transfer, "_STALL_TIMEOUT_S", 0.3)
    server.cuts, server.stall_s = [700_000], 1.0
    assert fetch(PUBLICATION, remote(server)).read_bytes() == BODY
    assert [wanted for _, wanted in server.requests] == [None, "bytes=700000-"]


def test_a_later_run_goes_on_with_what_an_earlier_one_got(server: FileServer, cache: Path) -> None:
    # The server stops answering after a third of the file.
    server.cuts = [1_000_000]
    file = remote(server)
    real_answer = server.answer
    server.answer = lambda request: real_answer(request) if not server.requests else request.send_error(503)  # type: ignore[method-assign]
    with pytest.raises(DataError, match="the server answered 503"):
        fetch(PUBLICATION, file)
    assert (cache / "things" / "things.zip.part").stat().st_size == 1_000_000
    assert not (cache / "things" / "things.zip").exists()
    server.answer = real_answer  # type: ignore[method-assign]
    assert fetch(PUBLICATION, file).read_bytes() == BODY
    assert server.requests[-1][1] == "bytes=1000000-"
    assert kept(cache) == ["things.zip"]


def test_a_file_that_changed_on_the_server_is_not_stitched_together(server: FileServer, cache: Path) -> None:
    file = remote(server, None)
    server.cuts = [1_000_000]
    real_answer = server.answer

    def change_then_answer(request: object) -> None:
        if server.requests:
            server.files["/things.zip"] = BODY[::-1]
        real_answer(request)  # type: ignore[arg-type]

    server.answer = change_then_answer  # type: ignore[assignment, method-assign]
    assert fetch(PUBLICATION, file).read_bytes() == BODY[::-1]


@pytest.mark.parametrize("sends_length", [True, False])
def test_a_server_without_ranges_is_asked_for_the_whole_file_again(
    server: FileServer, cache: Path, sends_length: bool
) -> None:
    server.knows_ranges = False
    server.sends_length = sends_length
    server.cuts = [1_000_000] if sends_length else []
    assert fetch(PUBLICATION, remote(server)).read_bytes() == BODY
    assert [wanted for _, wanted in server.requests] == [None] * (2 if sends_length else 1)


def test_a_part_that_is_already_whole_is_only_checked(server: FileServer, cache: Path) -> None:
    file = remote(server)
    (cache / "things").mkdir(parents=True)
    (cache / "things" / "things.zip.part").write_bytes(BODY)
    (cache / "things" / "things.zip.part.version").write_text(f'"{SHA256[:16]}"')
    assert fetch(PUBLICATION, file).read_bytes() == BODY
    assert server.requests == [("/things.zip", "bytes=3000000-")]


def test_a_part_longer_than_the_file_is_begun_again(server: FileServer, cache: Path) -> None:
    file = remote(server)
    (cache / "things").mkdir(parents=True)
    (cache / "things" / "things.zip.part").write_bytes(BODY + b"x")
    (cache / "things" / "things.zip.part.version").write_text(f'"{SHA256[:16]}"')
    assert fetch(PUBLICATION, file).read_bytes() == BODY


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(server: FileServer, cache: Path) -> None:
    with pytest.raises(DataError, match=f"has the SHA-256 {SHA256}; expected {'0' * 64}.*was not kept"):
        fetch(PUBLICATION, remote(server, "0" * 64))
    assert kept(cache) == []


def test_a_file_without_a_published_checksum_is_pinned_by_its_first_download(
    server: FileServer, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = remote(server, None)
    fetch(PUBLICATION, file)
    told = capfd.readouterr().err
    assert "knows no published checksum" in told
    assert "taken on trust" in told
    assert SHA256 in told
    assert (cache / "things" / "things.zip.sha256").read_text() == f"{SHA256}\n"
    (cache / "things" / "things.zip").unlink()
    server.files["/things.zip"] = BODY[:-1] + b"?"
    with pytest.raises(DataError, match="the one of the first download"):
        fetch(PUBLICATION, file)
    assert kept(cache) == ["things.zip.sha256"]
    server.files["/things.zip"] = BODY
    assert fetch(PUBLICATION, file).read_bytes() == BODY


def test_a_disk_too_small_is_found_before_anything_is_written(
    server: FileServer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1_000))
    with pytest.raises(DataError, match=r"no space for .* it needs 2\.9 MiB more and 1000 B are free"):
        fetch(PUBLICATION, remote(server))
    assert kept(cache) == []


def test_a_disk_that_fills_up_meanwhile_leaves_nothing_behind(server: FileServer, cache: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # No file of this process may grow beyond 2 MiB, so a write fails in the middle as on a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 << 20, hard))
    try:
        with pytest.raises(
            DataError, match=r"cannot write .*things\.zip\.part: File too large; nothing is left"
        ):
            fetch(PUBLICATION, remote(server))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert kept(cache) == []


def test_without_a_network_it_says_the_address_and_what_to_do(
    server: FileServer, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = remote(server)
    server.stop()
    server.stop = lambda: None  # type: ignore[method-assign]
    with pytest.raises(DataError) as caught:
        fetch(PUBLICATION, file)
    assert str(caught.value) == (
        f"cannot download {file.url}: Connection refused; the data set things needs it; connect this machine to the "
        "internet, or set EDGEKIT_DATA_DIR to a folder with things.npz or things.zip (EDGEKIT_DATA_DIR is not set)"
    )
    assert kept(cache) == []
    assert "CC BY" not in capfd.readouterr().err


def test_a_name_that_nobody_knows_is_told_as_such(cache: Path) -> None:
    with pytest.raises(DataError, match=r"cannot download http://things\.invalid/a\.zip: .+; the data set"):
        fetch(PUBLICATION, RemoteFile("a.zip", "http://things.invalid/a.zip"))


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_refusal_is_not_asked_for_twice(server: FileServer, cache: Path, status: int) -> None:
    server.statuses = [status]
    with pytest.raises(DataError, match=f"the server answered {status}"):
        fetch(PUBLICATION, remote(server))
    assert len(server.requests) == 1


def test_a_busy_server_is_asked_again(server: FileServer, cache: Path) -> None:
    server.statuses = [503, 429]
    assert fetch(PUBLICATION, remote(server)).read_bytes() == BODY


def test_an_address_of_another_kind_is_refused(cache: Path) -> None:
    with pytest.raises(DataError, match="expected an address that starts with http"):
        fetch(PUBLICATION, RemoteFile("passwd", "file:///etc/passwd"))


def test_a_file_in_the_data_folder_spares_the_download(server: FileServer, data_dir: Path) -> None:
    (data_dir / "things.zip").write_bytes(BODY)
    assert fetch(PUBLICATION, remote(server)) == data_dir / "things.zip"
    assert server.requests == []


def test_a_wrong_file_in_the_data_folder_is_refused_and_left_alone(
    server: FileServer, data_dir: Path
) -> None:
    (data_dir / "things.zip").write_bytes(b"other")
    with pytest.raises(DataError, match="replace it by the one from"):
        fetch(PUBLICATION, remote(server))
    assert (data_dir / "things.zip").read_bytes() == b"other"


def test_two_runs_at_once_download_a_file_once(server: FileServer, cache: Path) -> None:
    file = remote(server)
    paths: list[Path] = []
    threads = [threading.Thread(target=lambda: paths.append(fetch(PUBLICATION, file))) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(paths) == 3
    assert len(server.requests) == 1


def test_a_cache_that_cannot_be_written_is_told(
    server: FileServer, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"cannot write to the cache folder .*set XDG_CACHE_HOME"):
        fetch(PUBLICATION, remote(server))
