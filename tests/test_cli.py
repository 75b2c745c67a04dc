"""What the command line does around its commands, tried with small commands in a real process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from edgekit import __version__
from edgekit.cli import find_commands, main

_PROGRAM = """\
import sys
from edgekit import commands
commands.__path__[:] = [sys.argv.pop(1)]
from edgekit.cli import main
sys.exit(main())
"""

_COMMANDS = {
    "greet": """
        import argparse
        HELP = "say something"
        EPILOG = "an example of greeting"
        def add_arguments(parser):
            parser.add_argument("--times", type=int, default=1)
            parser.add_argument("text", nargs="?", default="12 \\u00b5s")
        def run(args):
            for _ in range(args.times):
                print(args.text)
            return 0
    """,
    "bench": """
        HELP = "a command of the chain"
        def add_arguments(parser): pass
        def run(args): return 4
    """,
    "crash": """
        from edgekit.errors import DeviceError
        HELP = "fail in the way that is asked for"
        def add_arguments(parser):
            parser.add_argument("how")
        def run(args):
            if args.how == "device":
                raise DeviceError("the board does not answer; check its cable")
            if args.how == "file":
                open("/nowhere/at/all")
            raise KeyError("two\\nlines")
    """,
    "wait": """
        import time
        HELP = "wait for a signal"
        def add_arguments(parser): pass
        def run(args):
            try:
                print("waiting", flush=True)
                time.sleep(60)
            finally:
                time.sleep(0.5)
                print("cleaned up", flush=True)
            return 0
    """,
    "_private": "raise RuntimeError('not a command')",
}


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    """The start of an argument list that runs edgekit with the commands above instead of its own."""
    folder = tmp_path / "commands"
    folder.mkdir()
    for name, source in _COMMANDS.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(source))
    return [sys.executable, "-c", _PROGRAM, str(folder)]


def _run(arguments: list[str], *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*arguments, *more],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


def test_help_lists_every_command_in_reading_order_with_first_steps(arguments: list[str]) -> None:
    result = _run(arguments, "--help")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    listed = [line.split(maxsplit=1) for line in lines if line.startswith("    ") and line.strip()]
    assert listed == [
        ["bench", "a command of the chain"],
        ["crash", "fail in the way that is asked for"],
        ["greet", "say something"],
        ["wait", "wait for a signal"],
    ]
    assert "first steps:" in lines


def test_help_of_a_command_shows_its_epilog(arguments: list[str]) -> None:
    assert "an example of greeting" in _run(arguments, "greet", "--help").stdout


def test_every_real_command_has_one_line_of_help() -> None:
    for name, command in find_commands().items():
        assert command.HELP.strip(), name
        assert "\n" not in command.HELP, name


def test_version_is_the_package_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"edgekit {__version__}\n"


def test_unknown_command_is_a_usage_error_with_a_suggestion(arguments: list[str]) -> None:
    result = _run(arguments, "gret")
    assert result.returncode == 2
    assert result.stderr == (
        "edgekit: error: unknown command 'gret'; did you mean 'greet'?; see edgekit --help\n"
    )


@pytest.mark.parametrize(
    ("given", "usage"),
    [
        ([], "usage: edgekit [-h]"),
        (["--nonsense"], "usage: edgekit [-h]"),
        (["greet", "--nonsense"], "usage: edgekit greet"),
        (["greet", "--time", "2"], "usage: edgekit greet"),
        (["greet", "--times", "many"], "usage: edgekit greet"),
    ],
)
def test_wrong_usage_shows_the_usage_that_helps(arguments: list[str], given: list[str], usage: str) -> None:
    result = _run(arguments, *given)
    assert result.returncode == 2
    assert result.stderr.startswith(usage)
    assert "Traceback" not in result.stderr


def test_exit_code_is_the_one_the_command_returns(arguments: list[str]) -> None:
    assert _run(arguments, "bench").returncode == 4


def test_edgekit_error_is_one_sentence_and_its_exit_code(arguments: list[str]) -> None:
    result = _run(arguments, "crash", "device")
    assert result.returncode == 3
    assert result.stderr == "edgekit: error: the board does not answer; check its cable\n"


def test_unforeseen_error_is_one_line_without_traceback(arguments: list[str]) -> None:
    result = _run(arguments, "crash", "otherwise")
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("edgekit: error: KeyError: ")
    assert "EDGEKIT_DEBUG=1" in result.stderr


def test_unforeseen_file_error_names_the_file(arguments: list[str]) -> None:
    result = _run(arguments, "crash", "file")
    assert result.returncode == 1
    assert result.stderr == "edgekit: error: /nowhere/at/all: No such file or directory\n"


@pytest.mark.parametrize("how", ["device", "otherwise"])
def test_traceback_is_shown_on_demand(arguments: list[str], how: str) -> None:
    result = _run(arguments, "crash", how, EDGEKIT_DEBUG="1")
    assert result.stderr.startswith("Traceback")
    assert result.stderr.splitlines()[-1].startswith("edgekit: error: ")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_signal_cleans_up_once_and_ends_quietly(arguments: list[str], number: int, code: int) -> None:
    with subprocess.Popen(
        [*arguments, "wait"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(number)
        time.sleep(0.2)
        process.send_signal(number)  # an impatient second one, in the middle of the clean-up
        output, errors = process.communicate(timeout=30)
    assert (process.returncode, output, errors) == (code, "cleaned up\n", "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_reader_that_leaves_ends_the_command_quietly(arguments: list[str], unbuffered: str) -> None:
    with subprocess.Popen(
        [*arguments, "greet", "--times", "100000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("times", ["1", "100000"])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_full_disk_behind_standard_output_is_told(arguments: list[str], times: str, unbuffered: str) -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [*arguments, "greet", "--times", times],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("edgekit: error: ")
    assert result.stderr.endswith(": No space left on device\n")


def test_terminal_without_micro_sign_gets_a_substitute(arguments: list[str]) -> None:
    result = _run(arguments, "greet", PYTHONIOENCODING="ascii")
    assert (result.returncode, result.stdout) == (0, "12 ?s\n")


def test_closed_output_streams_are_no_failure(arguments: list[str]) -> None:
    result = subprocess.run(
        ["/bin/sh", "-c", '"$@" >&- 2>&-', "sh", *arguments, "greet"], timeout=60, check=False
    )
    assert result.returncode == 0


def test_help_is_there_at_once_and_loads_nothing_heavy() -> None:
    program = (
        "import sys, edgekit.cli\n"
        "edgekit.cli.main(['--help'])\n"
        "heavy = {'numpy', 'scipy', 'matplotlib', 'paramiko', 'tensorflow', 'rich'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
