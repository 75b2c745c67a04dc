"""Process 1 of an emulated board, run by this machine's Python in namespaces of its own; see user_board.py.

    python -I board_init.py FOLDER ROOTFS LISTENER

FOLDER holds what the test prepared: `etc/`, `bin/`, `home/`, `sys/`, `vc/`, `cpuinfo`. All mounts end with the
namespace. LISTENER is a socket that this process inherits: it lives in the network of the test, while the board's own
network has not even a loopback, so the board answers on that one port and can reach nothing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
SSHD = ("/usr/sbin/sshd", "-i", "-e", "-f", "/etc/ssh/sshd_config")
USER_ID = 1000


def mount(kind: str, source: object, place: Path, options: str = "") -> None:
    place.mkdir(parents=True, exist_ok=True)
    how = [f"-o{options}"] if options else []
    subprocess.run(["mount", "-t", kind, *how, str(source), str(place)], check=True)


def bind(source: Path, place: Path) -> None:
    if source.is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.touch()
    subprocess.run(["mount", "--bind", str(source), str(place)], check=True)


def mount_board(folder: Path, rootfs: Path) -> Path:
    """The cached root file system is only read; changes go to memory."""
    memory = folder / "memory"
    mount("tmpfs", "board", memory, "size=256m")
    for name in ("upper", "work", "root"):
        (memory / name).mkdir()
    root = memory / "root"
    mount("overlay", "board", root, f"lowerdir={rootfs},upperdir={memory}/upper,workdir={memory}/work")
    mount("proc", "proc", root / "proc")
    bind(folder / "cpuinfo", root / "proc/cpuinfo")
    bind(folder / "sys", root / "sys")
    bind(folder / "vc", root / "opt/vc")
    bind(folder / "home", root / "home/pi")
    mount("tmpfs", "dev", root / "dev", "mode=755")
    for name in _DEVICES:
        bind(Path("/dev", name), root / "dev" / name)
    (root / "dev/fd").symlink_to("/proc/self/fd")
    mount("tmpfs", "shm", root / "dev/shm")
    mount("tmpfs", "tmp", root / "tmp", "mode=1777,size=64m")
    mount("tmpfs", "run", root / "run", "mode=755")
    (root / "run/sshd").mkdir()
    shutil.copytree(folder / "etc", root / "etc", dirs_exist_ok=True)
    shutil.copytree(folder / "bin", root / "usr/bin", dirs_exist_ok=True)
    return root


def serve(root: Path, listener: socket.socket) -> None:
    """An SSH server for each connection, as inetd starts it."""
    # The kernel reaps them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        connection, _ = listener.accept()
        with connection:
            if os.fork() == 0:
                with contextlib.suppress(BaseException):
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    os.setsid()
                    os.dup2(connection.fileno(), 0)
                    os.dup2(connection.fileno(), 1)
                    os.chroot(root)
                    os.chdir("/")
                    os.execv(SSHD[0], SSHD)  # noqa: S606
                os._exit(1)


def main() -> None:
    folder, rootfs = Path(sys.argv[1]), Path(sys.argv[2])
    listener = socket.socket(fileno=int(sys.argv[3]))
    root = mount_board(folder, rootfs)
    (folder / "ready").touch()
    serve(root, listener)


if __name__ == "__main__":
    main()
