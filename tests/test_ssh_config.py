from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path

import pytest

from edgekit.errors import ConfigError
from edgekit.ssh_config import SshHost, find_route


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Writes ~/.ssh/config of a home folder of the test."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()

    def write(text: str) -> Path:
        path = tmp_path / ".ssh" / "config"
        path.write_text(text)
        return path

    return write


def test_without_a_config_the_way_is_direct_and_everything_usual(config: Callable[[str], Path]) -> None:
    assert find_route("pi", {"host": "pi.local"}) == [SshHost("pi", "pi.local", 22, getpass.getuser())]


def test_an_alias_brings_its_host_port_user_and_keys(config: Callable[[str], Path], tmp_path: Path) -> None:
    config(
        "Host pi\n  HostName 10.0.0.7\n  Port 2222\n  User me\n  IdentityFile ~/.ssh/board\n  IdentitiesOnly yes\n"
    )
    (found,) = find_route("desk", {"host": "pi"})
    assert found == SshHost("desk", "10.0.0.7", 2222, "me", (tmp_path / ".ssh" / "board",), True)


def test_farm_toml_wins_over_the_config(config: Callable[[str], Path]) -> None:
    config("Host pi\n  HostName 10.0.0.7\n  Port 2222\n  User me\n  IdentityFile ~/a\n  ProxyJump gate\n")
    own = {"host": "pi", "port": 22, "user": "root", "key": "/k", "proxy_jump": "none"}
    assert find_route("desk", own) == [SshHost("desk", "10.0.0.7", 22, "root", (Path("/k"),))]
    route = find_route("desk", {"host": "pi", "proxy_jump": "other@gate2:77"})
    assert [(each.user, each.host, each.port) for each in route] == [
        ("other", "gate2", 77),
        ("me", "10.0.0.7", 2222),
    ]


@pytest.mark.parametrize(
    ("text", "known_as"),
    [
        ("", "pi"),
        ("Host *\n  Port 2222\n", "[pi]:2222"),
        ("Host *\n  Port 2222\n  HostKeyAlias desk\n", "desk"),
    ],
)
def test_a_host_key_is_listed_under_the_name_that_ssh_gives_it(
    config: Callable[[str], Path], text: str, known_as: str
) -> None:
    config(text)
    assert find_route("desk", {"host": "pi"})[0].known_as == known_as


def test_jump_hosts_come_nearest_first_with_settings_of_their_own(config: Callable[[str], Path]) -> None:
    config(
        "Host pi\n  ProxyJump gate,root@[fe80::1]:2200\n"
        "Host gate\n  HostName gate.example\n  User door\n  IdentityFile /g\n  ProxyJump outer\n"
        "Host *\n  User me\n"
    )
    outer, gate, inner, pi = find_route("desk", {"host": "pi", "key": "/own", "user": "pi", "port": 24})
    assert outer == SshHost("the jump host outer of desk", "outer", 22, "me")
    assert gate == SshHost("the jump host gate of desk", "gate.example", 22, "door", (Path("/g"),))
    assert (inner.host, inner.port, inner.user, inner.keys) == ("fe80::1", 2200, "root", ())
    assert pi == SshHost("desk", "pi", 24, "pi", (Path("/own"),))


def test_a_proxy_command_belongs_to_the_first_host_alone(config: Callable[[str], Path]) -> None:
    config("Host *\n  ProxyCommand relay %h %p\nHost pi\n  ProxyJump gate\n")
    gate, pi = find_route("desk", {"host": "pi", "port": 23})
    assert (gate.proxy_command, pi.proxy_command) == ("relay gate 22", None)
    config("Host pi\n  ProxyCommand relay %h %p %r\n  Port 24\n  User you\n")
    assert find_route("desk", {"host": "pi"})[0].proxy_command == "relay pi 24 you"
    own = {"host": "pi", "port": 2222, "user": "me"}
    assert find_route("desk", own)[0].proxy_command == "relay pi 2222 me"
    config("Host *\n  ProxyCommand none\n")
    assert find_route("desk", {"host": "pi"})[0].proxy_command is None


def test_included_files_count_and_the_block_around_them_goes_on(
    config: Callable[[str], Path], tmp_path: Path
) -> None:
    path = config("Include conf.d/*\nHost pi\n  Include more\n  User me\n")
    (path.parent / "conf.d").mkdir()
    (path.parent / "conf.d" / "boards").write_text("Host pi\n  HostName 10.0.0.8\n")
    (path.parent / "more").write_text("Host other\n  Port 99\n")
    (found,) = find_route("desk", {"host": "pi"})
    assert (found.host, found.port, found.user) == ("10.0.0.8", 22, "me")
    (path.parent / "more").write_text(f"Include {path}\n")
    with pytest.raises(ConfigError, match="Include leads in a circle"):
        find_route("desk", {"host": "pi"})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Host pi\n  Port\n", r"cannot use ~/\.ssh/config for pi: Unparsable line Port; correct it"),
        ("Host pi\n  Port many\n", r"port 'many' of desk should be a number from 1 to 65535"),
        ("Host pi\n  Port 70000\n", r"port '70000' of desk should be a number"),
        ("Host pi\n  ProxyJump a b\n", r"the jump host 'a b' of desk should be \[user@\]host\[:port\]"),
        (
            "Host *\n  ProxyJump gate\n",
            r"more than 8 jump hosts; does ProxyJump in ~/.ssh/config lead in a circle",
        ),
        ("Host pi\n  HostName -oProxyCommand=x\n", r"'-oProxyCommand=x' is no name of a host \(for desk\)"),
    ],
)
def test_what_cannot_be_used_is_one_clear_sentence(
    config: Callable[[str], Path], text: str, message: str
) -> None:
    config(text)
    with pytest.raises(ConfigError, match=message):
        find_route("desk", {"host": "pi"})


@pytest.mark.parametrize("key", ["host", "user"])
@pytest.mark.parametrize("word", ["-x", "a b", "", "a\nPort 1"])
def test_a_name_that_is_more_than_a_name_is_refused(
    config: Callable[[str], Path], key: str, word: str
) -> None:
    if (key, word) == ("user", ""):
        return  # as if it was absent
    with pytest.raises(ConfigError, match=rf"is no name of a {key} \(for desk\); correct `{key}`"):
        find_route("desk", {"host": "pi", key: word})


def test_a_config_that_is_no_text_is_one_clear_sentence(config: Callable[[str], Path]) -> None:
    config("").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"cannot read .*/\.ssh/config: .*utf-8"):
        find_route("desk", {"host": "pi"})
