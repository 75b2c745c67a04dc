"""What tests of several folders share: results as a benchmark would have written them."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from edgekit.bench import result as r
from edgekit.bench.statistics import summarize, wilson_interval


@pytest.fixture(scope="session", autouse=True)
def signals_reach_children() -> Iterator[None]:
    """A shell in the background ignores Ctrl-C for all that it starts, and tests send it to what they start."""
    ignored = [each for each in (signal.SIGINT, signal.SIGHUP) if signal.getsignal(each) == signal.SIG_IGN]
    for each in ignored:
        # A handler, unlike being ignored, is not inherited. This one does what was asked of this process: nothing.
        signal.signal(each, lambda *_: None)
    yield
    for each in ignored:
        signal.signal(each, signal.SIG_IGN)


_OPERATORS = (
    ("CONV_2D", 36_864, 250_000),
    ("MAX_POOL_2D", 0, 9_000),
    ("FULLY_CONNECTED", 640, 6_400),
    ("SOFTMAX", 0, 2_520),
)


def build_result(
    model: str = "digits_int8",
    device: str = "local",
    *,
    emulated: bool = False,
    num_correct: int = 354,
    median: float | None = None,
    **changes: Any,
) -> r.BenchmarkResult:
    """A complete result with literal numbers; `changes` replace whole fields."""
    digest = hashlib.sha256(f"{model} {device}".encode()).hexdigest()
    unit = median if median is not None else (2_656_760 if emulated else 41.5)
    samples = [unit] * 3 if emulated else [unit * factor for factor in (0.97, 0.99, 1.0, 1.0, 1.02, 1.05)]
    spread = summarize(samples, warmup=1 if emulated else 10, resolution=40 if emulated else 0.001)
    costs = tuple(r.OperatorCost(i, name, macs, cost) for i, (name, macs, cost) in enumerate(_OPERATORS))
    result = r.BenchmarkResult(
        schema_version=r.SCHEMA_VERSION,
        created="2026-03-01T12:00:00+00:00",
        complete=True,
        request_digest=digest,
        board="qemu_mps2_an386" if emulated else "generic_x86_64",
        hardware=r.Hardware(
            "Arm MPS2+ AN386 (QEMU)", "cortex_m", "armv7e-m", "Cortex-M4F", 25e6, 4_194_304, 4_194_304
        )
        if emulated
        else r.Hardware("Generic x86-64 Linux", "linux", "x86_64", "x86-64"),
        device=device,
        device_identity=None if emulated else "b0a7c1d2",
        emulated=emulated,
        transport="virtual" if emulated else "local",
        runtime=r.Runtime("edgekit-firmware" if emulated else "ai-edge-litert", "2.3.0", "3f9a1c2"),
        model=r.Model(model, hashlib.sha256(model.encode()).hexdigest(), 11_432, 37_504),
        operators=tuple(r.Operator(i, name, macs) for i, (name, macs, _) in enumerate(_OPERATORS)),
        memory=r.Memory(11_432, 38_912, 6_144, 1_120) if emulated else r.Memory(11_432, rss_bytes=61_000_000),
        options=r.Options(3600.0, "fast"),
        host={"edgekit": "0.1.0", "python": "3.11.7"},
        warnings=(),
        evaluation=r.Evaluation("file", "ab" * 32, 360),
        latency_us=None if emulated else spread,
        instructions=spread if emulated else None,
        profile=r.Profile("instructions", 1, 40, costs) if emulated else None,
        accuracy=r.Accuracy("top1", num_correct / 360, 360, wilson_interval(num_correct, 360), num_correct),
        bit_exact=r.BitExact("tflite-micro 0.dev20261023", True, 360, 0),
        conditions=None
        if emulated
        else r.Conditions({"governor": "performance"}, {"governor": "performance"}),
        link=r.Link(70_000, 12_000, 78_000),
    )
    return replace(result, **changes)


@pytest.fixture
def make_result() -> Callable[..., r.BenchmarkResult]:
    return build_result


def build_add_model() -> bytes:
    """A .tflite whose output is (a + b) + b; float32 (1, 4) inputs a and b, and a tensor between the operators."""
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    def tensor(name: str) -> Any:
        made = schema.TensorT()
        made.name, made.shape, made.type, made.buffer = name.encode(), [1, 4], schema.TensorType.FLOAT32, 0
        return made

    def add(inputs: list[int], output: int) -> Any:
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = 0, inputs, [output]
        made.builtinOptionsType, made.builtinOptions = schema.BuiltinOptions.AddOptions, schema.AddOptionsT()
        return made

    graph = schema.SubGraphT()
    graph.tensors = [tensor(name) for name in ("a", "b", "between", "sum")]
    graph.inputs, graph.outputs = [0, 1], [3]
    graph.operators = [add([0, 1], 2), add([2, 1], 3)]
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.ADD
    code.version = 1
    model = schema.ModelT()
    model.version, model.subgraphs, model.operatorCodes = 3, [graph], [code]
    model.buffers = [schema.BufferT()]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@pytest.fixture(scope="session")
def add_model() -> bytes:
    pytest.importorskip("ai_edge_litert", reason="needs a TFLite runtime: pip install ai-edge-litert")
    return build_add_model()


@dataclass
class SshServer:
    """A real OpenSSH server on loopback with its own keys; `settings` are what farm.toml would say."""

    port: int
    folder: Path
    settings: dict[str, Any]

    @property
    def host_key(self) -> str:
        """Type and base64 of the server's key, as in known_hosts."""
        return " ".join((self.folder / "host_key.pub").read_text().split()[:2])

    def trust(self) -> None:
        (self.folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {self.host_key}\n")


def _make_key(path: Path) -> None:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(command, check=True, capture_output=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _serve_ssh() -> Iterator[SshServer]:
    """Stopped by its process id, also when the test fails."""
    sshd = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if sshd is None or shutil.which("ssh-keygen") is None:
        pytest.skip("needs an OpenSSH server: apt install openssh-server")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="edgekit-sshd-"))
    try:
        for name in ("host_key", "client_key"):
            _make_key(folder / name)
        shutil.copy(folder / "client_key.pub", folder / "authorized_keys")
        (folder / "scratch").mkdir()
        port = _free_port()
        (folder / "sshd_config").write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host_key\nPidFile none\n"
            f"AuthorizedKeysFile {folder}/authorized_keys\nPasswordAuthentication no\n"
            "KbdInteractiveAuthentication no\nUsePAM no\nPermitRootLogin prohibit-password\n"
            # Off, because the folder's parent is writable by everybody.
            f"StrictModes no\nSubsystem sftp internal-sftp\n"
            # The home folder of whoever runs the tests is not for what is provisioned.
            f"SetEnv TMPDIR={folder}/scratch XDG_DATA_HOME={folder}/data\n"
        )
        log = (folder / "log").open("wb")
        command = [sshd, "-D", "-e", "-f", str(folder / "sshd_config")]
        with log, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process:
            try:
                _wait_for(port, process, folder / "log")
                settings = {"host": "127.0.0.1", "port": port, "user": getpass.getuser()}
                settings |= {"key": str(folder / "client_key"), "python": sys.executable}
                yield SshServer(port, folder, settings)
            finally:
                process.terminate()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)
                process.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def ssh_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[SshServer]:
    with _serve_ssh() as server:
        # No key of the person who runs the tests may help, nor their known hosts.
        monkeypatch.setenv("HOME", str(server.folder))
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
        monkeypatch.setenv("EDGEKIT_KNOWN_HOSTS", str(server.folder / "known_hosts"))
        yield server


@pytest.fixture
def more_ssh_servers(ssh_server: SshServer) -> Iterator[Callable[[], SshServer]]:
    """Each call starts one more, with keys of its own."""
    with contextlib.ExitStack() as stack:
        yield lambda: stack.enter_context(_serve_ssh())


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            pytest.fail(f"sshd ended at once: {log.read_text()}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail(f"sshd does not listen: {log.read_text()}")
