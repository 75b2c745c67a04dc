from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from edgekit.errors import DataError
from edgekit.provision.archive import pack_wheels, tree_digest
from edgekit.provision.board_scripts import TREE_DIGEST, UNPACK
from tests.provision.fake_wheels import build_runtime, build_wheel


def run_there(script: str, *arguments: str | Path) -> tuple[int, str]:
    command = [sys.executable, "-I", "-c", script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout.strip()


def test_the_same_wheels_are_the_same_bytes_and_the_board_agrees_on_the_digest(tmp_path: Path) -> None:
    wheels = sorted(build_runtime(tmp_path / "wheels").glob("*.whl"))
    tree = pack_wheels(wheels)
    assert pack_wheels(reversed(wheels)) == tree
    (tmp_path / "archive").write_bytes(tree.archive)
    assert run_there(UNPACK, tmp_path / "archive", tmp_path / "new", tree.digest) == (0, tree.digest)
    assert run_there(TREE_DIGEST, tmp_path / "new") == (0, tree.digest)
    files = [each for each in (tmp_path / "new").rglob("*") if each.is_file()]
    assert len(files) == tree.num_files
    assert sum(each.stat().st_size for each in files) == tree.num_bytes
    assert (tmp_path / "new/ai_edge_litert/interpreter.py").is_file()


def test_programs_and_what_python_compiled_stay_behind(tmp_path: Path) -> None:
    files = {
        "odd/__init__.py": "",
        "odd/__pycache__/odd.cpython-311.pyc": b"\0",
        "odd-1.data/scripts/odd": "#!python",
        "odd-1.data/purelib/odd_more.py": "",
        "odd-1.data/headers/odd.h": "",
    }
    tree = pack_wheels([build_wheel(tmp_path, "odd", "1", files)])
    with tarfile.open(fileobj=io.BytesIO(tree.archive)) as archive:
        names = [each for each in archive.getnames() if "dist-info" not in each]
    assert names == ["odd/__init__.py", "odd_more.py"]


@pytest.mark.parametrize("name", ["../evil.py", "/etc/evil", "odd/../../evil", "odd\\evil", "odd/\x1b[2J"])
def test_a_file_that_wants_to_be_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "evil-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "")
    with pytest.raises(DataError, match=r"evil-1-.*whl holds a file named .*; refused"):
        pack_wheels([path])


def test_what_is_no_wheel_is_one_clear_sentence(tmp_path: Path) -> None:
    path = tmp_path / "torn-1-py3-none-any.whl"
    path.write_bytes(b"PK\3\4 torn")
    with pytest.raises(DataError, match=r"torn-1-py3-none-any\.whl is no wheel that can be unpacked"):
        pack_wheels([path])


def test_two_wheels_that_hide_each_other_are_refused(tmp_path: Path) -> None:
    one = build_wheel(tmp_path, "one", "1", {"shared.py": "1"})
    two = build_wheel(tmp_path, "two", "1", {"shared.py": "2"})
    with pytest.raises(DataError, match=r"both hold shared\.py"):
        pack_wheels([one, two])


def test_the_board_unpacks_nothing_but_plain_files_below_its_folder(tmp_path: Path) -> None:
    for name, kind in (("../evil", tarfile.REGTYPE), ("link", tarfile.SYMTYPE), ("a//b", tarfile.REGTYPE)):
        with tarfile.open(tmp_path / "archive", "w:gz") as archive:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = kind, "/etc/passwd"
            archive.addfile(entry)
        status, output = run_there(UNPACK, tmp_path / "archive", tmp_path / "new", "00")
        assert (status, "the archive holds" in output) == (1, True)
        assert sorted(each.name for each in tmp_path.iterdir()) == ["archive"]


@pytest.mark.parametrize("damage", ["digest", "torn"])
def test_the_board_leaves_nothing_of_a_damaged_archive(tmp_path: Path, damage: str) -> None:
    tree = pack_wheels(build_runtime(tmp_path / "wheels").glob("*.whl"))
    torn = tree.archive[: len(tree.archive) // 2] if damage == "torn" else tree.archive
    (tmp_path / "archive").write_bytes(torn)
    digest = tree.digest if damage == "torn" else "00"
    assert run_there(UNPACK, tmp_path / "archive", tmp_path / "new", digest)[0] == 1
    assert not (tmp_path / "new").exists()


def test_a_link_in_a_tree_is_damage(tmp_path: Path) -> None:
    (tmp_path / "top").mkdir()
    (tmp_path / "top/link").symlink_to("/etc/passwd")
    assert run_there(TREE_DIGEST, tmp_path / "top") == (0, "a link")
    assert tree_digest({}) != "a link"
