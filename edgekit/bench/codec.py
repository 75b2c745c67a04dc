"""Frozen dataclasses to JSON objects and back, with the key in every complaint.

`None` is written as an absent key, and an absent key is read as `None`: what was not measured must not look
like a number.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar, Union

T = TypeVar("T")


class CodecError(ValueError):
    """What is wrong, and at which dotted `key` (empty for the whole document)."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key or 'document'}: {message}")
        self.key = key


def to_json(value: Any) -> Any:
    """Turns dataclasses, mappings, sequences and scalars into JSON values, leaving out every `None`.

    Raises:
        CodecError: a number is not finite, or the value has no JSON form.
    """
    return _to_json(value, "")


def _to_json(value: Any, key: str) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): _to_json(v, _join(key, str(k))) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [_to_json(v, f"{key}[{i}]") for i, v in enumerate(value) if v is not None]
    if isinstance(value, float) and not math.isfinite(value):
        raise CodecError(key, f"{value} has no place in a result")
    if isinstance(value, (str, bool, int, float)):
        return value
    raise CodecError(key, f"a {type(value).__name__} cannot be written as JSON")


def drop_unknown(value: Mapping[str, Any]) -> dict[str, Any]:
    """A device's own JSON without its nulls and without numbers that are not finite, at any depth."""
    kept = {str(key): _drop_unknown(each) for key, each in value.items() if _is_known(each)}
    return {key: each for key, each in kept.items() if each not in ({}, [])}


def _drop_unknown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return drop_unknown(value)
    return [_drop_unknown(each) for each in value if _is_known(each)] if isinstance(value, list) else value


def _is_known(value: Any) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def from_json(cls: type[T], value: Any, key: str = "") -> T:
    """Builds a `cls` from a JSON object, ignoring keys that it does not have: later writers may add some.

    Raises:
        CodecError: a required key is absent, or a value has the wrong type.
    """
    if not isinstance(value, Mapping):
        raise CodecError(key, f"expected an object, found {_kind(value)}")
    hints = typing.get_type_hints(cls)
    arguments: dict[str, Any] = {}
    for field in dataclasses.fields(cls):  # type: ignore[arg-type]
        path = _join(key, field.name)
        hint, optional = _split_optional(hints[field.name])
        if field.name in value:
            arguments[field.name] = _convert(hint, value[field.name], path)
        elif optional:
            arguments[field.name] = None
        else:
            raise CodecError(path, "is missing")
    return cls(**arguments)


def _convert(hint: Any, value: Any, key: str) -> Any:
    origin = typing.get_origin(hint)
    if hint is Any:
        return value
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return from_json(hint, value, key)
    if origin is tuple:
        if not isinstance(value, list):
            raise CodecError(key, f"expected a list, found {_kind(value)}")
        item = typing.get_args(hint)[0]
        return tuple(_convert(item, each, f"{key}[{i}]") for i, each in enumerate(value))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise CodecError(key, f"expected an object, found {_kind(value)}")
        item = typing.get_args(hint)[1]
        return {k: _convert(item, v, _join(key, k)) for k, v in value.items()}
    return _convert_scalar(hint, value, key)


def _convert_scalar(hint: Any, value: Any, key: str) -> Any:
    # bool is an int in Python, but `true` is no number in a result.
    accepted = {float: (int, float), int: (int,), str: (str,), bool: (bool,)}[hint]
    if not isinstance(value, accepted) or (isinstance(value, bool) and hint is not bool):
        names = {float: "a number", int: "a whole number", str: "a string", bool: "true or false"}
        raise CodecError(key, f"expected {names[hint]}, found {_kind(value)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise CodecError(key, f"expected a finite number, found {value}")
    return value


def _split_optional(hint: Any) -> tuple[Any, bool]:
    if typing.get_origin(hint) in (Union, types.UnionType):
        others = [each for each in typing.get_args(hint) if each is not type(None)]
        return others[0], True
    return hint, False


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, (list, Mapping)):
        return "a list" if isinstance(value, list) else "an object"
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
