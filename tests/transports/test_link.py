from __future__ import annotations

import pytest

from edgekit.errors import UnknownNameError
from edgekit.transports.link import find_transport, list_transports


def test_transports_are_the_modules_that_open_links() -> None:
    assert {"local", "serial", "ssh", "virtual"} <= set(list_transports())
    assert "link" not in list_transports()


@pytest.mark.parametrize("name", list_transports())
def test_every_transport_says_what_it_takes_and_needs(name: str) -> None:
    transport = find_transport(name)
    assert set(transport.REQUIRED) <= set(transport.SETTINGS)
    assert all(each in (str, int, bool, list, dict) for each in transport.SETTINGS.values())


@pytest.mark.parametrize("name", ["seriel", "link", "__init__", "", "os.path"])
def test_an_unknown_transport_is_answered_with_the_known_ones(name: str) -> None:
    with pytest.raises(UnknownNameError, match="unknown transport"):
        find_transport(name)
