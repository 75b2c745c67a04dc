from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgekit.cli import main

A = np.array([[1, 2, 3, 4]], np.float32)
B = np.array([[10, 20, 30, 40]], np.float32)


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EDGEKIT_FARM", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def model(tmp_path: Path, add_model: bytes) -> str:
    path = tmp_path / "add.tflite"
    path.write_bytes(add_model)
    return str(path)


def invoke(model: str, device: str = "local", given: str = "in.npz", output: str = "out.npz") -> int:
    return main(["invoke", model, "--on", device, "--input", given, "--output", output])


@pytest.mark.parametrize("given", [{"arr_1": B, "arr_0": A}, {"a": A, "b": B}], ids=["numbered", "in order"])
def test_outputs_of_one_inference_are_written_with_shape_and_dtype(
    model: str, given: dict[str, Any], tmp_path: Path
) -> None:
    np.savez("in.npz", **given)
    assert invoke(model, output="sub/out.npz") == 0
    with np.load("sub/out.npz") as outputs:
        assert outputs.files == ["arr_0"]
        assert outputs["arr_0"].dtype == np.float32
        assert outputs["arr_0"].tolist() == [[21, 42, 63, 84]]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["add.tflite", "in.npz", "sub"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"a": A}, r"in.npz has 1 arrays, the model has 2 inputs"),
        ({"a": A, "b": B[:, :3]}, r"b in in.npz is float32[1, 3], input 'b' of the model is float32[1, 4]"),
        (
            {"a": A, "b": B.astype(np.int8)},
            r"b in in.npz is int8[1, 4], input 'b' of the model is float32[1, 4]",
        ),
        ({"a": np.array([{}]), "b": B}, r"in.npz is not an .npz file of plain arrays"),
    ],
)
def test_inputs_that_do_not_fit_are_told_before_anything_is_sent(
    model: str, given: dict[str, Any], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez("in.npz", **given)
    # A device that cannot be reached: what is wrong with the input comes first.
    assert invoke(model, device="no-such-device") == 1
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error
    assert not Path("out.npz").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read in.npz: No such file"),
        (b"", "in.npz is not an .npz file"),
        (b"PK\x03\x04 broken", "in.npz is not an .npz file"),
        (b"text", "in.npz is not an .npz file"),
    ],
)
def test_a_file_that_is_no_npz_is_told(
    model: str, content: bytes | None, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        Path("in.npz").write_bytes(content)
    assert invoke(model) == 1
    assert message in capsys.readouterr().err


def test_a_single_array_is_told_from_an_npz(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    np.save("in.npy", A)
    assert invoke(model, given="in.npy") == 1
    assert "in.npy is a single array; expected an .npz file" in capsys.readouterr().err


def test_a_model_that_is_none_and_an_unknown_device_are_told(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez("in.npz", A, B)
    Path("bad.tflite").write_bytes(b"not a flatbuffer")
    assert invoke("bad.tflite") == 1
    assert "bad.tflite" in capsys.readouterr().err
    assert invoke(model, device="locl") == 1
    assert "unknown device 'locl'; did you mean 'local'?" in capsys.readouterr().err


def test_a_board_that_is_not_there_ends_with_3_and_keeps_the_old_output(
    model: str, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez("in.npz", A, B)
    Path("out.npz").write_bytes(b"old")
    Path("farm.toml").write_text(
        '[devices.desk]\nboard = "generic_x86_64"\ntransport = "serial"\nport = "/dev/none"\n'
    )
    assert invoke(model, device="desk") == 3
    assert "cannot open /dev/none for desk: there is no such port" in capsys.readouterr().err
    assert Path("out.npz").read_bytes() == b"old"


def test_an_output_that_cannot_be_written_is_told(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez("in.npz", A, B)
    Path("file").write_text("")
    assert invoke(model, output="file/out.npz") == 1
    assert "cannot write file/out.npz" in capsys.readouterr().err
