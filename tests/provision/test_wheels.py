from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from edgekit.deadline import Deadline
from edgekit.errors import DataError, DeadlineError, EdgekitError, MissingDependencyError
from edgekit.provision import wheels as module
from edgekit.provision.tags import Target
from edgekit.provision.wheels import Request, fetch_wheels
from tests.provision.fake_wheels import build_runtime, build_wheel

PI = Target((3, 11), "cp311", "aarch64", (2, 36))
REQUEST = Request(("ai-edge-litert",), PI)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache/edgekit/wheels"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """pip's settings name this folder and no network."""
    for key in [each for each in os.environ if each.startswith("PIP_")]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    return build_runtime(tmp_path / "index")


def names(paths: list[Path]) -> list[str]:
    return [each.name for each in paths]


def test_wheels_come_by_pips_own_settings_and_stay_in_the_cache(index: Path, own_cache: Path) -> None:
    said: list[str] = []
    found = fetch_wheels(REQUEST, Deadline(60), say=said.append)
    assert names(found) == ["ai_edge_litert-9.1.0-py3-none-any.whl", "tiny_helper-1.0-py3-none-any.whl"]
    assert said == ["ai-edge-litert", "tiny-helper>=1"]
    for each in index.iterdir():
        each.unlink()
    assert fetch_wheels(REQUEST, Deadline(60), say=said.append) == found
    assert len(said) == 2  # pip was not asked again
    assert all(each.is_relative_to(own_cache) for each in found)


def test_a_damaged_cache_is_filled_again(index: Path) -> None:
    (first, _) = fetch_wheels(REQUEST, Deadline(60))
    good = first.read_bytes()
    first.write_bytes(good[:-1])
    assert fetch_wheels(REQUEST, Deadline(60))[0].read_bytes() == good


def test_markers_are_those_of_the_board(index: Path) -> None:
    requires = [f'tiny-helper; python_version > "{v}"' for v in ("3.10",)] + [
        'never-there; platform_machine == "x86_64"'
    ]
    build_wheel(index, "marked", "1", {"marked.py": ""}, requires)
    assert names(fetch_wheels(Request(("marked",), PI), Deadline(60)))[1].startswith("tiny_helper")
    old = Request(("marked",), Target((3, 9), "cp39", "aarch64", (2, 36)))
    assert names(fetch_wheels(old, Deadline(60))) == ["marked-1-py3-none-any.whl"]


def test_the_wheel_is_for_the_boards_c_library_not_for_this_machine(index: Path) -> None:
    for glibc in ("2_17", "2_34"):
        tag = f"cp38-cp38-manylinux_{glibc}_aarch64"
        build_wheel(index, "native", "2" if glibc == "2_34" else "1", {"native.py": ""}, tag=tag)
    for glibc, version in (((2, 31), "1"), ((2, 36), "2")):
        target = Target((3, 8), "cp38", "aarch64", glibc)
        (wheel,) = fetch_wheels(Request(("native",), target), Deadline(60))
        assert wheel.name.startswith(f"native-{version}-")


def test_a_version_that_suits_everybody_is_found(index: Path) -> None:
    build_wheel(index, "tiny-helper", "2.0", {"tiny_helper.py": ""})
    build_wheel(index, "outer", "1", {"outer.py": ""}, ["tiny-helper", "inner"])
    build_wheel(index, "inner", "1", {"inner.py": ""}, ["tiny-helper<2"])
    found = names(fetch_wheels(Request(("outer",), PI), Deadline(60)))
    assert [each.split("-py3")[0] for each in found] == ["inner-1", "outer-1", "tiny_helper-1.0"]


def test_what_the_board_has_is_not_downloaded(index: Path) -> None:
    request = Request(("ai-edge-litert",), PI, without=("tiny_helper",))
    assert names(fetch_wheels(request, Deadline(60))) == ["ai_edge_litert-9.1.0-py3-none-any.whl"]


def test_a_source_package_is_never_built(index: Path, tmp_path: Path) -> None:
    import tarfile

    marker = tmp_path / "was run"
    (tmp_path / "setup.py").write_text(
        f"open({str(marker)!r}, 'w')\nimport setuptools\nsetuptools.setup(name='sly')\n"
    )
    with tarfile.open(index / "sly-1.0.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "setup.py", "sly-1.0/setup.py")
    with pytest.raises(EdgekitError, match="pip gets no wheel of sly"):
        fetch_wheels(Request(("sly",), PI), Deadline(60))
    assert not marker.exists()


def test_without_a_network_the_error_says_how_to_bring_wheels(index: Path, own_cache: Path) -> None:
    for each in index.iterdir():
        each.unlink()
    with pytest.raises(EdgekitError) as caught:
        fetch_wheels(REQUEST, Deadline(60))
    text = str(caught.value)
    assert (
        "pip gets no wheel of ai-edge-litert for Python 3.11 on aarch64 with glibc 2.36: No matching" in text
    )
    assert "`--wheels wheels`" in text
    command = text.splitlines()[-1].strip()
    assert command.startswith(
        "python3 -m pip download --only-binary=:all: --implementation cp --python-version 3.11"
    )
    assert command.endswith('--dest wheels "ai-edge-litert"')
    assert not any(each.is_dir() for each in own_cache.iterdir())


def test_the_command_in_that_error_fills_a_folder_that_is_taken(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shlex
    import subprocess

    command = shlex.split(module._by_hand(REQUEST))
    command[:1] = [sys.executable]
    command[command.index("wheels")] = str(tmp_path / "brought")
    subprocess.run([*command, "-q", "--disable-pip-version-check"], check=True, capture_output=True)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "nowhere"))
    found = fetch_wheels(REQUEST, Deadline(60), tmp_path / "brought")
    assert names(found) == ["ai_edge_litert-9.1.0-py3-none-any.whl", "tiny_helper-1.0-py3-none-any.whl"]
    assert all(each.is_file() for each in found)


def test_only_the_folder_that_was_given_counts(index: Path, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    with pytest.raises(
        DataError, match=r"given has no wheel of ai-edge-litert .* fill it on a machine with a network"
    ):
        fetch_wheels(REQUEST, Deadline(60), folder)
    with pytest.raises(DataError, match=r"none is no folder; expected one with \.whl files"):
        fetch_wheels(REQUEST, Deadline(60), tmp_path / "none")


def test_a_python_without_pip_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text('#!/bin/sh\necho "$0: No module named pip"\nexit 1\n')
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    with pytest.raises(MissingDependencyError, match=r"has no pip, .*-m ensurepip"):
        fetch_wheels(REQUEST, Deadline(60))


def test_a_pip_that_hangs_ends_with_the_deadline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    slow = tmp_path / "python"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(slow))
    began = time.monotonic()
    with pytest.raises(DeadlineError, match="pip did not finish downloading in the 1 s given"):
        fetch_wheels(REQUEST, Deadline(1))
    assert time.monotonic() - began < 10


def test_what_is_no_wheel_is_one_clear_sentence(index: Path) -> None:
    path = next(index.glob("ai_edge*"))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(EdgekitError, match=r"ai-edge-litert|ai_edge_litert"):
        fetch_wheels(REQUEST, Deadline(60))
