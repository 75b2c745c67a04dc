"""Which runtime runs a model on a board, and how: one vocabulary for every command that runs models.

--runtime litert|tflite_runtime|edgekit   --delegate xnnpack|none|edgetpu   --threads N   --cores 0-3|0,2
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from edgekit.errors import UsageError

if TYPE_CHECKING:
    from edgekit.board import Board

KERNELS = ("fast", "reference")
EDGEKIT = "edgekit"
"""Our own C runtime; the others are Python packages that the agent imports."""
RUNTIMES = ("litert", "tflite_runtime", EDGEKIT)
NO_DELEGATE = "none"
DELEGATES = ("xnnpack", NO_DELEGATE, "edgetpu")
MAX_THREADS = 256
MAX_CORE = 1023
"""What the system call takes that pins a process."""

_RANGE = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?")


@dataclass(frozen=True)
class RuntimeOptions:
    """What was asked for; None leaves the choice to the device.

    Raises:
        UsageError: a value out of range, or two that exclude each other.
    """

    kernels: str = "fast"
    runtime: str | None = None
    delegate: str | None = None
    threads: int | None = None
    cores: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        for name, value, known in (
            ("kernels", self.kernels, KERNELS),
            ("runtime", self.runtime, (None, *RUNTIMES)),
            ("delegate", self.delegate, (None, *DELEGATES)),
        ):
            if value not in known:
                names = [each for each in known if each is not None]
                raise UsageError(f"{name} is {value!r}; expected {', '.join(names[:-1])} or {names[-1]}")
        if self.threads is not None and not 1 <= self.threads <= MAX_THREADS:
            raise UsageError(f"threads is {self.threads}; expected 1 to {MAX_THREADS}")
        if self.cores is not None and not self.cores:
            raise UsageError("no core is left to run on; name at least one, for example --cores 0")
        if self.uses_delegate and self.kernels == "reference":
            raise UsageError(
                f"the reference kernels run without a delegate, so {self.delegate} can do nothing; "
                "take --kernels fast, or leave --delegate away"
            )
        if self.runtime == EDGEKIT:
            self._check_edgekit()

    @property
    def uses_delegate(self) -> bool:
        """Whether one was asked for; without a wish the runtime may still use its own."""
        return self.delegate not in (None, NO_DELEGATE)

    def _check_edgekit(self) -> None:
        if self.uses_delegate:
            raise UsageError(
                f"the edgekit runtime has no delegates, so not {self.delegate}; take --runtime litert"
            )
        if self.threads not in (None, 1):
            raise UsageError(
                f"the edgekit runtime runs in 1 thread, not {self.threads}; take --runtime litert for more"
            )
        if self.cores is not None:
            raise UsageError(
                "the edgekit runtime cannot choose its cores; leave --cores away or take --runtime litert"
            )

    def check(self, board: Board) -> None:
        """Raises UsageError for what this kind of board cannot do; touches no device."""
        if board.kind == "linux":
            return
        asked = [
            f"--{name} {value}"
            for name, value in (
                ("runtime", None if self.runtime == EDGEKIT else self.runtime),
                ("delegate", None if self.delegate == NO_DELEGATE else self.delegate),
                ("threads", None if self.threads == 1 else self.threads),
                ("cores", None if self.cores is None else format_cores(self.cores)),
            )
            if value is not None
        ]
        if asked:
            raise UsageError(
                f"{board.title} runs edgekit's own firmware on one core, so {' and '.join(asked)} means nothing "
                "there; leave it away, or measure Linux boards in a command of their own"
            )

    def configuration(self, threads: int | None = None) -> dict[str, Any]:
        """The CONFIGURE request; `threads` is what farm.toml says, for want of another wish."""
        wanted = {
            "runtime": self.runtime,
            "delegate": self.delegate,
            "threads": self.threads if self.threads is not None else threads,
            "cores": None if self.cores is None else list(self.cores),
        }
        return {"kernels": self.kernels, **{key: each for key, each in wanted.items() if each is not None}}

    def record(self) -> dict[str, Any]:
        return asdict(self)


def add_runtime_arguments(parser: argparse.ArgumentParser, *, kernels: str) -> None:
    """`kernels` is the command's default."""
    group = parser.add_argument_group("on Linux boards")
    group.add_argument(
        "--runtime",
        choices=RUNTIMES,
        help="what runs the model: a TFLite runtime of the board, or edgekit's own in C (default: the first found)",
    )
    group.add_argument(
        "--delegate",
        choices=DELEGATES,
        help="what takes operators over from it (default: what the runtime does by itself, mostly xnnpack)",
    )
    group.add_argument("--threads", type=int, metavar="N", help="default: 1, or what farm.toml says")
    group.add_argument(
        "--cores", metavar="0-3|0,2", help="cores that the whole process is pinned to (default: any)"
    )
    group.add_argument(
        "--kernels",
        choices=KERNELS,
        help=f"the runtime's fastest kernels, or its bit-exact reference kernels (default: {kernels})",
    )
    parser.set_defaults(default_kernels=kernels)


def read_runtime_arguments(args: argparse.Namespace) -> RuntimeOptions:
    """Raises UsageError."""
    kernels = args.kernels
    if kernels is None:
        # Who asks for a delegate has chosen: the reference kernels, some commands' default, run without one.
        kernels = "fast" if args.delegate not in (None, NO_DELEGATE) else args.default_kernels
    cores = None if args.cores is None else parse_cores(args.cores)
    return RuntimeOptions(kernels, args.runtime, args.delegate, args.threads, cores)


def parse_cores(text: str) -> tuple[int, ...]:
    """Numbers and ranges as taskset(1) takes them, sorted and each once.

    Raises:
        UsageError: anything else.
    """
    cores: set[int] = set()
    for part in text.split(","):
        found = _RANGE.fullmatch(part.strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if found is None or first > last or last > MAX_CORE:
            raise UsageError(
                f"--cores {text!r}: expected numbers and ranges of cores up to {MAX_CORE}, like 0-3 or 0,2"
            )
        cores.update(range(first, last + 1))
    return tuple(sorted(cores))


def format_cores(cores: Iterable[int]) -> str:
    """The shortest text that parse_cores() reads back: "0-3,6"."""
    runs: list[list[int]] = []
    for core in sorted(set(cores)):
        if runs and core == runs[-1][-1] + 1:
            runs[-1].append(core)
        else:
            runs.append([core])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def in_force(reply: Mapping[str, Any]) -> dict[str, Any]:
    """What of a CONFIGURE reply is of the type it should be; a device may answer anything."""
    found: dict[str, Any] = {}
    for key in ("kernels", "runtime", "name", "delegate"):
        if isinstance(reply.get(key), str):
            found[key] = reply[key]
    for key in ("threads", "num_operators_delegated", "num_partitions"):
        if _is_count(reply.get(key)):
            found[key] = reply[key]
    cores = reply.get("cores")
    if isinstance(cores, list) and cores and all(map(_is_count, cores)):
        found["cores"] = tuple(cores)
    return found


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
