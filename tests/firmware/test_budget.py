"""The firmware does not grow unnoticed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edgekit import farm
from edgekit.deadline import Deadline
from edgekit.session import DeviceSession
from tests.firmware.budget import SLACK, compiler_version, exceeded, measure, read_budget
from tests.firmware.conftest import BOARDS

FLASH_LIMIT = 256 * 1024


@pytest.mark.parametrize("name", BOARDS)
def test_the_firmware_stays_within_its_budget(name: str, open_board: Callable[[str], DeviceSession]) -> None:
    budget = read_budget(name)
    open_board(name)  # skips where there is no emulator
    if compiler_version() != budget["compiler"]:
        pytest.skip(f"the budget was measured with gcc {budget['compiler']}")
    # Of its own: the stack at its deepest is that of everything a board has run since it was started.
    with farm.connect(farm.find_device(name), Deadline(120.0)) as session:
        sizes = measure(name, session)
    assert not exceeded(budget, sizes), "if that is meant, run `make budgets`"


@pytest.mark.parametrize("name", BOARDS)
def test_the_budget_of_all_operators_is_at_most_256_kib_of_flash(name: str) -> None:
    assert int(str(read_budget(name)["flash_bytes"])) + SLACK["flash_bytes"] <= FLASH_LIMIT


def test_growth_beyond_the_slack_is_noticed() -> None:
    budget = dict.fromkeys(SLACK, 1000)
    at_the_limit = {key: 1000 + slack for key, slack in SLACK.items()}
    assert exceeded(budget, at_the_limit) == []
    beyond = {**at_the_limit, "flash_bytes": at_the_limit["flash_bytes"] + 1}
    assert exceeded(budget, beyond) == ["flash_bytes is 1257, 257 more than its budget"]
