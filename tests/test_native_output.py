from __future__ import annotations

import os
import sys

import pytest

from edgekit.native_output import filtered_stderr, muted_stderr


def test_what_c_prints_is_dropped_while_muted_and_shown_again_afterwards(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with muted_stderr():
        os.write(2, b"chatter\n")
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"


def test_known_chatter_is_filtered_and_everything_else_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with filtered_stderr():
        os.write(2, b"I0000 00:00:1.5 1 port.cc:153] oneDNN custom operations are on.\n")
        os.write(2, b"E0000 00:00:1.5 1 cuda_platform.cc:52] failed call to cuInit: no GPU\n")
        os.write(2, b"fully_quantize: 0, inference_type: 6\n")
        os.write(2, b"E0000 00:00:1.5 1 allocator.cc:9] out of memory\n")
        print("our own note", file=sys.stderr)
    # Our own notes come at once, C++ lines when the block ends.
    assert capfd.readouterr().err == "our own note\nE0000 00:00:1.5 1 allocator.cc:9] out of memory\n"


def test_after_a_failure_everything_is_as_before(capfd: pytest.CaptureFixture[str]) -> None:
    before = sys.stderr
    with pytest.raises(RuntimeError, match="no"), filtered_stderr():  # noqa: PT012 - one block on purpose
        os.write(2, b"the reason\n")
        raise RuntimeError("no")
    assert sys.stderr is before
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "the reason\nheard\n"


def test_blocks_may_be_nested(capfd: pytest.CaptureFixture[str]) -> None:
    with filtered_stderr():
        with muted_stderr():
            os.write(2, b"inner\n")
        os.write(2, b"outer\n")
    assert capfd.readouterr().err == "outer\n"
