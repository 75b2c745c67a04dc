from __future__ import annotations

import numpy as np
import pytest

from edgekit.datasets._wfdb import check_sum, read_annotations, read_header, read_signals_212
from edgekit.errors import DataError

# Record 114 of the database, whose MLII lead is the second one.
HEADER = """114 2 360 650000
114.dat 212 200 11 1024 1064 -19125 0 V5
114.dat 212 200 11 1024 1016 -29733 0 MLII
# 72 F 1726 654 x1
# Digoxin
"""


def test_a_header_gives_rate_leads_and_scale() -> None:
    rate, leads = read_header(HEADER, "114.hea")
    assert rate == 360
    assert [(each.name, each.position, each.adc_gain, each.adc_zero, each.checksum) for each in leads] == [
        ("V5", 0, 200.0, 1024, -19125),
        ("MLII", 1, 200.0, 1024, -29733),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a WFDB header"),
        ("114 2", "not a WFDB header"),
        ("114 x 360", "not a WFDB header"),
        (HEADER.replace("212", "16"), "in format 16; expected 212"),
        ("\n".join(HEADER.splitlines()[:2]), "describes 1 signals and announces 2"),
    ],
)
def test_what_is_no_header_is_refused(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_header(text, "114.hea")


def test_twelve_bit_samples_come_in_pairs_of_three_bytes() -> None:
    # 0x123 and −1 share the middle byte: low nibble for the first, high nibble for the second.
    data = bytes([0x23, 0xF1, 0xFF, 0x00, 0x78, 0x00])
    assert read_signals_212(data, 2, "a.dat").tolist() == [[0x123, -1], [-2048, 0x700]]
    assert read_signals_212(data, 1, "a.dat").tolist() == [[0x123], [-1], [-2048], [0x700]]
    with pytest.raises(DataError, match=r"a\.dat has 5 bytes"):
        read_signals_212(data[:5], 2, "a.dat")


def test_a_checksum_is_the_sum_in_sixteen_bits() -> None:
    lead = read_header(HEADER, "114.hea")[1][1]
    samples = np.full(40_000, 1_000, np.int16)
    samples[0] += (-29733 - 40_000_000) % 65_536 // 4
    samples[1:4] += (-29733 - 40_000_000) % 65_536 // 4
    samples[4] += (-29733 - 40_000_000) % 65_536 % 4
    check_sum(samples, lead, "114.dat")
    samples[9] += 1
    with pytest.raises(DataError, match="MLII do not match the header's checksum"):
        check_sum(samples, lead, "114.dat")


def _word(code: int, interval: int) -> bytes:
    return (code << 10 | interval).to_bytes(2, "little")


def test_annotations_add_up_their_intervals() -> None:
    data = b"".join(
        [
            _word(28, 18)
            + _word(63, 3)
            + b"(N\0\0",  # a rhythm with a note, padded to an even number of bytes
            _word(1, 59),
            _word(59, 0) + bytes([0x01, 0x00, 0x02, 0x00]) + _word(5, 10),  # skip 0x10002, then 10 more
            _word(61, 2) + _word(62, 1) + _word(60, 5),
            _word(8, 1023) + _word(0, 0),
        ]
    )
    assert read_annotations(data, "a.atr") == [
        (18, 28),
        (77, 1),
        (77 + 0x10002 + 10, 5),
        (77 + 0x10002 + 10 + 1023, 8),
    ]


def test_annotations_without_an_end_were_cut() -> None:
    for data in (b"", _word(1, 59), _word(1, 59) + b"\x01", _word(59, 0) + b"\0\0"):
        with pytest.raises(DataError, match=r"a\.atr ends without its end mark"):
            read_annotations(data, "a.atr")
