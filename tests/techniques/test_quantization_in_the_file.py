"""What each quantization does to the exported file, in one subprocess because starting TensorFlow takes seconds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.training_program import run_training_program

_PROGRAM = '''
import json, sys
from pathlib import Path
import numpy as np
from edgekit.tensorflow_setup import import_tensorflow
import_tensorflow(1)
from tf_keras import Sequential, layers
from edgekit.datasets import DataSet
from edgekit.errors import EdgekitError
from edgekit.exporters.tflite import export_tflite
from edgekit.flatbuffer_weights import find_weights
from edgekit.native_output import filtered_stderr
from edgekit.oracle import find_oracle
from edgekit.techniques import Context
from edgekit.techniques._text import parse_techniques
from edgekit.techniques.quantize_int8 import QuantizeInt8
from edgekit.techniques.quantize_mixed import QuantizeMixed
from edgekit.tflite_model import read_model
from edgekit.checkpoint import Checkpoints
from edgekit.training import Trainer
from contextlib import contextmanager

@contextmanager
def step(name, total=None):
    yield lambda count: None

random = np.random.default_rng(1)
x = random.random((160, 6, 6, 2)).astype(np.float32)
y = np.arange(160) % 4
data = DataSet("tiny", "made up", 4, x, y, x[:16], y[:16])
context = Context(data, 1, 5, True, Trainer(data, 1, 32, 1e-3, Checkpoints(None), step))

def build():
    model = Sequential([
        layers.Input((6, 6, 2)), layers.Conv2D(16, 3, padding="same", use_bias=False, name="first"),
        layers.BatchNormalization(), layers.ReLU(), layers.DepthwiseConv2D(3, name="depthwise"),
        layers.Conv2D(16, 1, name="second"), layers.Flatten(), layers.Dense(32, activation="relu", name="third"),
        layers.Dense(4, activation="softmax", name="last"),
    ])
    # As after training: channels of very different size, which powers of two and 4 bits must survive.
    norm = model.layers[1]
    norm.set_weights([random.uniform(0.1, 3, 16), random.normal(size=16), random.normal(size=16) / 9, np.ones(16)])
    return model

def describe(model, expected):
    oracle = find_oracle(model.data)
    outputs = []
    for sample in x[:16]:
        tensor = model.inputs[0]
        given = sample[None]
        if tensor.scales:
            limit = np.iinfo(tensor.dtype)
            codes = np.round(given / np.float32(tensor.scales[0])) + tensor.zero_points[0]
            given = np.clip(codes, limit.min, limit.max).astype(tensor.dtype)
        found = oracle.invoke([given])[0].astype(np.float32)
        if model.outputs[0].scales:
            found = (found - model.outputs[0].zero_points[0]) * model.outputs[0].scales[0]
        outputs.append(found[0])
    return {
        "dtypes": list(model.dtypes),
        "weights": [
            [model.tensors[each.tensor].dtype, int(each.num_codes_per_channel), each.operator_name,
             sorted({abs(int(code)) for code in each.codes.reshape(-1)}) if each.codes.dtype == np.int8 else None]
            for each in find_weights(model)
        ],
        "num_bytes": len(model.data),
        "oracle": oracle.name.split()[0],
        "error": float(np.abs(np.array(outputs) - expected).max()),
    }

def export(text):
    """The file after techniques, and the promise of each."""
    model, promises = build(), []
    techniques = parse_techniques(text)
    for technique in techniques:
        model = technique.wrap(model, context)
        if technique.num_epochs:
            technique.fit(model, context, 1)
        model = technique.strip(model)
        promises.append(technique.promise(model))
    flatbuffer = read_model(export_tflite(model, techniques, x, promises))
    return flatbuffer, list(zip(techniques, promises)), model

found = {}
with filtered_stderr():
    given = {"float": [], "int8": [QuantizeInt8()]}
    other = {kind: read_model(export_tflite(build(), each, x)) for kind, each in given.items()}
    for text in sys.argv[1].split(";"):
        flatbuffer, pairs, model = export(text)
        for technique, promise in pairs:
            technique.verify(flatbuffer, promise)
        found[text] = describe(flatbuffer, np.asarray(model(x[:16])))
        for kind, file in other.items():
            try:
                pairs[0][0].verify(file, pairs[0][1])
                found[text]["accepts " + kind] = True
            except EdgekitError as error:
                found[text]["accepts " + kind] = str(error)
    found["bad"] = {}
    for name, technique, bad in (
        ("NaN", QuantizeInt8(), None),
        ("one class", QuantizeInt8(num_samples=40), np.argsort(y, kind="stable")),
        ("one layer", QuantizeMixed(), None),
    ):
        model = build()
        broken = data if bad is None else DataSet("sorted", "made up", 4, x[bad], y[bad], x[:16], y[:16])
        if name == "one layer":
            model = Sequential([layers.Input((6, 6, 2)), layers.Flatten(), layers.Dense(4)])
        if name == "NaN":
            np.savez("bad.npz", x=np.full((20, 6, 6, 2), np.nan))
            technique = QuantizeInt8(calibration=Path("bad.npz"))
        try:
            technique.wrap(model, Context(broken, 1, 5, True, context.train))
            found["bad"][name] = "taken"
        except EdgekitError as error:
            found["bad"][name] = str(error)
print(json.dumps(found))
'''
_TEXTS = (
    *("float16", "dynamic", "int8", "int16x8", "int4", "int4:unpacked", "mixed:6", "mixed:4"),
    *("pow2,int8", "pow2:3,int8", "pow2,float16", "pow2,int16x8"),
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("quantization")
    return run_training_program(_PROGRAM, folder, ";".join(_TEXTS))


@pytest.mark.parametrize("text", _TEXTS)
def test_the_file_answers_as_the_keras_model_does(found: dict[str, Any], text: str) -> None:
    # 4 bits are coarse; all else is near.
    assert found[text]["error"] < (0.25 if "4" in text or "mixed" in text else 0.05)


@pytest.mark.parametrize("text", [each for each in _TEXTS if each not in ("int8", "pow2:3,int8")])
def test_a_file_without_the_effect_is_refused(found: dict[str, Any], text: str) -> None:
    kind = "int8" if text.startswith("pow2") or "8" not in text else "float"
    assert found[text][f"accepts {kind}"] is not True
    assert "\n" not in found[text][f"accepts {kind}"]


@pytest.mark.parametrize(
    ("text", "dtypes"),
    [
        ("float16", ["float16"] * 5),
        ("dynamic", ["float32", "float32", "float32", "int8", "float32"]),
        ("int8", ["int8"] * 5),
        ("int16x8", ["int8"] * 5),
        ("int4", ["int4", "int8", "int4", "int4", "int4"]),
        ("int4:unpacked", ["int8"] * 5),
        ("mixed:4", ["int4"] * 5),
    ],
)
def test_weights_have_the_type_that_was_asked_for(
    found: dict[str, Any], text: str, dtypes: list[str]
) -> None:
    assert [each[0] for each in found[text]["weights"]] == dtypes


def test_four_bits_are_fifteen_codes_and_half_the_bytes(found: dict[str, Any]) -> None:
    for text in ("int4", "int4:unpacked"):
        assert max(count for _, count, name, _ in found[text]["weights"] if "DEPTHWISE" not in name) <= 15
    assert found["int4:unpacked"]["num_bytes"] > found["int4"]["num_bytes"] + 4000


def test_mixed_has_both_and_keeps_the_large_layer_small(found: dict[str, Any]) -> None:
    dtypes = [each[0] for each in found["mixed:6"]["weights"]]
    assert set(dtypes) == {"int4", "int8"}
    assert dtypes[3] == "int4"


@pytest.mark.parametrize(("text", "num_powers"), [("pow2,int8", 7), ("pow2:3,int8", 3), ("pow2,int16x8", 7)])
def test_codes_are_powers_of_two(found: dict[str, Any], text: str, num_powers: int) -> None:
    for _, _, name, codes in found[text]["weights"]:
        if "DEPTHWISE" not in name:
            assert set(codes) <= {0, 1, 2, 4, 8, 16, 32, 64}
            assert len(set(codes) - {0}) <= num_powers or num_powers < 7


def test_what_the_microcontroller_reference_refuses_runs_on_litert(found: dict[str, Any]) -> None:
    pytest.importorskip("tflite_micro")
    expected = {
        text: "ai-edge-litert" if "float16" in text or text == "dynamic" else "tflite-micro"
        for text in _TEXTS
    }
    assert {text: found[text]["oracle"] for text in _TEXTS} == expected


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("NaN", "20 of 20 calibration samples hold NaN"),
        ("one class", "all 40 calibration samples are of class 0; expected all 4 classes"),
        ("one layer", "the model has 1 layers with weights; expected at least 2"),
    ],
)
def test_bad_input_is_one_clear_sentence(found: dict[str, Any], case: str, message: str) -> None:
    assert re.search(message, found["bad"][case])
