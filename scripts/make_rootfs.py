"""Makes the root file system of an emulated Linux board: packages of Debian for Arm, unpacked, none installed.

    python scripts/make_rootfs.py arm64|armhf|arm64-system        prints the folder; what is there already stays

It comes from the Debian mirror that this machine's own apt uses, or from $EDGEKIT_DEBIAN_MIRROR, and stays in the
cache folder. scripts/setup calls this, the tests in tests/boards use what is there. Needs root and mmdebstrap.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs
from filelock import FileLock

from edgekit.errors import EdgekitError, MissingDependencyError

SUITE = "bookworm"
"""As Raspberry Pi OS 12: its Python, 3.11, is one that both TFLite runtimes have wheels for."""
_COMMON = (
    "bash", "coreutils", "dash", "findutils", "grep", "libstdc++6", "openssh-server", "openssh-sftp-server",
    "procps", "python3", "sed", "tar", "util-linux",
)  # fmt: skip
PACKAGES = {
    "arm64": _COMMON,
    # There is no wheel of a current numpy for 32-bit Arm: boards take Debian's.
    "armhf": (*_COMMON, "python3-numpy"),
    # A whole emulated machine also needs a kernel, and what its first process calls.
    "arm64-system": (*_COMMON, "iproute2", "kmod", "linux-image-arm64", "mount"),
}
_HOOKS = Path("/usr/share/mmdebstrap/hooks/merged-usr")
_TIMEOUT_S = 900


def rootfs_folder(architecture: str) -> Path:
    """Where the root file system is or will be; another list of packages is another folder."""
    recipe = " ".join((SUITE, *PACKAGES[architecture]))
    digest = hashlib.sha256(recipe.encode()).hexdigest()[:12]
    return platformdirs.user_cache_path("edgekit") / "rootfs" / f"{architecture}-{digest}"


def find_mirror() -> str:
    """The Debian mirror in apt's sources, without any component.

    Raises:
        EdgekitError: there is none, as on Ubuntu.
    """
    named = os.environ.get("EDGEKIT_DEBIAN_MIRROR")
    if named:
        return named
    listing = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"]
    try:
        done = subprocess.run(listing, capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        output = ""
    else:
        output = done.stdout
    # Third parties have repositories too; Debian's own ends like this on every mirror.
    for line in output.splitlines():
        found = re.match(r"(\S+/debian)/? (?!.*-security)", line)
        if found:
            return found[1]
    raise EdgekitError(
        "apt's sources name no mirror of Debian, which the emulated boards' packages come from; "
        "name one in EDGEKIT_DEBIAN_MIRROR"
    )


def make_rootfs(architecture: str) -> Path:
    """Returns the folder, made now unless it is there.

    Raises:
        MissingDependencyError: mmdebstrap is not installed.
        EdgekitError: not root, no mirror, or the packages could not be had.
    """
    folder = rootfs_folder(architecture)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_suffix(".lock"), timeout=_TIMEOUT_S):
        if folder.is_dir():
            return folder
        if shutil.which("mmdebstrap") is None:
            raise MissingDependencyError(
                "mmdebstrap is not installed; it makes the emulated boards' root file systems; "
                "on Debian or Ubuntu: apt install mmdebstrap"
            )
        if os.geteuid() != 0:
            raise EdgekitError("only root can make a board's root file system; run this with sudo")
        _extract(architecture, folder)
    return folder


def _extract(architecture: str, folder: Path) -> None:
    part = folder.with_name(f"{folder.name}.part")
    command = [
        "mmdebstrap", "--quiet", f"--architectures={architecture.partition('-')[0]}", "--variant=extract",
        f"--hook-dir={_HOOKS}", f"--include={','.join(PACKAGES[architecture])}",
        SUITE, str(part), f"deb {find_mirror()} {SUITE} main",
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
        if done.returncode != 0:
            lines = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
            reason = next((each for each in lines if each.startswith(("E:", "Err:"))), lines[-1])
            raise EdgekitError(f"mmdebstrap cannot make the root file system for {architecture}: {reason}")
        # This machine's name server; the board is offline.
        (part / "etc/resolv.conf").unlink(missing_ok=True)
        # What installing these would have linked; numpy needs them.
        for library in part.glob("usr/lib/*/*/lib[bl]*.so.3"):
            if library.parent.name in ("blas", "lapack"):
                (library.parents[1] / library.name).symlink_to(f"{library.parent.name}/{library.name}")
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("architecture", choices=sorted(PACKAGES))
    try:
        print(make_rootfs(parser.parse_args().architecture))
    except EdgekitError as error:
        print(f"make_rootfs: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
