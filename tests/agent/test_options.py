from __future__ import annotations

from typing import Any

import pytest

from edgekit.agent.errors import AgentError
from edgekit.agent.options import DEFAULTS, merge_options
from edgekit.wire.codes import Status


def test_what_is_not_named_stays_as_it_was() -> None:
    first = merge_options(DEFAULTS, {"threads": 3, "cores": [1]})
    second = merge_options(first, {"delegate": "none"})
    assert second == {
        "kernels": "fast", "threads": 3, "runtime": None, "delegate": "none", "cores": [1],
    }  # fmt: skip
    assert merge_options(second, {"delegate": None, "cores": None})["cores"] is None
    assert DEFAULTS["threads"] == 1


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ({"thread": 2}, "unknown option 'thread', known: cores, delegate, kernels, runtime, threads"),
        ({"kernels": None}, "kernels None, expected fast or reference"),
        ({"delegate": "gpu"}, "delegate 'gpu', expected xnnpack or none or edgetpu"),
        ({"runtime": "edgekit"}, "runtime 'edgekit', expected litert or tflite_runtime"),
        ({"threads": 257}, "threads 257, expected 1 to 256"),
        ({"cores": "0"}, "cores '0', expected a list of numbers"),
        ({"cores": [0, None]}, "expected a list of numbers"),
    ],
)
def test_a_wrong_option_says_what_was_expected(wanted: dict[str, Any], message: str) -> None:
    with pytest.raises(AgentError) as caught:
        merge_options(DEFAULTS, wanted)
    assert caught.value.status == Status.BAD_REQUEST
    assert message in caught.value.message
