from __future__ import annotations

import dataclasses
import json
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from edgekit.bench.codec import CodecError, from_json, to_json
from edgekit.bench.result import BenchmarkResult, Energy, Memory, Rail
from edgekit.bench.result_file import read_result, write_result
from edgekit.cli import main
from edgekit.errors import ResultError

Make = Callable[..., BenchmarkResult]
SCHEMA = Path(__file__).parents[2] / "docs" / "result_schema.md"


@pytest.mark.parametrize("emulated", [False, True])
def test_what_is_written_is_what_is_read(make_result: Make, tmp_path: Path, emulated: bool) -> None:
    result = make_result(emulated=emulated)
    write_result(result, tmp_path / "r.json")
    assert read_result(tmp_path / "r.json") == result


def all_values(value: Any) -> Iterator[Any]:
    yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from all_values(each)


def test_what_was_not_measured_is_absent_and_never_null(make_result: Make) -> None:
    record = make_result(accuracy=None, bit_exact=None, memory=Memory(100)).to_json()
    assert "accuracy" not in record
    assert "bit_exact" not in record
    assert record["memory"] == {"model_bytes": 100}
    assert all(each is not None for each in all_values(record))


def test_a_null_among_the_device_s_own_conditions_is_left_out() -> None:
    assert to_json({"a": None, "b": {"c": None, "d": 1}, "e": [1, None]}) == {"b": {"d": 1}, "e": [1]}


def test_numbers_that_json_does_not_have_are_not_written() -> None:
    with pytest.raises(CodecError, match=r"a\.b\[1\]"):
        to_json({"a": {"b": [1.0, float("nan")]}})


def changed(record: dict[str, Any], key: str, value: Any) -> str:
    target: Any = record
    *parents, last = key.split(".")
    for parent in parents:
        target = target[parent]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return json.dumps(record)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema_version", None),
        ("schema_version", 3),
        ("schema_version", True),
        ("board", None),
        ("board", 5),
        ("emulated", "yes"),
        ("emulated", 1),
        ("model.sha256", None),
        ("model.num_bytes", "large"),
        ("model.num_bytes", 1.5),
        ("model.num_bytes", True),
        ("latency_us", 41.5),
        ("latency_us.median", "fast"),
        ("latency_us.n", 7),
        ("latency_us.samples", {}),
        ("operators", "CONV_2D"),
        ("accuracy.value", 97.3),
        ("accuracy.metric", "f1"),
        ("host", []),
        ("warnings", None),
        ("conditions.before", "warm"),
    ],
)
def test_a_broken_result_is_refused_with_file_and_key(
    make_result: Make, tmp_path: Path, key: str, value: Any
) -> None:
    path = tmp_path / "r.json"
    path.write_text(changed(make_result().to_json(), key, value))
    with pytest.raises(ResultError) as caught:
        read_result(path)
    assert str(path) in str(caught.value)
    assert key in str(caught.value)


def test_a_wrong_value_in_a_list_is_named_by_its_index(make_result: Make, tmp_path: Path) -> None:
    record = make_result().to_json()
    record["operators"][2]["macs"] = "many"
    path = tmp_path / "r.json"
    path.write_text(json.dumps(record))
    with pytest.raises(ResultError, match=r"operators\[2\]\.macs: expected a whole number, found 'many'"):
        read_result(path)


def test_an_emulated_result_with_a_latency_does_not_exist(make_result: Make, tmp_path: Path) -> None:
    record = make_result().to_json()
    record["emulated"] = True
    path = tmp_path / "r.json"
    path.write_text(json.dumps(record))
    with pytest.raises(ResultError, match="latency_us"):
        read_result(path)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"null", b"{", b"\xff\xfe", b'{"schema_version": NaN}', b"[" * 100_000],
    ids=["empty", "list", "null", "truncated", "not UTF-8", "NaN", "too deep"],
)  # fmt: skip
def test_a_file_that_is_no_result_gives_one_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(content)
    with pytest.raises(ResultError, match=re.escape(str(path))):
        read_result(path)


def test_a_missing_file_gives_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="No such file"):
        read_result(tmp_path / "none.json")


def test_keys_of_a_later_writer_are_ignored(make_result: Make, tmp_path: Path) -> None:
    record = make_result().to_json()
    record["acoustics_db"] = {"value": 12.5}
    path = tmp_path / "r.json"
    path.write_text(json.dumps(record))
    assert read_result(path) == make_result()


def schema_keys(cls: type, prefix: str = "") -> Iterator[tuple[str, bool]]:
    """Each key with whether it is always there."""
    for field in dataclasses.fields(cls):
        hint = typing.get_type_hints(cls)[field.name]
        optional = typing.get_origin(hint) in (typing.Union, types.UnionType)
        if optional:
            hint = next(each for each in typing.get_args(hint) if each is not type(None))
        yield prefix + field.name, not optional
        suffix = "."
        if typing.get_origin(hint) is tuple:
            hint, suffix = typing.get_args(hint)[0], "[]."
        if dataclasses.is_dataclass(hint):
            yield from schema_keys(typing.cast(type, hint), prefix + field.name + suffix)


def documented_keys() -> dict[str, bool]:
    rows = re.findall(
        r"^\| `([^`]+)`( \*)? \| \w+ \| .+ \|$", SCHEMA.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {key: bool(star) for key, star in rows}


def test_every_key_of_the_schema_is_documented_and_no_other() -> None:
    assert documented_keys() == dict(schema_keys(BenchmarkResult))


@pytest.mark.parametrize("emulated", [False, True])
def test_every_key_of_a_written_result_is_documented(make_result: Make, emulated: bool) -> None:
    known = documented_keys()
    free = {"host", "conditions.before", "conditions.after", "conditions.during"}

    def check(value: Any, key: str) -> None:
        assert not key or key in known
        if isinstance(value, Mapping) and key not in free:
            for name, each in value.items():
                check(each, f"{key}.{name}" if key else name)
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for name, each in value[0].items():
                check(each, f"{key}[].{name}")

    check(make_result(emulated=emulated).to_json(), "")


def test_an_object_where_a_number_is_expected_is_named() -> None:
    with pytest.raises(CodecError, match=r"memory\.arena_bytes: expected a whole number, found an object"):
        from_json(Memory, {"model_bytes": 1, "arena_bytes": {}}, "memory")


@pytest.mark.parametrize(
    ("key", "value"), [("latency_us.kept_every", 0), ("latency_us.kept_every", 3), ("latency_us.n", 6_000)]
)
def test_numbers_of_samples_that_contradict_each_other_are_refused(
    make_result: Make, tmp_path: Path, key: str, value: int
) -> None:
    path = tmp_path / "r.json"
    path.write_text(changed(make_result().to_json(), key, value))
    with pytest.raises(ResultError, match="latency_us"):
        read_result(path)


def test_an_emulated_result_with_energy_does_not_exist(make_result: Make, tmp_path: Path) -> None:
    energy = Energy(15.0, 1.0, True, "board", "m", 5.0, 100, 10, 8.0, 5.0, (Rail("IN", True, 5.0, 8.0),))
    path = tmp_path / "r.json"
    write_result(make_result(energy_uj=energy), path)
    assert read_result(path).energy_uj == energy
    path.write_text(json.dumps({**make_result(emulated=True).to_json(), "energy_uj": to_json(energy)}))
    with pytest.raises(ResultError, match="energy_uj"):
        read_result(path)


VERSION_1 = Path(__file__).with_name("result_version_1.json")


def test_a_result_of_version_1_is_still_read_compared_and_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = read_result(VERSION_1)
    assert (old.schema_version, old.energy_uj) == (1, None)
    assert old.latency_us is not None
    assert old.latency_us.windows is None
    new = tmp_path / "new.json"
    record = json.loads(VERSION_1.read_text())
    new.write_text(json.dumps({**record, "schema_version": 2}))
    gate = ["--fail-on", "latency_us.median > +5%"]
    assert main(["compare", str(new), "--baseline", str(VERSION_1), *gate]) == 0
    page = tmp_path / "report.html"
    assert main(["report", str(VERSION_1), str(new), "--out", str(page)]) == 0
    assert "Unavailable: nobody watched the board." in page.read_text()
    assert "Traceback" not in capsys.readouterr().err


def test_modelled_cycles_of_a_real_board_do_not_exist(make_result: Make, tmp_path: Path) -> None:
    emulated, real = make_result(emulated=True).to_json(), make_result().to_json()
    model = {"timings": "cortex_m4", "basis": "published by Arm", "sha256": "ab" * 32}
    path = tmp_path / "r.json"
    path.write_text(
        json.dumps({**emulated, "cycles_modelled": emulated["instructions"], "cycle_model": model})
    )
    assert read_result(path).cycles_modelled is not None
    for record in (
        {**real, "cycles_modelled": emulated["instructions"], "cycle_model": model},
        {**emulated, "cycles_modelled": emulated["instructions"]},
    ):
        path.write_text(json.dumps(record))
        with pytest.raises(ResultError, match="cycles_modelled"):
            read_result(path)
