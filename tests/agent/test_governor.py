from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from edgekit.agent.governor import FILE_NAME, Governor, GovernorError, private_folder
from tests.agent.boards import cpufreq, tree

BOOT = "proc/sys/kernel/random/boot_id"


@pytest.fixture
def root(tmp_path: Path) -> str:
    mixed = {"sys/devices/system/cpu/cpu3/cpufreq/scaling_governor": "powersave\n"}
    return tree(tmp_path / "root", {**cpufreq(4), **mixed, BOOT: "boot-1\n"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "private" / "edgekit"


def governors(root: str) -> list[str]:
    paths = sorted(Path(root).glob("sys/devices/system/cpu/cpu*/cpufreq/scaling_governor"))
    return [path.read_text().strip() for path in paths]


BEFORE = ["ondemand", "ondemand", "ondemand", "powersave"]


def test_each_processor_gets_its_own_governor_back(root: str, folder: Path) -> None:
    governor = Governor(root, folder)
    governor.set("performance")
    assert governors(root) == ["performance"] * 4
    assert governor.restore() == []
    assert governors(root) == BEFORE
    assert not folder.exists()


def test_setting_it_twice_restores_what_was_there_first(root: str, folder: Path) -> None:
    governor = Governor(root, folder)
    governor.set("performance")
    governor.set("powersave")
    governor.restore()
    assert governors(root) == BEFORE


def test_the_note_is_private_and_there_before_anything_is_changed(root: str, folder: Path) -> None:
    governor = Governor(root, folder)
    governor.set("performance")
    note = folder / FILE_NAME
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list(json.loads(note.read_text())["before"].values()) == BEFORE
    governor.restore()


def test_what_a_killed_agent_left_is_put_back_by_the_next(root: str, folder: Path) -> None:
    killed = os.fork()
    if killed == 0:
        Governor(root, folder).set("performance")
        os._exit(0)  # like a kill: nothing is undone, the lock goes with the process
    os.waitpid(killed, 0)
    assert governors(root) == ["performance"] * 4
    assert Governor(root, folder).restore_leftover()
    assert governors(root) == BEFORE
    assert not folder.exists()
    assert not Governor(root, folder).restore_leftover()


def test_the_governor_of_a_measurement_that_still_runs_is_left_alone(root: str, folder: Path) -> None:
    running = Governor(root, folder)
    running.set("performance")
    assert not Governor(root, folder).restore_leftover()
    with pytest.raises(GovernorError, match="another edgekit holds the governor"):
        Governor(root, folder).set("powersave")
    assert governors(root) == ["performance"] * 4
    running.restore()


def test_after_a_reboot_the_system_has_its_way(root: str, folder: Path) -> None:
    killed = os.fork()
    if killed == 0:
        Governor(root, folder).set("performance")
        os._exit(0)
    os.waitpid(killed, 0)
    tree(Path(root), {**cpufreq(4, governor="schedutil"), BOOT: "boot-2\n"})
    assert Governor(root, folder).restore_leftover()
    assert governors(root) == ["schedutil"] * 4
    assert not folder.exists()


def test_a_governor_that_is_not_offered_changes_nothing(root: str, folder: Path) -> None:
    with pytest.raises(
        GovernorError, match="turbo is not offered; expected one of: ondemand powersave performance"
    ):
        Governor(root, folder).set("turbo")
    assert governors(root) == BEFORE
    assert not folder.exists()


def test_a_board_without_governors_says_so(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(GovernorError, match="no frequency governor"):
        Governor(str(tmp_path), folder).set("performance")


def test_one_that_may_not_be_written_leaves_the_others_as_they_were_and_names_the_command(
    root: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Governor._write

    def refuse(self: Governor, path: str, value: str) -> None:
        if "cpu2" in path and value == "performance":
            raise PermissionError(13, "Permission denied")
        real(self, path, value)

    monkeypatch.setattr(Governor, "_write", refuse)
    with pytest.raises(GovernorError, match=r"Permission denied.*echo performance \| sudo tee /sys/devices"):
        Governor(root, folder).set("performance")
    assert governors(root) == BEFORE
    assert not folder.exists()


def test_where_nothing_can_be_noted_nothing_is_changed(root: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(GovernorError, match="cannot note the old governor"):
        Governor(root, tmp_path / "file" / "edgekit").set("performance")
    assert governors(root) == BEFORE


@pytest.mark.parametrize("note", ["", "{", '{"before": {"../../etc/passwd": "x"}, "boot": "boot-1"}', "[]"])
def test_a_note_that_is_damaged_or_forged_writes_nothing(root: str, folder: Path, note: str) -> None:
    folder.mkdir(parents=True)
    (folder / FILE_NAME).write_text(note)
    Governor(root, folder).restore_leftover()
    assert governors(root) == BEFORE
    assert not folder.exists()


def test_other_files_of_the_private_folder_stay(root: str, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "provision.json").write_text("{}")
    governor = Governor(root, folder)
    governor.set("performance")
    governor.restore()
    assert [each.name for each in folder.iterdir()] == ["provision.json"]


def test_the_private_folder_is_where_the_user_keeps_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert private_folder() == tmp_path / ".local/share/edgekit"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert private_folder() == Path("/data/edgekit")
