from __future__ import annotations

import platform
import subprocess
import sys
import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import filelock
import pytest

from edgekit import farm
from edgekit.board import load_board
from edgekit.deadline import Deadline
from edgekit.errors import ConfigError, ConnectError, UnknownNameError, UsageError
from edgekit.farm import Device, connect, find_device, find_farm_file, list_devices, read_farm
from edgekit.runtime_options import RuntimeOptions
from edgekit.wire.codes import Capability

FARM = """
[devices.pi-desk]
board = "generic_aarch64"
transport = "ssh"
host = "pi.local"
port = 22

[devices.nucleo]
board = "qemu_mps2_an386"
transport = "serial"
usb_serial = "0667FF303030"
meter = "lpm01a"
"""


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No farm.toml of the machine that runs the tests, and locks in a folder of the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EDGEKIT_FARM", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "farm.toml"
    path.write_text(text)
    return path


@pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64"), reason="local has a board for these only"
)
def test_local_and_every_emulated_board_are_built_in() -> None:
    devices = {each.name: each for each in list_devices()}
    assert devices["local"].transport == "local"
    assert devices["local"].board.architecture == platform.machine()
    assert devices["qemu_mps2_an386"] == Device(
        "qemu_mps2_an386", load_board("qemu_mps2_an386"), "virtual", {}
    )


def test_devices_of_farm_toml_come_with_their_settings(tmp_path: Path) -> None:
    write(tmp_path, FARM)
    assert find_device("pi-desk").settings == {"host": "pi.local", "port": 22}
    assert find_device("pi-desk").board.name == "generic_aarch64"
    assert find_device("nucleo").settings == {"usb_serial": "0667FF303030", "meter": "lpm01a"}
    assert "local" in {each.name for each in list_devices()}


def test_the_environment_wins_over_the_folder_and_the_folder_over_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = tmp_path / "config" / "edgekit" / "farm.toml"
    user.parent.mkdir(parents=True)
    user.write_text(FARM)
    assert find_farm_file() == user
    write(tmp_path, FARM)
    assert find_farm_file() == Path("farm.toml")
    named = tmp_path / "other.toml"
    named.write_text(FARM)
    monkeypatch.setenv("EDGEKIT_FARM", str(named))
    assert find_farm_file() == named
    monkeypatch.setenv("EDGEKIT_FARM", str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match=r"EDGEKIT_FARM names .*none\.toml, which is no file"):
        find_farm_file()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "host =",
            "hots =",
            r"farm\.toml:5: unknown key 'hots' in \[devices\.pi-desk\]; did you mean 'host'\?",
        ),
        (
            "port = 22",
            'port = "22"',
            r"farm\.toml:6: port = '22' in \[devices\.pi-desk\] should be a whole number",
        ),
        ('host = "pi.local"\n', "", r"farm\.toml:2: key 'host' is missing in \[devices\.pi-desk\]"),
        (
            'transport = "ssh"',
            'transprt = "ssh"',
            r"farm\.toml:4: unknown key 'transprt' in \[devices\.pi-desk\]; did you mean 'transport'\?",
        ),
        ('"ssh"', '"shh"', r"farm\.toml:4: unknown transport 'shh'; did you mean 'ssh'\?"),
        ('"ssh"', '"link"', r"farm\.toml:4: unknown transport 'link'"),
        (
            '"generic_aarch64"',
            '"generic_arch64"',
            r"farm\.toml:3: unknown board 'generic_arch64'; did you mean 'gen",
        ),
        ('board = "generic_aarch64"\n', "", r"farm\.toml:2: key 'board' is missing"),
        (
            "[devices.nucleo]",
            "[device.nucleo]",
            r"farm\.toml:\d+: unknown key 'device'; did you mean 'devices'\?",
        ),
        ("[devices.nucleo]", "[devices.nucleo", r"farm\.toml:8: not valid TOML"),
        (
            "usb_serial",
            "usb-serial",
            r"farm\.toml:11: unknown key 'usb-serial' in .*did you mean 'usb_serial'\?",
        ),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in FARM
    with pytest.raises(ConfigError, match=message):
        read_farm(write(tmp_path, FARM.replace(old, new)))


def test_an_unknown_device_is_answered_with_a_close_one_and_where_devices_live() -> None:
    with pytest.raises(
        UnknownNameError, match=r"did you mean 'local'\?; `edgekit devices` lists them, .*farm\.toml"
    ):
        find_device("locl")


def test_a_board_in_use_is_refused_and_free_again_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(farm, "LOCK_TIMEOUT_S", 0.2)
    settings = {"port": str(tmp_path / "no-such-port")}
    one = Device("one", load_board("generic_x86_64"), "serial", settings)
    # Another name for the same port is the same board.
    other = Device("other", load_board("generic_x86_64"), "serial", settings)
    script = f"""
        import sys
        from edgekit.board import load_board
        from edgekit.deadline import Deadline
        from edgekit.farm import Device, locked
        with locked(Device("one", load_board("generic_x86_64"), "serial", {settings!r}), Deadline(5)):
            print("locked", flush=True)
            sys.stdin.read()
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    root = Path(farm.__file__).parents[1]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=_environment(root)
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        for device in (one, other):
            with (
                pytest.raises(ConnectError, match=f"{device.name} is in use by another edgekit"),
                connect(device, Deadline(5)),
            ):
                pass
        holder.communicate()
    with pytest.raises(ConnectError, match="there is no such port"), connect(one, Deadline(5)):
        pass


def _environment(root: Path) -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(root)}


def test_a_lock_folder_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cache").write_text("in the way")
    device = Device("one", load_board("generic_x86_64"), "serial", {"port": "/dev/none"})
    with pytest.raises(ConnectError, match="cannot lock one in "), connect(device, Deadline(5)):
        pass


def test_unknown_kernels_are_refused_before_anything_is_opened() -> None:
    with (
        pytest.raises(UsageError, match="kernels is 'referense'; expected fast or reference"),
        connect(find_device("local"), Deadline(5), kernels="referense"),
    ):
        pass


def test_locks_are_released_when_connecting_fails(tmp_path: Path) -> None:
    device = Device("one", load_board("generic_x86_64"), "serial", {"port": str(tmp_path / "none")})
    for _ in range(2):
        with pytest.raises(ConnectError, match="no such port"), connect(device, Deadline(5)):
            pass
    (lock,) = (tmp_path / "cache" / "edgekit" / "locks").glob("*.lock")
    with filelock.FileLock(lock, timeout=0):
        pass


def connected(
    monkeypatch: pytest.MonkeyPatch,
    capabilities: Capability,
    options: RuntimeOptions,
    board: str = "generic_x86_64",
) -> list[dict[str, Any]]:
    """The CONFIGURE requests that a device with these capabilities gets."""
    asked: list[dict[str, Any]] = []

    class Session:
        hello = SimpleNamespace(capabilities=capabilities, runtime="what answered")

        def configure(self, options: dict[str, Any], deadline: Deadline) -> None:
            asked.append(options)

        def conditions(self, deadline: Deadline) -> dict[str, Any]:
            return {}

        def __enter__(self) -> Session:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    transport = SimpleNamespace(open_link=lambda name, board, settings, deadline: opened.append(settings))
    opened: list[dict[str, Any]] = []
    monkeypatch.setattr(farm, "find_transport", lambda name: transport)
    monkeypatch.setattr(farm.DeviceSession, "open", lambda *_: Session())
    with connect(Device("one", load_board(board), "local", {"threads": 4}), Deadline(5), options):
        assert opened[0].get("runtime") == options.runtime
    return asked


AGENT, PROGRAM = Capability.TENSORS | Capability.HOST_OS, Capability.TENSORS | Capability.STEP


def test_the_agent_is_told_what_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    options = RuntimeOptions(runtime="litert", delegate="none")
    expected = {"kernels": "fast", "runtime": "litert", "delegate": "none", "threads": 4}
    assert connected(monkeypatch, AGENT, options) == [expected]


def test_our_own_runtime_has_no_options(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connected(monkeypatch, PROGRAM, RuntimeOptions(runtime="edgekit")) == []
    assert connected(monkeypatch, PROGRAM, RuntimeOptions()) == []
    assert connected(monkeypatch, PROGRAM, RuntimeOptions(), "qemu_mps2_an386") == []


@pytest.mark.parametrize(("capabilities", "runtime"), [(AGENT, "edgekit"), (PROGRAM, "litert")])
def test_another_runtime_than_was_asked_for_is_not_measured(
    monkeypatch: pytest.MonkeyPatch, capabilities: Capability, runtime: str
) -> None:
    with pytest.raises(ConnectError, match=f"one runs what answered, not the {runtime} runtime"):
        connected(monkeypatch, capabilities, RuntimeOptions(runtime=runtime))


def test_options_that_the_runtime_of_the_board_cannot_have_are_not_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for options in (
        RuntimeOptions(threads=2),
        RuntimeOptions(delegate="xnnpack"),
        RuntimeOptions(cores=(0,)),
    ):
        with pytest.raises(UsageError, match="the edgekit runtime"):
            connected(monkeypatch, PROGRAM, options)
