"""The pages in docs/boards/ say what works: farm.toml files are accepted, commands parse, links lead somewhere."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from edgekit.board import list_boards, load_board
from edgekit.cli import build_parser, find_commands
from edgekit.farm import read_farm

PAGES = sorted((Path(__file__).parents[1] / "docs" / "boards").glob("*.md"))
BOARDS = [load_board(each) for each in list_boards()]
LINUX = [each.name for each in BOARDS if each.kind == "linux" and not each.emulated]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


COMMANDS = [
    (page.name, line.partition("#")[0].strip())
    for page in PAGES
    for block in blocks(page, "bash")
    for line in block.splitlines()
    if line.startswith("edgekit ")
]


def test_there_are_pages_with_commands() -> None:
    assert {page for page, _ in COMMANDS} == {page.name for page in PAGES}


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_every_command_is_one_that_edgekit_takes(page: str, command: str) -> None:
    build_parser(find_commands()).parse_args(shlex.split(command)[1:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_farm_toml_is_accepted(page: Path, tmp_path: Path) -> None:
    (tmp_path / "farm.toml").write_text("\n".join(blocks(page, "toml")))
    assert read_farm(tmp_path / "farm.toml")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize(
    "page", [each for each in PAGES if each.name != "README.md"], ids=lambda page: page.name
)
def test_every_page_says_what_has_been_verified(page: Path) -> None:
    said = page.read_text(encoding="utf-8").partition("## Verified so far")[2]
    assert "emulation only" in said


@pytest.mark.parametrize("name", LINUX)
def test_every_linux_board_is_on_a_page(name: str) -> None:
    (readme,) = (each for each in PAGES if each.name == "README.md")
    assert f"`{name}`" in readme.read_text(encoding="utf-8")
