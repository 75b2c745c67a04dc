"""From nothing to a runtime that answers, on a real SSH server, and all that can go wrong between."""

from __future__ import annotations

import shutil
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edgekit.console import note
from edgekit.deadline import Deadline
from edgekit.errors import (
    ConnectError,
    DataError,
    DeadlineError,
    DeviceError,
    EdgekitError,
    LinkError,
    UsageError,
)
from edgekit.farm import Device, connect, locked
from edgekit.provision.archive import pack_wheels
from edgekit.provision.provision import Options, _default, provision, remove
from tests.provision.boards import BALLAST, CuttingLine, device_at, files_below, run, serve_with
from tests.provision.fake_wheels import build_runtime
from tests.provision.test_choose import board


def test_a_second_run_uploads_nothing_and_remove_leaves_nothing(
    device: Device, folder: Path, wheels: Path
) -> None:
    (done,) = run(device, "auto", wheels)
    assert (done.runtime, done.name) == ("litert", "ai-edge-litert 9.1.0")
    assert done.packages == ("ai_edge_litert 9.1.0", "tiny_helper 1.0")
    assert done.bytes_sent > 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not any(each.stat().st_mode & 0o077 for each in folder.rglob("*"))
    assert not (folder / "incoming").exists()
    shutil.rmtree(wheels)  # neither wheels nor a network are needed any more
    (again,) = run(device)
    assert (again.runtime, again.bytes_sent, again.path) == ("litert", 0, done.path)
    with connect(device, Deadline(30)) as session:
        assert session.hello.runtime == "ai-edge-litert 9.1.0"
    assert remove(device, Deadline(20)) == str(folder)
    assert not folder.parent.exists()  # it was made with ours
    assert remove(device, Deadline(20)) is None


def test_folders_that_were_there_before_stay(device: Device, folder: Path, wheels: Path) -> None:
    folder.parent.mkdir()
    (folder.parent / "of somebody else").touch()
    run(device, "auto", wheels)
    remove(device, Deadline(20))
    assert files_below(folder.parent) == ["of somebody else"]


@pytest.mark.parametrize("damage", ["a changed byte", "a new file", "a lost record"])
def test_damage_is_repaired(device: Device, folder: Path, wheels: Path, damage: str) -> None:
    run(device, "auto", wheels)
    site = folder / "site/ai_edge_litert-9.1.0"
    before = {each: each.read_bytes() for each in site.rglob("*.py")}
    victim = site / "tiny_helper.py"
    if damage == "a changed byte":
        victim.write_bytes(victim.read_bytes().replace(b"0", b"1"))
    elif damage == "a new file":
        (site / "numpy.py").write_text("raise SystemExit\n")
    else:
        (folder / "provision.json").write_text('{"edgekit_provision": 1, "entr')
    (done,) = run(device, "auto", wheels)
    assert done.bytes_sent > 0
    assert {each: each.read_bytes() for each in site.rglob("*.py")} == before


def test_another_version_replaces_the_one_before(
    device: Device, folder: Path, wheels: Path, tmp_path: Path
) -> None:
    run(device, "auto", wheels)
    (done,) = run(device, "auto", build_runtime(tmp_path / "newer", "9.2.0"))
    assert (done.name, done.bytes_sent > 0) == ("ai-edge-litert 9.2.0", True)
    assert [each.name for each in (folder / "site").iterdir()] == ["ai_edge_litert-9.2.0"]


@pytest.mark.usefixtures("built_program")
def test_a_board_without_python_gets_the_program_and_is_used_with_it(
    ssh_server: Any, folder: Path, add_model: bytes
) -> None:
    device = device_at(ssh_server, python="no-such-python")
    with pytest.raises(ConnectError, match=r"run `edgekit provision pi`"), connect(device, Deadline(30)):
        pass
    (done,) = run(device)
    assert (done.runtime, done.name) == ("edgekit", "edgekit-runtime")
    assert files_below(folder) == ["edgekit-runtime", "provision.json", "site"]
    assert run(device)[0].bytes_sent == 0
    with connect(device, Deadline(30)) as session:
        assert session.hello.runtime == "edgekit-runtime"
        assert session.load(add_model, Deadline(30)).num_operators == 2
    (folder / "edgekit-runtime").unlink()  # it may still be ending, and is busy so long
    (folder / "edgekit-runtime").write_bytes(b"damaged")
    assert run(device)[0].bytes_sent > 0
    remove(device, Deadline(20))
    assert not folder.exists()


@pytest.mark.usefixtures("built_program")
def test_all_installs_each_that_fits_and_each_is_used_when_asked_for(
    ssh_server: Any, wheels: Path, tmp_path: Path
) -> None:
    """The board calls itself Python 3.13 here, for which there is no tflite-runtime."""
    device = device_at(ssh_server, python=str(new_python(tmp_path)))
    done = run(device, "all", wheels)
    assert [each.runtime for each in done] == ["litert", "edgekit"]
    assert [each.bytes_sent for each in run(device, "all", wheels)] == [0, 0]
    for runtime, name in (("edgekit", "edgekit-runtime"), ("litert", "ai-edge-litert 9.1.0")):
        chosen = device_at(ssh_server, python=device.settings["python"], runtime=runtime)
        with connect(chosen, Deadline(30)) as session:
            assert session.hello.runtime == name


@pytest.mark.parametrize(
    ("wanted", "best", "before", "has_python", "default"),
    [
        ("auto", "litert", "edgekit", True, "litert"),
        ("auto", "edgekit", "", False, "edgekit"),
        ("edgekit", "edgekit", "", True, ""),  # the agent may find a runtime of the board's own
        ("edgekit", "edgekit", "", False, "edgekit"),
        ("edgekit", "edgekit", "litert", True, "litert"),
        ("litert", "litert", "edgekit", True, "litert"),
        ("tflite_runtime", "tflite_runtime", "litert", True, "litert"),
    ],
)
def test_what_is_used_when_nobody_names_a_runtime(
    wanted: str, best: str, before: str, has_python: bool, default: str
) -> None:
    facts = board(python=(3, 11) if has_python else None)
    assert _default(wanted, best, before, facts) == default


def new_python(tmp_path: Path) -> Path:
    script = tmp_path / "python3.13"
    changed = "3, 13, 0"
    script.write_text(
        f'#!/bin/sh\ncase "$3" in *facts=*) {sys.executable} "$@" | sed "s/\\[3, 1[0-9], [0-9]*\\]/[{changed}]/" ;;\n'
        f'*) exec {sys.executable} "$@" ;; esac\n'
    )
    script.chmod(0o755)
    return script


def test_without_sftp_everything_goes_through_commands(ssh_server: Any, folder: Path, wheels: Path) -> None:
    with serve_with(ssh_server, {"Subsystem sftp internal-sftp\n": ""}) as port:
        device = device_at(ssh_server, port)
        (done,) = run(device, "auto", build_runtime(wheels, ballast=BALLAST))
        assert done.bytes_sent > len(BALLAST)
        with connect(device, Deadline(30)) as session:
            assert session.hello.runtime == "ai-edge-litert 9.1.0"


@pytest.mark.parametrize("sftp", [True, False])
def test_an_upload_that_was_cut_off_continues(
    ssh_server: Any, folder: Path, wheels: Path, sftp: bool
) -> None:
    build_runtime(wheels, ballast=BALLAST)
    changes = {} if sftp else {"Subsystem sftp internal-sftp\n": ""}
    with serve_with(ssh_server, changes) as port:
        line = CuttingLine(port, 2_500_000)
        try:
            device = device_at(ssh_server, line.port)
            with pytest.raises(LinkError, match=r"lost the connection to pi while uploading; .* is kept"):
                run(device, "auto", wheels)
            arrived = settled_part(folder).stat().st_size
            line.limit = None
            (done,) = run(device, "auto", wheels)
        finally:
            line.close()
    assert done.bytes_sent == len(pack_wheels(wheels.glob("*.whl")).archive) - arrived
    assert not (folder / "incoming").exists()


def test_a_part_that_was_damaged_is_not_continued(ssh_server: Any, folder: Path, wheels: Path) -> None:
    build_runtime(wheels, ballast=BALLAST)
    line = CuttingLine(ssh_server.port, 2_500_000)
    try:
        with pytest.raises(LinkError):
            run(device_at(ssh_server, line.port), "auto", wheels)
    finally:
        line.close()
    with settled_part(folder).open("r+b") as file:
        file.write(b"!")
    (done,) = run(device_at(ssh_server), "auto", wheels)
    assert done.bytes_sent == len(pack_wheels(wheels.glob("*.whl")).archive)


def settled_part(folder: Path) -> Path:
    """What a cut upload left, once the server has written all that it had received."""
    sizes = [0]
    end = time.monotonic() + 20
    while sizes[-1] == 0 or sizes[-5:] != sizes[-1:] * 5:
        assert time.monotonic() < end
        time.sleep(0.2)
        sizes += parts(folder)
    (part,) = (folder / "incoming").glob("*.part")
    return part


def parts(folder: Path) -> list[int]:
    return [each.stat().st_size for each in (folder / "incoming").glob("*.part")]


def test_a_runtime_that_computes_nonsense_is_taken_back(device: Device, folder: Path, tmp_path: Path) -> None:
    broken = build_runtime(tmp_path / "broken", error=1)
    with pytest.raises(DeviceError, match=r"computes 6d .. .. where 6c 80 7f is right"):
        run(device, "auto", broken)
    assert not folder.exists()


def test_one_that_works_stays_where_its_replacement_does_not(
    device: Device, folder: Path, wheels: Path, tmp_path: Path
) -> None:
    run(device, "auto", wheels)
    before = files_below(folder)
    broken = build_runtime(tmp_path / "broken", error=1)
    with pytest.raises(DeviceError, match=r"computes 6d .. .. where 6c 80 7f is right"):
        run(device, "auto", broken)
    assert files_below(folder) == before
    assert run(device, "auto")[0].bytes_sent == 0


def test_a_runtime_that_does_not_start_is_taken_back_and_what_was_there_stays(
    device: Device, folder: Path, wheels: Path, tmp_path: Path, built_program: Path
) -> None:
    run(device, "edgekit")
    build_runtime(wheels)
    from tests.provision.fake_wheels import build_wheel

    build_wheel(
        wheels, "tiny-helper", "2.0", {"tiny_helper.py": "raise OSError('libstdc++.so.6 is missing')\n"}
    )
    with pytest.raises(DeviceError, match=r"libstdc\+\+\.so\.6 is missing"):
        run(device, "litert", wheels)
    assert files_below(folder) == ["edgekit-runtime", "provision.json", "site"]
    assert run(device, "edgekit")[0].bytes_sent == 0


@pytest.mark.parametrize("kind", ["folder", "link", "file"])
def test_what_is_not_ours_is_left_alone(
    device: Device, folder: Path, wheels: Path, tmp_path: Path, kind: str
) -> None:
    folder.parent.mkdir()
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis").write_text("years")
    if kind == "folder":
        shutil.copytree(precious, folder)
    elif kind == "link":
        folder.symlink_to(precious)
    else:
        folder.write_text("years")
    for action in (lambda: run(device, "auto", wheels), lambda: remove(device, Deadline(20))):
        with pytest.raises(DeviceError, match=r"edgekit on pi is not edgekit's own: it .*; it is left alone"):
            action()
    assert (precious / "thesis").read_text() == "years"
    assert folder.is_symlink() or folder.is_file() or (folder / "thesis").read_text() == "years"


def test_wheels_that_are_missing_are_told_and_nothing_is_left(
    device: Device, folder: Path, tmp_path: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(
        DataError, match=r"empty has no wheel of ai-edge-litert for Python 3\.\d+ on x86_64 with glibc"
    ):
        run(device, "auto", empty)
    assert not folder.exists()


def test_a_device_in_use_is_not_provisioned(device: Device, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgekit.farm.LOCK_TIMEOUT_S", 0.2)
    with locked(device, Deadline(5)), pytest.raises(ConnectError, match="pi is in use by another edgekit"):
        run(device)


def test_only_boards_over_ssh_are_provisioned() -> None:
    from edgekit.farm import find_device

    with pytest.raises(
        UsageError, match="local is reached by local; provisioning is for Linux boards over ssh"
    ):
        run(find_device("local"))


def test_a_board_that_stops_answering_ends_with_the_deadline(
    ssh_server: Any, folder: Path, wheels: Path
) -> None:
    build_runtime(wheels, ballast=BALLAST)
    # A shell that never comes back, as on a board whose disk hangs.
    with serve_with(ssh_server, extra="ForceCommand sleep 300\n") as port:
        began = time.monotonic()
        with pytest.raises((DeadlineError, ConnectError, LinkError)):
            run(device_at(ssh_server, port), "auto", wheels, timeout_s=3)
        assert time.monotonic() - began < 15


def test_the_deadline_leaves_what_has_arrived(
    ssh_server: Any, folder: Path, wheels: Path, monkeypatch: Any
) -> None:
    """The clock jumps past the deadline in the middle of the upload."""
    build_runtime(wheels, ballast=BALLAST)
    deadline, sent = Deadline(60), 0

    class Late:
        def __call__(self, n: int = 1) -> None:
            nonlocal sent
            sent += n
            if sent > 1_000_000:
                deadline._end_s = 0.0

    import contextlib

    @contextlib.contextmanager
    def show(description: str, total: int | None) -> Iterator[Any]:
        yield Late() if total else lambda n=1: None

    device = device_at(ssh_server)
    with pytest.raises(DeadlineError, match="gave up after 60 s while uploading"):
        provision(device, Options("auto", wheels), deadline, note, show)
    assert parts(folder)[0] > 500_000
    assert run(device, "auto", wheels)[0].bytes_sent < len(BALLAST) - 500_000


def test_the_real_runtime_is_provisioned(
    ssh_server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With the wheels that pip gets for this machine, into a Python that has no packages of its own."""
    python = tmp_path / "bare"
    # -S: without what is installed here.
    python.write_text(f'#!/bin/sh\nshift\nexec {sys.executable} -I -S "$@"\n')
    python.chmod(0o755)
    device = device_at(ssh_server, python=str(python))
    try:
        (done,) = run(device, "litert", timeout_s=300)
    except EdgekitError as error:
        if "pip gets no wheel" in str(error):
            pytest.skip(f"pip cannot reach wheels here: {str(error).splitlines()[0]}")
        raise
    assert done.name.startswith("ai-edge-litert ")
    assert any(each.startswith("numpy ") for each in done.packages)
    assert run(device, "litert")[0].bytes_sent == 0
