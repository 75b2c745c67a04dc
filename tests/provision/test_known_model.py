from __future__ import annotations

import numpy as np
import pytest

from edgekit.host_runtime import HostRuntime
from edgekit.provision.known_model import INPUT, OUTPUT, build_known_model
from edgekit.tflite_model import read_model


def test_the_answer_is_that_of_the_formula() -> None:
    from edgekit.provision import known_model

    value = np.frombuffer(INPUT, np.int8).astype(int)
    sums = known_model._WEIGHTS.astype(int) @ value + known_model._BIAS
    assert not (sums % 2).any()  # else runtimes may round differently
    assert np.clip(sums // 2, -128, 127).astype(np.int8).tobytes() == OUTPUT


def test_our_runtime_gives_the_answer() -> None:
    runtime = HostRuntime(build_known_model())
    runtime.invoke([np.frombuffer(INPUT, np.int8).reshape(1, 4)])
    assert runtime.tensor(1, 0).tobytes() == OUTPUT


@pytest.mark.parametrize("reference", [False, True])
def test_litert_gives_the_answer(reference: bool) -> None:
    interpreter = pytest.importorskip("ai_edge_litert.interpreter", reason="needs pip install ai-edge-litert")
    kinds = interpreter.OpResolverType
    kind = kinds.BUILTIN_REF if reference else kinds.AUTO
    runtime = interpreter.Interpreter(model_content=build_known_model(), experimental_op_resolver_type=kind)
    runtime.allocate_tensors()
    runtime.set_tensor(runtime.get_input_details()[0]["index"], np.frombuffer(INPUT, np.int8).reshape(1, 4))
    runtime.invoke()
    assert runtime.get_tensor(runtime.get_output_details()[0]["index"]).tobytes() == OUTPUT


def test_the_model_is_read_by_our_own_reader() -> None:
    model = read_model(build_known_model())
    assert [each.name for each in model.operators] == ["FULLY_CONNECTED"]
    assert (len(INPUT), len(OUTPUT)) == (model.inputs[0].num_bytes, model.outputs[0].num_bytes)
