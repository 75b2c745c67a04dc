"""Reading TOML so that a typo is answered with file, line, key and what was probably meant."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgekit.errors import ConfigError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_TYPE_NAMES: dict[type, str] = {
    str: "a string",
    int: "a whole number",
    bool: "true or false",
    list: "a list of strings",
    dict: "a table",
}


@dataclass(frozen=True)
class TomlFile:
    path: Path
    text: str
    content: Mapping[str, Any]

    def error(self, message: str, table: str = "", key: str = "") -> ConfigError:
        """A ConfigError that starts with file and, if the key can be found, line."""
        line = self._find_line(table, key)
        return ConfigError(f"{self.path}{f':{line}' if line else ''}: {message}")

    def check(
        self,
        values: Mapping[str, Any],
        known: Mapping[str, type],
        required: Iterable[str] = (),
        table: str = "",
    ) -> None:
        """Every key must be known and of its type, every required one there.

        Raises:
            ConfigError: says file, line and key, and what is close to a misspelt one.
        """
        where = f" in [{table}]" if table else ""
        for key, value in values.items():
            if key not in known:
                close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
                hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(sorted(known))}"
                raise self.error(f"unknown key {key!r}{where}; {hint}", table, key)
            if not _is_a(value, known[key]):
                expected = _TYPE_NAMES[known[key]]
                raise self.error(f"{key} = {value!r}{where} should be {expected}", table, key)
        for key in required:
            if key not in values:
                raise self.error(f"key {key!r} is missing{where}", table)

    def _find_line(self, table: str, key: str) -> int | None:
        """Good for tables with a header line and one key a line; else the header, else nothing."""
        inside, header_line = not table, None
        for number, line in enumerate(self.text.splitlines(), start=1):
            header = re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line)
            if header:
                name = header[1].replace('"', "").replace("'", "").replace(" ", "")
                inside = name == table
                header_line = number if inside else header_line
                if not table and name.split(".")[0] == key:
                    return number
            elif inside and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
                return number
        return header_line


def _is_a(value: Any, expected: type) -> bool:
    if expected is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if expected is list:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    return isinstance(value, expected)


def read_toml(path: Path) -> TomlFile:
    """Raises ConfigError if the file cannot be read or is not TOML."""
    try:
        text = path.read_text(encoding="utf-8")
        return TomlFile(path, text, tomllib.loads(text))
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text") from error
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"\(at line (\d+), column \d+\)", str(error))
        message = str(error).split(" (at ")[0]
        raise ConfigError(f"{path}{f':{at[1]}' if at else ''}: not valid TOML: {message}") from error
