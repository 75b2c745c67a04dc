"""A whole emulated machine that boots Debian's kernel for 64-bit Arm to an SSH server: QEMU (system mode)."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.board import load_board
from edgekit.farm import Device
from edgekit.process import spawn, stop
from scripts.make_rootfs import rootfs_folder
from tests.boards.initramfs import find_modules, write_initramfs
from tests.boards.user_board import ETC, make_key

ROOTFS = "arm64-system"
BOOT_S = 300.0

_INIT = """#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devpts pts /dev/pts
mount -t tmpfs tmp /tmp -o mode=1777
mount -t tmpfs run /run -o mode=755
mkdir -p /run/sshd /home/pi
chown 1000:1000 /home/pi
chmod 700 /home/pi
chmod 755 / # as sshd wants it; the kernel makes it writable by all
echo raspberrypi > /proc/sys/kernel/hostname
for module in $(cat /modules/order); do insmod /modules/$module || echo "no $module"; done
ip link set lo up
i=0
while [ $i -lt 100 ]; do
  for card in eth0 usb0; do
    [ -e /sys/class/net/$card ] && ip addr add 10.0.2.15/24 dev $card && ip link set $card up && break 2
  done
  i=$((i + 1))
  sleep 0.2
done
echo "the board is up: $(cut -d' ' -f1 /proc/uptime) s"
exec /usr/sbin/sshd -D -e -f /etc/ssh/sshd_config
"""


@dataclass(frozen=True)
class Machine:
    board: str
    arguments: tuple[str, ...]
    network: str
    console: str
    modules: tuple[str, ...]
    device_tree: str | None = None


MACHINES = {
    "virt": Machine(
        "qemu_virt_aarch64",
        ("-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "1024"),
        "virtio-net-pci,romfile=",
        "ttyAMA0",
        ("virtio_pci", "virtio_net"),
    ),
    "raspi3b": Machine(
        "qemu_raspi3b",
        ("-M", "raspi3b"),
        "usb-net",
        "ttyAMA0",
        ("bcm2835_thermal", "phy_generic", "dwc2", "cdc_ether", "rndis_host"),
        "bcm2837-rpi-3-b.dtb",
    ),
}


def why_not() -> str | None:
    if shutil.which("qemu-system-aarch64") is None:
        return "needs qemu-system-aarch64: apt install qemu-system-arm"
    if not rootfs_folder(ROOTFS).is_dir():
        return f"there is no root file system: run `.venv/bin/python scripts/make_rootfs.py {ROOTFS}`"
    return None


@contextmanager
def booted(folder: Path, machine: Machine) -> Iterator[Device]:
    """Waits until its SSH server greets. It can reach nothing: the only way in is the forwarded port."""
    rootfs = rootfs_folder(ROOTFS)
    for key in ("host_key", "client_key"):
        make_key(folder / key)
    write_initramfs(folder / "initramfs", rootfs, _extra_files(folder, rootfs, machine))
    port = _free_port()
    (kernel,) = rootfs.glob("boot/vmlinuz-*")
    forward = f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22"
    command = ["qemu-system-aarch64", *machine.arguments, "-nographic", "-no-reboot", "-monitor", "none"]
    command += ["-kernel", str(kernel), "-initrd", str(folder / "initramfs")]
    command += ["-append", f"console={machine.console} panic=-1 loglevel=4 rdinit=/init"]
    command += ["-netdev", forward, "-device", f"{machine.network},netdev=net"]
    if machine.device_tree is not None:
        (tree,) = rootfs.glob(f"usr/lib/linux-image-*/broadcom/{machine.device_tree}")
        command += ["-dtb", str(tree)]
    settings: dict[str, Any] = {"host": "127.0.0.1", "port": port, "user": "pi"}
    settings |= {"key": str(folder / "client_key"), "known_hosts": str(folder / "known_hosts")}
    public = " ".join((folder / "host_key.pub").read_text().split()[:2])
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}\n")
    with (folder / "console").open("wb") as console:
        process = spawn(command, stdout=console.fileno(), stderr=console.fileno())
        try:
            _wait_for_greeting(port, process, folder / "console")
            yield Device(machine.board, load_board(machine.board), "ssh", settings)
        finally:
            stop(process)


def _extra_files(folder: Path, rootfs: Path, machine: Machine) -> dict[str, tuple[bytes, int]]:
    modules = find_modules(rootfs, machine.modules)
    files = {
        f"etc/{name}": (text.replace(" QEMU_CPU={cpu}", " LANG=C").encode(), 0o644)
        for name, text in ETC.items()
    }
    files |= {f"modules/{each.name}": (each.read_bytes(), 0o644) for each in modules}
    files["modules/order"] = ("\n".join(each.name for each in modules).encode(), 0o644)
    files["etc/ssh/ssh_host_ed25519_key"] = ((folder / "host_key").read_bytes(), 0o600)
    files["etc/ssh/authorized_keys"] = ((folder / "client_key.pub").read_bytes(), 0o644)
    files["init"] = (_INIT.encode(), 0o755)
    return files


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_greeting(port: int, process: subprocess.Popen[bytes], console: Path) -> None:
    """QEMU accepts connections long before the board does."""
    give_up = time.monotonic() + BOOT_S
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                if connection.recv(4) == b"SSH-":
                    return
        except OSError:
            pass
        if process.poll() is not None or time.monotonic() > give_up:
            raise RuntimeError(f"the board does not boot: {console.read_text(errors='replace')[-1500:]}")
        time.sleep(0.5)
