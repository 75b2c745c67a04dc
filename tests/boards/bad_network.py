"""A TCP proxy on loopback that delays what goes through it, falls silent, or cuts the connection."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time
from types import TracebackType

CUT, SILENCE = "cut", "silence"
FAULTS = (CUT, SILENCE)


class BadNetwork:
    """Between a client, which connects to `port`, and a server's port on loopback.

    Args:
        delay_s: how long each byte is on its way, in either direction.
        fault: what happens after `fail_after` bytes of the client, or at once by `fail()`: CUT cuts the connection,
            SILENCE keeps it and lets nothing through, as a pulled cable does; new connections find the network well.
    """

    def __init__(
        self, server_port: int, *, delay_s: float = 0.0, fault: str = CUT, fail_after: int | None = None
    ) -> None:
        self.num_sent = 0
        """Bytes of the client so far."""
        self.failed = threading.Event()
        self._server_port, self._delay_s = server_port, delay_s
        self._fault, self._fail_after = fault, fail_after
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def fail(self) -> None:
        """Strikes every connection that is open."""
        self.failed.set()
        if self._fault == CUT:
            for each in self._ends:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._server_port), timeout=10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._ends += [client, server]
            for source, sink in ((client, server), (server, client)):
                way: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
                for work in (
                    threading.Thread(target=self._receive, args=(source, way, source is client), daemon=True),
                    threading.Thread(target=self._deliver, args=(sink, way), daemon=True),
                ):
                    work.start()

    def _receive(
        self, source: socket.socket, way: queue.SimpleQueue[tuple[float, bytes]], of_client: bool
    ) -> None:
        data = b"-"
        while data:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            if of_client and self._fail_after is not None and not self.failed.is_set():
                left = self._fail_after - self.num_sent
                if len(data) > left:
                    if left > 0:
                        way.put((time.monotonic() + self._delay_s, data[:left]))
                    time.sleep(0.05 + self._delay_s)  # so that what was sent before arrives
                    self.fail()
            if of_client:
                self.num_sent += len(data)
            if not (self.failed.is_set() and self._fault == SILENCE):
                way.put((time.monotonic() + self._delay_s, data))

    def _deliver(self, sink: socket.socket, way: queue.SimpleQueue[tuple[float, bytes]]) -> None:
        with contextlib.suppress(OSError):
            while True:
                due, data = way.get()
                time.sleep(max(0.0, due - time.monotonic()))
                if self.failed.is_set():
                    return
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)

    def close(self) -> None:
        """The way ends for good: both sides notice now at the latest."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.failed.set()
        for each in self._ends:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def __enter__(self) -> BadNetwork:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
