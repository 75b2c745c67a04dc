"""Every criterion and target once, in one subprocess because starting TensorFlow takes seconds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from edgekit.composition import check_composition
from edgekit.errors import RecipeError
from edgekit.techniques._channels_verify import verify_channels
from edgekit.techniques._criteria import CRITERIA
from edgekit.techniques._text import parse_techniques
from edgekit.techniques.prune_channels import PruneChannels
from edgekit.tflite_model import read_model
from tests.tiny_model import build_dense
from tests.training_program import run_training_program

_PROMISE = {
    "num_channels": {"weights": [6, 3]},
    "num_weights": {"weights": 12},
    "macs": {"weights": 12},
    "total_macs": 12,
}


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return run_training_program("tests.techniques.prune_channels_program", tmp_path_factory.mktemp("program"))


def test_a_file_with_the_promised_channels_is_taken() -> None:
    verify_channels(read_model(build_dense()), _PROMISE)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"total_macs": 11}, "it has 12 MACs; expected at most 11"),
        (
            {"num_channels": {"weights": [6, 2]}},
            "from layer weights: it has 3 channels, 12 MACs; expected 2 of 6",
        ),
        ({"macs": {"weights": 11}}, "layer weights: it has 3 channels, 12 MACs; .* at most 11 MACs"),
        (
            {"num_weights": {"weights": 8}, "total_macs": None},
            "it has no tensor of 8 weights; expected 3 of 6",
        ),
    ],
)
def test_a_file_with_more_than_promised_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        verify_channels(read_model(build_dense()), {**_PROMISE, **changes})


def test_a_layer_that_a_later_technique_replaced_is_told_by_the_macs_of_the_whole() -> None:
    replaced = {
        **_PROMISE,
        "num_channels": {"gone": [6, 3]},
        "num_weights": {"gone": 8},
        "macs": {"gone": 12},
    }
    verify_channels(read_model(build_dense()), replaced)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"reduction": 1.2}, "a reduction of 1.2: expected a fraction above 0 and below 1"),
        ({"criterion": "l3"}, "a criterion of 'l3'; expected one of l1, l2, soft"),
        ({"of": "watts"}, "a reduction of 'watts'; expected one of macs, bytes, latency"),
        ({"of": "latency"}, "expected for 'latency' one of them, as in channels:0.5:latency@local"),
        ({"of": "latency", "measure": len, "device": "local"}, "expected for 'latency' one of them"),
        ({"measure": len}, "expected for 'latency' one of them"),
        ({"device": "local"}, "expected for 'latency' one of them"),
        ({"allocation": "fair"}, "an allocation of 'fair'; expected 'global' or 'uniform'"),
        ({"multiple": 0}, "multiple of 0; expected a whole number of at least 1"),
        ({"min_kept": 2.0}, "min_kept of 2.0; expected a fraction from 0 to 1"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_trained(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(RecipeError, match=message):
        PruneChannels(**changes)


def test_the_command_line_names_reduction_criterion_and_what_is_reduced() -> None:
    assert parse_techniques("channels") == (PruneChannels(),)
    assert parse_techniques("channels:0.75:fpgm") == (PruneChannels(reduction=0.75, criterion="fpgm"),)
    assert parse_techniques("channels:0.5:l2:bytes") == (PruneChannels(criterion="l2", of="bytes"),)
    for text, criterion in (("0.5:latency@local", "l1"), ("0.5:fpgm:latency@local", "fpgm")):
        wanted = PruneChannels(criterion=criterion, of="latency", device="local")
        assert parse_techniques(f"channels:{text}") == (wanted,)
    assert parse_techniques("channels:0.5:bytes") == (PruneChannels(of="bytes"),)
    for wrong in ("latency", "latency@", "macs@local"):
        with pytest.raises(RecipeError, match=r"as in channels:0\.5:latency@local"):
            parse_techniques(f"channels:0.5:{wrong}")
    with pytest.raises(RecipeError, match="expected channels:REDUCTION:CRITERION:OF"):
        parse_techniques("channels:0.5:l2:bytes:now")


def test_it_comes_before_what_gives_the_weights_values_that_training_would_change() -> None:
    for good in (
        "channels,prune,int8",
        "channels,cluster,qat:clusters",
        "layers,channels,qat",
        "channels,channels",
    ):
        check_composition(parse_techniques(good))
    for bad in ("prune,channels", "cluster,channels", "int8,channels", "prune,layers"):
        with pytest.raises(
            RecipeError, match=r"put (prune_channels|remove_layers) before|put quantize_int8 last"
        ):
            check_composition(parse_techniques(bad))


def test_a_function_of_the_caller_does_not_change_how_a_checkpoint_is_found_again() -> None:
    assert repr(PruneChannels(of="latency", measure=len)) == repr(PruneChannels(of="latency", measure=hash))


@pytest.mark.parametrize("criterion", CRITERIA)
def test_a_criterion_finds_the_channel_that_was_made_useless(found: dict[str, Any], criterion: str) -> None:
    assert found["planted"][criterion] == 5


def test_least_squares_lets_a_channel_do_the_work_of_its_twin(found: dict[str, Any]) -> None:
    assert found["twin"]["sequential"] < 0.02
    assert found["twin"]["signal"] < 0.02


def test_an_interrupted_run_ends_with_the_same_model(found: dict[str, Any]) -> None:
    assert found["resumed"] == {"same": True, "epochs trained again": 0}


def test_soft_pruning_zeroes_filters_that_grow_again(found: dict[str, Any]) -> None:
    """Alive when the first epoch ends, when the second ends, and after it."""
    assert found["regrow"] == [8, 8, 5]


@pytest.mark.parametrize("case", ["soft", "thinet", "slimming", "bytes", "latency", "layers"])
def test_the_model_that_was_given_stays_as_it_is(found: dict[str, Any], case: str) -> None:
    assert found[case]["untouched"]
    assert not found[case]["regularized"]


@pytest.mark.parametrize("case", ["soft", "thinet", "slimming", "bytes", "latency"])
def test_the_reduction_is_reached(found: dict[str, Any], case: str) -> None:
    promise = found[case]["promise"]
    kept = 0.5 if case == "latency" else 0.6
    assert promise["cost"]["after"] <= kept * promise["cost"]["before"]
    if promise["cost"]["of"] != "bytes":
        assert promise["total_macs"] == promise["cost"]["after"]
    assert all(after <= before for before, after in promise["num_channels"].values())


def test_the_exported_file_has_the_channels_and_macs_that_are_left(found: dict[str, Any]) -> None:
    case = found["bytes"]
    assert case["macs"][1] == case["promise"]["total_macs"] < case["macs"][0]
    assert case["bytes"][1] < case["bytes"][0]
    left = {name: after for name, (_, after) in case["promise"]["num_channels"].items()}
    # The depthwise kernels have as many channels as what they read, one of them twice as many.
    depthwise = [2 * left["conv2d"], left["conv2d_2"], left["conv2d_1"]]
    assert case["channels"] == sorted([*left.values(), *depthwise])
    assert case["dense"].startswith("RecipeError: the exported model does not keep the removal of channels")


def test_layers_that_the_criterion_cannot_judge_are_named(found: dict[str, Any]) -> None:
    """tanh has no zeros to count."""
    assert found["unseen"] == {
        "conv2d_4": "apoz knows nothing of them",
        "dense": "they are the model's output",
    }


def test_channels_are_left_in_multiples_for_simd(found: dict[str, Any]) -> None:
    channels = found["bytes"]["promise"]["num_channels"]
    assert {after % 4 for name, (_, after) in channels.items() if name != "conv2d_4"} == {0}


def test_a_board_is_asked_for_each_candidate_once(found: dict[str, Any]) -> None:
    cost, measured = found["latency"]["promise"]["cost"], found["measured"]
    assert (measured[0], cost["after"]) == (cost["before"], found["latency"]["promise"]["total_macs"])
    assert cost["after"] in measured
    assert len(measured) <= 6


def test_a_device_measures_the_candidates_and_is_named_in_the_promise(found: dict[str, Any]) -> None:
    cost = found["local"]["promise"]["cost"]
    assert (cost["of"], cost["device"], cost["quantity"]) == ("latency", "local", "latency_us")
    assert 0 < cost["after"] <= 0.7 * cost["before"]
    assert 3 <= cost["num_measurements"] <= 9
    # Fewer channels, not only a lucky measurement.
    assert found["local"]["promise"]["total_macs"] < 8 * 8 * 9 * (3 * 128 + 3 * 128 * 128)


def test_layers_that_are_left_out_are_not_in_the_file(found: dict[str, Any]) -> None:
    case = found["layers"]
    assert case["promise"]["removed"]
    assert case["macs"][1] == case["promise"]["total_macs"] <= 0.7 * case["macs"][0]
    assert case["dense"].startswith("RecipeError: the exported model still has layer")


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (
            "too much",
            r"RecipeError: .* expected at most 1449.76; ask for a smaller reduction, or let each layer",
        ),
        (
            "no channels",
            r"RecipeError: .*no channel of the model can be removed \(dense\w*: layer .* softmax",
        ),
        ("no gamma", "RecipeError: .*criterion slimming knows nothing of the model's channels"),
        ("no relu", "RecipeError: .*criterion apoz knows nothing of the model's channels"),
        ("bad measure", "RecipeError: .*measure returned nan; expected a positive number"),
        ("no device", "RecipeError: measuring on locol failed: unknown device 'locol'; did you mean 'local'"),
        ("no block", "RecipeError: remove_layers: no other layer can be left out"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(found: dict[str, Any], case: str, message: str) -> None:
    assert re.match(message, found["refused"][case])
    assert "\n" not in found["refused"][case]
