"""Files that once broke the runtime, and generated ones, through the fuzz targets under gcc's sanitizers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CRASHES = Path(__file__).parent / "crashes"
TARGETS = sorted(each.stem.removeprefix("fuzz_") for each in (ROOT / "firmware" / "fuzz").glob("fuzz_*.c"))
SEEDS = {"load": "models", "run": "models", "wire": "wire"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the fuzz targets as programs that take files, and with seeds."""
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    folder = tmp_path_factory.mktemp("fuzz")
    command = ["make", "-C", str(ROOT / "firmware" / "fuzz"), f"BUILD={folder}", "replay"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    environment = {key: value for key, value in os.environ.items() if key != "EDGEKIT_DATA_DIR"}
    command = [sys.executable, str(ROOT / "scripts" / "make_fuzz_seeds.py"), str(folder / "seeds")]
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return folder


def replay(folder: Path, target: str, files: list[Path]) -> subprocess.CompletedProcess[str]:
    command = [str(folder / f"replay_fuzz_{target}"), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=120, check=False)


@pytest.mark.parametrize("target", TARGETS)
def test_what_once_broke_the_runtime_does_not_any_more(built: Path, target: str) -> None:
    files = sorted((CRASHES / target).iterdir())
    assert files
    done = replay(built, target, files)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stderr.splitlines() == [str(each) for each in files]


@pytest.mark.parametrize("target", TARGETS)
def test_every_seed_passes_through_the_fuzz_target(built: Path, target: str) -> None:
    seeds = sorted((built / "seeds" / SEEDS[target]).iterdir())
    assert len(seeds) > 50
    done = replay(built, target, seeds)
    assert done.returncode == 0, done.stderr[-3000:]


def test_files_kept_are_small() -> None:
    assert all(each.stat().st_size <= 4096 for each in CRASHES.rglob("*") if each.is_file())
