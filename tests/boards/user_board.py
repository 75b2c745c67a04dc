"""An Arm Linux board without Arm hardware: Debian's own sshd and Python, each program run by QEMU (user mode).

The board is a chroot in namespaces of its own (processes, mounts, network) that all end with one process of ours.
It has no network: the only way in is the port that the test listens on. See board_init.py for what happens inside.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edgekit.board import load_board
from edgekit.farm import Device
from scripts.make_rootfs import rootfs_folder
from tests.boards.board_init import USER_ID
from tests.boards.fake_sensors import PI_4, write_sensors

_INIT = Path(__file__).with_name("board_init.py")
_NAMESPACES = ("unshare", "--mount", "--pid", "--net", "--fork", "--kill-child")
_START_S = 30.0
_CPUS = {"arm64": "cortex-a72", "armhf": "cortex-a15"}
_BOARDS = {"arm64": "qemu_user_aarch64", "armhf": "qemu_user_armhf"}

ETC = {
    "passwd": "root:x:0:0:root:/root:/bin/bash\n"
    "sshd:x:100:65534::/run/sshd:/usr/sbin/nologin\n"
    f"pi:x:{USER_ID}:{USER_ID}:,,,:/home/pi:/bin/bash\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
    "group": f"root:x:0:\ntty:x:5:\npi:x:{USER_ID}:\nnogroup:x:65534:\n",
    "hostname": "raspberrypi\n",
    "machine-id": "5a1f0c9d3b7e4826a9d0c1e2f3a4b5c6\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "ssh/sshd_config": "HostKey /etc/ssh/ssh_host_ed25519_key\nAuthorizedKeysFile /etc/ssh/authorized_keys\n"
    "PasswordAuthentication no\nKbdInteractiveAuthentication no\nUsePAM no\nUseDNS no\n"
    "Subsystem sftp internal-sftp\nPidFile none\nSetEnv QEMU_CPU={cpu}\n",
}


def why_not(architecture: str) -> str | None:
    """What this machine lacks for such a board, or None."""
    rootfs = rootfs_folder(architecture)
    if os.geteuid() != 0:
        return "only root may mount an emulated board's file systems"
    for program in ("unshare", "setpriv", "nsenter", "ssh-keygen"):
        if shutil.which(program) is None:
            return f"needs {program}: apt install util-linux openssh-client"
    if not rootfs.is_dir():
        return f"there is no root file system: run `.venv/bin/python scripts/make_rootfs.py {architecture}`"
    done = subprocess.run(["chroot", str(rootfs), "/bin/true"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        why = done.stderr.strip() or f"status {done.returncode}"
        return f"this machine runs no {architecture} programs (qemu-user and binfmt_misc; see scripts/setup): {why}"
    probe = 'mount -t tmpfs t "$1" && mkdir "$1/u" "$1/w" "$1/r" && mount -t overlay o '
    probe += '-olowerdir="$2",upperdir="$1/u",workdir="$1/w" "$1/r" && mount -t proc p "$1/r/proc"'
    command = [*_NAMESPACES, "sh", "-c", probe, "sh", "/mnt", str(rootfs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    if done.returncode != 0:
        return f"this sandbox allows no namespaces or mounts: {done.stderr.strip() or done.returncode}"
    return None


def make_key(path: Path) -> None:
    path.unlink(missing_ok=True)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)]
    subprocess.run(command, check=True, capture_output=True)


class UserBoard:
    """A running board; `device` is how edgekit reaches it, with keys of its own and its host key trusted."""

    def __init__(self, folder: Path, architecture: str = "arm64", model: str = PI_4) -> None:
        self.folder, self.architecture = folder, architecture
        self.home, self.sysfs, self.vcgencmd = folder / "home", folder / "sys", folder / "vc"
        self._process: subprocess.Popen[bytes] | None = None
        self._listener: socket.socket | None = None
        self._prepare(model)
        self.port = self._listen(0)
        self.known_hosts = folder / "known_hosts"
        public = (folder / "etc/ssh/ssh_host_ed25519_key.pub").read_text().split()[:2]
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {' '.join(public)}\n")
        settings: dict[str, Any] = {"host": "127.0.0.1", "port": self.port, "user": "pi"}
        settings |= {"key": str(folder / "client_key"), "known_hosts": str(self.known_hosts)}
        self.device = Device("board", load_board(_BOARDS[architecture]), "ssh", settings)

    def _prepare(self, model: str) -> None:
        """Everything that the board finds when it starts."""
        write_sensors(self.folder, model)
        for name, text in ETC.items():
            path = self.folder / "etc" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("{cpu}", _CPUS[self.architecture]))
            path.chmod(0o644)
        self.make_host_key()
        make_key(self.folder / "client_key")
        shutil.copy(self.folder / "client_key.pub", self.folder / "etc/ssh/authorized_keys")
        self.home.mkdir()
        os.chown(self.home, USER_ID, USER_ID)
        self.home.chmod(0o700)

    def make_host_key(self) -> None:
        """Another one takes effect with the next start."""
        make_key(self.folder / "etc/ssh/ssh_host_ed25519_key")

    def _listen(self, port: int) -> int:
        self._listener = socket.create_server(("127.0.0.1", port), backlog=16)
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Raises RuntimeError with the board's log if it does not start."""
        if self._listener is None:
            self._listen(self.port)
        assert self._listener is not None
        ready = self.folder / "ready"
        ready.unlink(missing_ok=True)
        number = self._listener.fileno()
        # The kernel ends the board with this thread, however it ends.
        command = ["setpriv", "--pdeathsig", "KILL", *_NAMESPACES, sys.executable, "-I", str(_INIT)]
        command += [str(self.folder), str(rootfs_folder(self.architecture)), str(number)]
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "QEMU_CPU": _CPUS[self.architecture]}
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[number],
                env=environment, start_new_session=True,
            )  # fmt: skip
        # Only the board has it open now: a board that is off refuses connections.
        self._listener.close()
        self._listener = None
        give_up = time.monotonic() + _START_S
        while not ready.exists():
            if self._process.poll() is not None or time.monotonic() > give_up:
                self.stop()
                raise RuntimeError(f"the board does not start: {self.log()[-1000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """As if its power was cut: every process ends at once, the home folder stays."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        if self._process is not None:
            namespace = namespace_of(self._process.pid) if self._process.poll() is None else ""
            self._process.send_signal(signal.SIGKILL)  # the kernel passes it on to process 1, and so to all
            self._process.wait(10)
            self._process = None
            give_up = time.monotonic() + 10
            while members(namespace):
                if time.monotonic() > give_up:
                    raise RuntimeError(f"processes of the board do not end: {members(namespace)}")
                time.sleep(0.02)

    def log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def enter(self, *command: str) -> str:
        """Runs a program of this machine as root among the board's mounts; its root is in `self.root`."""
        assert self._process is not None
        where = ["nsenter", "-t", str(self._process.pid), "--mount", "--net"]
        done = subprocess.run([*where, *command], capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{command} on the board: {done.stderr.strip()}")
        return done.stdout

    @property
    def root(self) -> Path:
        """The board's root folder as a path for `enter`."""
        return self.folder / "memory/root"

    def files(self) -> list[str]:
        """Every file and folder where somebody without root can leave one."""
        return self.files_in("home/pi", "tmp", "run", "dev/shm", "var/tmp")

    def files_in(self, *folders: str) -> list[str]:
        found = self.enter("find", *(str(self.root / each) for each in folders), "-mindepth", "1")
        return sorted(each.removeprefix(str(self.root)) for each in found.splitlines())

    def processes(self) -> list[str]:
        """Command lines of the user's processes on the board, without the SSH server's own."""
        assert self._process is not None
        found = []
        for path in members(namespace_of(self._process.pid)):
            try:
                line = path.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                if path.stat().st_uid == USER_ID and "sshd" not in line:
                    found.append(line)
            except OSError:
                continue
        return found


def namespace_of(process: int) -> str:
    return str(Path(f"/proc/{process}/ns/mnt").readlink())


def members(namespace: str) -> list[Path]:
    """Folders in /proc of the processes whose mounts are these."""
    found = []
    for path in Path("/proc").glob("[0-9]*/ns/mnt"):
        with contextlib.suppress(OSError):
            if str(path.readlink()) == namespace:
                found.append(path.parents[1])
    return found


@contextmanager
def running_board(folder: Path, architecture: str = "arm64", model: str = PI_4) -> Iterator[UserBoard]:
    board = UserBoard(folder, architecture, model)
    try:
        board.start()
        yield board
    finally:
        board.stop()
