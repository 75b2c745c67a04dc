"""Other servers on loopback: one with another configuration, and a line that is cut after so many bytes."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edgekit.board import load_board
from edgekit.console import note, progress
from edgekit.deadline import Deadline
from edgekit.farm import Device
from edgekit.provision.provision import Options, Provisioned, provision


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def device_at(server: Any, port: int | None = None, **settings: Any) -> Device:
    """A device whose host key is trusted."""
    known = server.folder / "known_hosts"
    ports = {server.port, port or server.port}
    known.write_text("".join(f"[127.0.0.1]:{each} {server.host_key}\n" for each in ports))
    changed = {**server.settings, "port": port or server.port, **settings}
    return Device("pi", load_board("generic_x86_64"), "ssh", changed)


@contextlib.contextmanager
def serve_with(server: Any, changes: dict[str, str] | None = None, extra: str = "") -> Iterator[int]:
    """The port of a second server, configured like `server` but for some texts; stopped by its process id."""
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/bin:/usr/local/sbin") or "sshd"
    port = free_port()
    text = (server.folder / "sshd_config").read_text().replace(f"Port {server.port}", f"Port {port}")
    for old, new in (changes or {}).items():
        assert old in text
        text = text.replace(old, new)
    config = server.folder / f"sshd_config_{port}"
    config.write_text(text + extra)
    with (server.folder / f"log_{port}").open("wb") as log:
        process = subprocess.Popen(
            [sshd, "-D", "-e", "-f", str(config)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        process.wait()


class CuttingLine:
    """Forwards one connection after the other to a port and cuts each once `limit` bytes went up; None: never."""

    def __init__(self, port: int, limit: int | None) -> None:
        self._target, self.limit = port, limit
        self.bytes_up = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
            except OSError:
                return  # closed
            far.settimeout(None)
            self._sockets += [near, far]
            for source, sink, counts in ((near, far, True), (far, near, False)):
                thread = threading.Thread(target=self._pump, args=(source, sink, counts))
                self._threads.append(thread)
                thread.start()

    def _pump(self, source: socket.socket, sink: socket.socket, counts: bool) -> None:
        with contextlib.suppress(OSError):
            up = 0
            while data := source.recv(65536):
                sink.sendall(data)
                if counts:
                    up += len(data)
                    self.bytes_up += len(data)
                    if self.limit is not None and up >= self.limit:
                        break
        for each in (source, sink):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._sockets:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for each in self._threads:
            each.join(5)
        for end in self._sockets:
            end.close()


def files_below(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*"))


BALLAST = np.random.default_rng(1).bytes(3_000_000)  # that does not compress


def run(
    device: Device, wanted: str = "auto", wheels: Path | None = None, timeout_s: float = 60
) -> list[Provisioned]:
    return provision(device, Options(wanted, wheels), Deadline(timeout_s), note, progress)
