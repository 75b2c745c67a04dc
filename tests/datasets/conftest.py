"""A real HTTP server on the loopback that can be told to misbehave, a cache of the test's own, small archives."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import tarfile
import threading
import time
import wave
import zipfile
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.datasets import _download, _transfer
from edgekit.datasets._download import RemoteFile


class FileServer:
    """Serves `files`; each number in `cuts` ends one answer after that many bytes, each in `statuses` replaces one."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cuts: list[int] = []
        self.statuses: list[int] = []
        self.knows_ranges = True
        self.sends_length = True
        self.stall_s = 0.0  # before a cut, as when a cable is pulled
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
            if end < len(body):
                time.sleep(self.stall_s)


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


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """Path of a file in the `$EDGEKIT_DATA_DIR` that the tests were started with; skips the test if it is not there."""

    def find(name: str) -> Path:
        folder = os.environ.get("EDGEKIT_DATA_DIR")
        if not folder or not (Path(folder) / name).is_file():
            pytest.skip(f"EDGEKIT_DATA_DIR is not set, or {name} is not in it")
        return Path(folder) / name

    return find


def build_wav(samples: np.ndarray[Any, Any], sample_rate_hz: int, num_channels: int = 1) -> bytes:
    """A 16-bit PCM .wav file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(num_channels)
        file.setsampwidth(2)
        file.setframerate(sample_rate_hz)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def build_tar_gz(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def build_zip(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def publish(server: FileServer, monkeypatch: pytest.MonkeyPatch, module: Any, archive: bytes) -> None:
    """Lets the module's official address be the server's, with that archive behind it."""
    name = module.FILE.name
    server.files[f"/{name}"] = archive
    address = RemoteFile(name, f"{server.address}/{name}", hashlib.sha256(archive).hexdigest())
    monkeypatch.setattr(module, "FILE", address)
