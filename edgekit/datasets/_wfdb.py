"""PhysioNet's record format, as far as the MIT-BIH database needs it: header, signals in format 212, annotations.

Source: G. Moody, "WFDB Applications Guide", header(5), signal(5), annot(5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgekit.errors import DataError

Array = np.ndarray[Any, Any]

# The annotation codes that are heartbeats, and their symbols.
BEAT_SYMBOLS = dict(enumerate("NLRaVFJASEj/Q", 1)) | {25: "B", 30: "?", 34: "e", 35: "n", 38: "f", 41: "r"}
_SKIP, _NUM, _SUB, _CHN, _AUX = 59, 60, 61, 62, 63


@dataclass(frozen=True)
class Lead:
    """One signal of a record; millivolts are (sample − adc_zero) / adc_gain."""

    name: str
    position: int
    adc_gain: float
    adc_zero: int
    checksum: int | None


def read_header(text: str, name: str) -> tuple[float, list[Lead]]:
    """Sample rate in Hz, and the leads in the order of the signal file.

    Raises:
        DataError: it is not a header of signals in format 212.
    """
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    try:
        record = lines[0].split()
        num_leads, sample_rate_hz = int(record[1]), float(record[2].split("/")[0])
        leads = []
        for position, line in enumerate(lines[1 : 1 + num_leads]):
            fields = line.split()
            if fields[1].split("x")[0].split(":")[0].split("+")[0] != "212":
                raise DataError(f"{name}: signals are in format {fields[1]}; expected 212")
            gain = float(fields[2].split("(")[0].split("/")[0]) or 200.0
            checksum = int(fields[6]) if len(fields) > 6 else None
            leads.append(Lead(" ".join(fields[8:]), position, gain, int(fields[4]), checksum))
    except (IndexError, ValueError) as error:
        raise DataError(f"{name} is not a WFDB header ({error})") from error
    if len(leads) != num_leads or not leads:
        raise DataError(f"{name} describes {len(leads)} signals and announces {num_leads}")
    return sample_rate_hz, leads


def read_signals_212(data: bytes, num_leads: int, name: str) -> Array:
    """(samples, leads) int16: two 12-bit numbers in three bytes, the leads taking turns.

    Raises:
        DataError: the file ends within a pair.
    """
    if len(data) % 3:
        raise DataError(f"{name} has {len(data)} bytes; expected pairs of samples of 3 bytes; it was cut")
    triples = np.frombuffer(data, np.uint8).reshape(-1, 3).astype(np.int16)
    first = triples[:, 0] | (triples[:, 1] & 0x0F) << 8
    second = triples[:, 2] | (triples[:, 1] & 0xF0) << 4
    samples = np.stack([first, second], axis=1).reshape(-1)
    samples = np.where(samples > 2047, samples - 4096, samples).astype(np.int16)
    return samples[: len(samples) // num_leads * num_leads].reshape(-1, num_leads)


def check_sum(samples: Array, lead: Lead, name: str) -> None:
    """Raises:
    DataError: the samples of the lead do not add up to what the header says.
    """
    if lead.checksum is not None and (int(samples.sum(dtype=np.int64)) - lead.checksum) % 65_536:
        raise DataError(
            f"{name}: the samples of {lead.name} do not match the header's checksum; the file is damaged"
        )


def read_annotations(data: bytes, name: str) -> list[tuple[int, int]]:
    """(sample number, annotation code) of each annotation, beats and others.

    Raises:
        DataError: the file ends within an annotation.
    """
    found: list[tuple[int, int]] = []
    position = time = 0
    while position + 2 <= len(data):
        word = int.from_bytes(data[position : position + 2], "little")
        position += 2
        code, interval = word >> 10, word & 0x3FF
        if word == 0:
            return found
        if code == _SKIP:
            # A 32-bit interval in PDP-11 order: high half first, each half little-endian.
            high, low = data[position : position + 2], data[position + 2 : position + 4]
            jump = int.from_bytes(high, "little") << 16 | int.from_bytes(low, "little")
            time += jump - (1 << 32) if jump >> 31 else jump
            position += 4
        elif code == _AUX:
            position += interval + interval % 2
        elif code not in (_NUM, _SUB, _CHN):
            time += interval
            found.append((time, code))
    raise DataError(f"{name} ends without its end mark, after {len(found)} annotations; it was cut")
