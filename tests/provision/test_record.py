from __future__ import annotations

import json

import pytest

from edgekit.errors import DeviceError
from edgekit.provision.record import Entry, Record, parse_record

FOLDER = "/home/pi/.local/share/edgekit"
DIGEST = "ab" * 32
RECORD = Record(
    FOLDER,
    {
        "litert": Entry("litert", "site/ai_edge_litert-2.3.0", DIGEST, ("ai_edge_litert 2.3.0",), "cp311"),
        "edgekit": Entry("edgekit", "edgekit-runtime", DIGEST, build="linux_aarch64"),
    },
    "litert",
    ("/home/pi/.local", "/home/pi/.local/share"),
)


def test_what_is_written_is_read() -> None:
    assert parse_record("pi", FOLDER, RECORD.pack().decode()) == RECORD


@pytest.mark.parametrize("text", ["", "{}", "null", "[1]", "{", '{"edgekit_provision": 1}', "[" * 9000])
def test_a_damaged_record_is_an_empty_one(text: str) -> None:
    assert parse_record("pi", FOLDER, text) == Record(FOLDER)


def test_the_record_of_a_newer_edgekit_is_left_alone() -> None:
    with pytest.raises(DeviceError, match="provisioned by a newer edgekit"):
        parse_record("pi", FOLDER, '{"edgekit_provision": 2}')


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("path", "site/../../.."),
        ("path", "/etc"),
        ("path", "site/"),
        ("path", "site/a b"),
        ("path", "edgekit-runtime"),
        ("path", 7),
        ("sha256", "zz"),
        ("runtime", "sh"),
        ("packages", [1]),
    ],
)
def test_an_entry_that_edgekit_would_not_have_written_is_passed_over(key: str, value: object) -> None:
    content = json.loads(RECORD.pack())
    content["entries"][0][key] = value
    assert set(parse_record("pi", FOLDER, json.dumps(content)).entries) == {"edgekit"}


def test_only_folders_above_ours_are_ever_removed_with_it() -> None:
    content = json.loads(RECORD.pack())
    content["made"] = ["/home/pi/.local", "/home/other", "/home/pi/.loc", FOLDER, 3, "/home/pi/.local/share"]
    record = parse_record("pi", FOLDER, json.dumps(content))
    assert record.made == ("/home/pi/.local", "/home/pi/.local/share")
