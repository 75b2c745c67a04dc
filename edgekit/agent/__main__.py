"""Entry point of the agent: frames on stdin and stdout until BYE or the end of input."""

from __future__ import annotations

import contextlib
import faulthandler
import hashlib
import os
import select
import stat
import sys
import threading
import time
from pathlib import Path
from typing import List, Optional, Tuple

from edgekit.agent.errors import HostSilentError
from edgekit.agent.handlers import Handlers
from edgekit.agent.server import Server
from edgekit.agent.watch import Watch

HANG_UP_GRACE_S = 2.0
LONGEST_SILENCE_S = 86400.0


def claim_streams() -> Tuple[int, int]:
    """Takes stdin and stdout away from everything else: what a library prints must not get between frames."""
    read_from, write_to = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return read_from, write_to


def delete_self(bundle: Path) -> None:
    """Deletes the file we were started from and its folder; everything in it has been imported by now."""
    with contextlib.suppress(OSError):
        bundle.unlink()
        bundle.parent.rmdir()


def site_folders(arguments: List[str]) -> List[str]:
    """The values of `--site`, in order. Code is taken from nowhere that somebody else can write to.

    Raises:
        SystemExit: such a folder is not there, not the user's, or open to others.
    """
    folders = [value for key, value in zip(arguments, arguments[1:]) if key == "--site"]  # noqa: B905, RUF007
    for folder in folders:
        try:
            status = Path(folder).stat()
        except OSError as error:
            message = f"cannot use --site {folder}: {error.strerror}; provision the board again"
            raise SystemExit(message) from error
        if not stat.S_ISDIR(status.st_mode):
            raise SystemExit(f"--site {folder} is no folder; provision the board again")
        if status.st_uid != os.getuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise SystemExit(f"--site {folder} is not this user's alone, so nothing is loaded from it")
    return folders


def option(arguments: List[str], name: str) -> Optional[str]:
    """What follows `name`. argparse would take its time on a small board."""
    if name not in arguments[:-1]:
        return None
    return arguments[arguments.index(name) + 1]


def silence_limit(arguments: List[str]) -> Optional[float]:
    """Seconds that the host may be silent: a network that fell silent closes nothing. None: for ever.

    Raises:
        SystemExit: it is no such number.
    """
    value = option(arguments, "--silence-limit")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST_SILENCE_S:
        raise SystemExit(f"--silence-limit takes seconds up to {LONGEST_SILENCE_S:g}, not {value!r}")
    return seconds


def end_with_input(read_from: int, watch: Optional[Watch]) -> None:
    """Ends the process soon after the host hung up, even in the middle of a long inference.

    The thread sleeps in poll() and so takes no time from a measurement.
    """

    def wait() -> None:
        poll = select.poll()
        poll.register(read_from, 0)  # POLLHUP and POLLERR are always reported
        poll.poll()
        time.sleep(HANG_UP_GRACE_S)  # for requests that were sent before
        if watch is not None:
            watch.close()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def start_watch(root: str) -> Optional[Watch]:
    """None where no process can be started: then the agent measures, and nobody vouches for the conditions."""
    try:
        return Watch(root)
    except OSError:
        return None


def main(root: str = "/") -> None:
    watch = start_watch(root)  # before there are threads
    read_from, write_to = claim_streams()
    end_with_input(read_from, watch)
    faulthandler.enable()
    bundle = Path(sys.argv[0]).resolve()
    build = hashlib.sha256(bundle.read_bytes()).hexdigest()[:16] if bundle.is_file() else ""
    if "--self-destruct" in sys.argv[1:] and bundle.suffix == ".pyz":
        delete_self(bundle)
    os.umask(0o077)  # Python keeps what it compiles beside the packages
    sys.path[:0] = site_folders(sys.argv[1:])
    handlers = Handlers(build, option(sys.argv[1:], "--runtime"), watch, root)
    server = Server(read_from, write_to, handlers, silence_limit(sys.argv[1:]))
    try:
        server.serve()
    except HostSilentError as error:
        print(f"{error}; ending", file=sys.stderr)
    except (BrokenPipeError, KeyboardInterrupt):
        pass
    # A runtime's destructors may crash or hang at exit, and there is nothing left to save.
    sys.stderr.flush()
    if watch is not None:
        watch.close()
    os._exit(0)


if __name__ == "__main__":
    main()
