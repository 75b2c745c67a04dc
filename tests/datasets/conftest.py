"""A real HTTP server on the loopback that can be told to misbehave, and a cache folder of the test's own."""

from __future__ import annotations

import contextlib
import hashlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from edgekit.datasets import _download, _transfer


class FileServer:
    """Serves `files`; each number in `cuts` ends one answer after that many bytes, each in `statuses` replaces one."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cuts: list[int] = []
        self.statuses: list[int] = []
        self.knows_ranges = True
        self.sends_length = True
        self.requests: list[tuple[str, str | None]] = []  # path, Range
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range")
        self.requests.append((request.path, wanted))
        body = self.files.get(request.path)
        if self.statuses or body is None:
            request.send_error(self.statuses.pop(0) if self.statuses else 404)
            return
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        match = re.fullmatch(r"bytes=(\d+)-", wanted or "")
        start = 0
        if self.knows_ranges:
            if match and request.headers.get("If-Range", tag) == tag:
                start = int(match[1])
                if start >= len(body):
                    request.send_response(416)
                    request.send_header("Content-Range", f"bytes */{len(body)}")
                    request.end_headers()
                    return
                request.send_response(206)
                request.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            else:
                request.send_response(200)
            request.send_header("ETag", tag)
        else:
            request.send_response(200)
        if self.sends_length:
            request.send_header("Content-Length", str(len(body) - start))
        request.end_headers()
        end = start + self.cuts.pop(0) if self.cuts else len(body)
        with contextlib.suppress(ConnectionError):
            request.wfile.write(body[start:end])


@pytest.fixture
def server() -> Iterator[FileServer]:
    running = FileServer()
    yield running
    running.stop()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of data sets; nothing that the user has is found, and a retry does not wait."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("EDGEKIT_DATA_DIR", raising=False)
    monkeypatch.setattr(_transfer, "_PAUSE_S", 0.0)
    monkeypatch.setattr(_download, "_announced", set())
    return tmp_path / "cache" / "edgekit" / "datasets"


@pytest.fixture
def data_dir(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty `$EDGEKIT_DATA_DIR`."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("EDGEKIT_DATA_DIR", str(folder))
    return folder
