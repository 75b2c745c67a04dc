from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edgekit import firmware
from edgekit.board import list_boards
from edgekit.errors import EdgekitError, MissingDependencyError, UnknownNameError
from edgekit.firmware import build_firmware, build_host_library, firmware_boards
from tests.firmware.budget import compiler_version, exceeded, read_budget


def test_every_firmware_board_has_its_facts() -> None:
    assert "qemu_mps2_an386" in firmware_boards()
    assert set(firmware_boards()) <= set(list_boards())


def test_a_board_without_a_port_is_unknown() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'qemu_mps2_an386'"):
        build_firmware("qemu_mps2_an368")


@pytest.mark.parametrize(
    ("program", "build", "package"),
    [
        ("arm-none-eabi-gcc", lambda: build_firmware("qemu_mps2_an386"), "gcc-arm-none-eabi"),
        ("gcc", build_host_library, "libc6-dev"),
        ("make", build_host_library, "make"),
    ],
)
def test_a_missing_compiler_is_named_with_its_package(
    program: str, build: object, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == program else which(name) or name)
    with pytest.raises(MissingDependencyError, match=f"{program} is not installed.*{package}"):
        build()  # type: ignore[operator]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(firmware.platformdirs, "user_cache_dir", lambda _name: str(tmp_path))
    return tmp_path


def test_the_same_sources_are_built_once_and_have_one_name(cache: Path) -> None:
    if shutil.which("arm-none-eabi-gcc") is None:
        pytest.skip("arm-none-eabi-gcc is not installed")
    log: list[str] = []
    first = build_firmware("qemu_mps2_an386", log.append)
    before = first.elf.stat().st_mtime_ns
    second = build_firmware("qemu_mps2_an386", log.append)
    assert first == second
    assert first.elf.stat().st_mtime_ns == before
    assert "CC" in log[0]
    assert "CC" not in log[1]
    budget = read_budget("qemu_mps2_an386")
    assert first.flash_bytes > 10_000
    if compiler_version() == budget["compiler"]:
        assert not exceeded(budget, {"flash_bytes": first.flash_bytes})
    assert first.arena_capacity + first.static_ram_bytes <= 4 << 20


def test_a_build_that_fails_shows_the_compilers_last_words(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "firmware"
    shutil.copytree(firmware.find_resource_dir("firmware"), copy, ignore=shutil.ignore_patterns("build"))
    (copy / "kernels" / "ek_broken_int8.c").write_text("int ek_broken_int8 = nonsense;\n")
    monkeypatch.setattr(firmware, "find_resource_dir", lambda _name: copy)
    with pytest.raises(EdgekitError, match="nonsense"):
        build_host_library()


def test_a_cache_that_cannot_be_made_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(firmware.platformdirs, "user_cache_dir", lambda _name: str(tmp_path / "file"))
    with pytest.raises(EdgekitError, match=r"cannot make .* for the build"):
        build_host_library()
