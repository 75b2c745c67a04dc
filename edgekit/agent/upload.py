"""A model on its way to the agent: announced, in parts, and checked when it is whole."""

from __future__ import annotations

import hashlib
from typing import Optional, Tuple

from edgekit.agent.errors import AgentError
from edgekit.wire.codes import Status
from edgekit.wire.messages import LoadBegin, LoadData

MODEL_CAPACITY = 512 * 1024 * 1024


class Upload:
    """At most one at a time; a new announcement drops what came before."""

    def __init__(self) -> None:
        self._announced: Optional[LoadBegin] = None
        self._received = bytearray()

    def begin(self, announced: LoadBegin) -> None:
        """Raises AgentError if the model is too large."""
        self._announced, self._received = None, bytearray()
        if announced.num_bytes > MODEL_CAPACITY:
            message = f"the model has {announced.num_bytes} bytes, this agent takes {MODEL_CAPACITY}"
            raise AgentError(Status.TOO_LARGE, message)
        self._announced = announced

    def add(self, part: LoadData) -> None:
        """Raises AgentError if the part is not the next one."""
        if self._announced is None or part.offset != len(self._received):
            message = f"LOAD_DATA at offset {part.offset}, expected {len(self._received)}"
            raise AgentError(Status.BAD_STATE, message if self._announced else "LOAD_BEGIN comes first")
        if len(self._received) + len(part.data) > self._announced.num_bytes:
            message = f"more than the {self._announced.num_bytes} bytes that were announced"
            raise AgentError(Status.BAD_RANGE, message)
        self._received += part.data

    def end(self) -> Tuple[bytes, bytes]:
        """The model and its SHA-256; the upload is over, whatever comes of it.

        Raises:
            AgentError: not all has arrived, or not what was announced, or it is no model.
        """
        announced, data = self._announced, bytes(self._received)
        self._announced, self._received = None, bytearray()
        if announced is None:
            raise AgentError(Status.BAD_STATE, "LOAD_BEGIN comes first")
        if len(data) != announced.num_bytes:
            message = f"{len(data)} of {announced.num_bytes} bytes arrived"
            raise AgentError(Status.BAD_STATE, message)
        sha256 = hashlib.sha256(data).digest()
        if sha256 != announced.sha256:
            message = "what arrived has sha256 {}, announced was {}"
            raise AgentError(Status.HASH_MISMATCH, message.format(sha256.hex(), announced.sha256.hex()))
        if data[4:8] != b"TFL3":
            raise AgentError(Status.BAD_MODEL, "not a .tflite file: no TFL3 at byte 4")
        return data, sha256
