"""Where a device's SSH server is and who is let in: farm.toml first, then the user's ~/.ssh/config.

Of that file HostName, Port, User, IdentityFile, IdentitiesOnly, HostKeyAlias, ProxyJump, ProxyCommand and Include
count. A ProxyCommand is split into words and started without a shell.
"""

from __future__ import annotations

import getpass
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import paramiko

from edgekit.errors import ConfigError

DEFAULT_PORT = 22
MAX_HOPS = 8
_MAX_INCLUDES = 16
_JUMP = re.compile(
    r"(?:ssh://)?(?:(?P<user>[^@\s]+)@)?(?:\[(?P<v6>[^\]]+)\]|(?P<host>[^:@\s]+))(?::(?P<port>\d+))?/?"
)


@dataclass(frozen=True)
class SshHost:
    """One machine on the way to a device; the last one is the device itself."""

    label: str
    """How messages name it: "pi", "the jump host gate of pi"."""
    host: str
    port: int
    user: str
    keys: tuple[Path, ...] = ()
    """Key files in the order to try them; () means the usual ones."""
    identities_only: bool = False
    proxy_command: str | None = None
    host_key_alias: str | None = None

    @property
    def known_as(self) -> str:
        """How known_hosts files write it: "pi.local", "[pi.local]:2222", or its HostKeyAlias."""
        if self.host_key_alias:
            return self.host_key_alias
        return self.host if self.port == DEFAULT_PORT else f"[{self.host}]:{self.port}"


def find_route(name: str, settings: Mapping[str, Any]) -> list[SshHost]:
    """The machines to pass through, nearest first. Only the first can have a `proxy_command`.

    Raises:
        ConfigError: ~/.ssh/config cannot be read, or asks for something impossible.
    """
    config = _read_config()
    own = {key: settings[key] for key in ("port", "user", "key", "proxy_jump") if key in settings}
    return _resolve(config, name, str(settings["host"]), own, depth=0)


def _resolve(config: str, label: str, alias: str, own: Mapping[str, Any], depth: int) -> list[SshHost]:
    """`own` wins over the file: port, user, key, proxy_jump."""
    if depth >= MAX_HOPS:
        raise ConfigError(
            f"the way to {label} leads through more than {MAX_HOPS} jump hosts; does ProxyJump in "
            "~/.ssh/config lead in a circle?"
        )
    _check_name(alias, "host", label)
    # What comes first counts, also for the tokens (%p, %r) of what follows.
    first = "".join(f"{each} {own[each]}\n" for each in ("port", "user") if own.get(each))
    if own.get("user"):
        _check_name(str(own["user"]), "user", label)
    found = _look_up(f"Host *\n{first}{config}", alias)
    host = _check_name(str(found["hostname"]), "host", label)
    port = str(found.get("port", DEFAULT_PORT))
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigError(f"port {port!r} of {label} should be a number from 1 to 65535; correct it")
    keys = [own["key"]] if own.get("key") else found.get("identityfile", [])
    end = SshHost(
        label,
        host,
        int(port),
        str(found.get("user") or getpass.getuser()),
        tuple(Path(each).expanduser() for each in keys),
        str(found.get("identitiesonly", "no")).lower() == "yes",
        host_key_alias=found.get("hostkeyalias"),
    )
    jumps = str(own.get("proxy_jump") or found.get("proxyjump") or "none")
    if jumps.lower() == "none":
        if own.get("proxy_jump"):  # farm.toml says that the way is direct
            return [end]
        return [replace(end, proxy_command=found.get("proxycommand"))]
    route: list[SshHost] = []
    device = label.rpartition(" of ")[2]
    for jump in jumps.split(","):
        match = _JUMP.fullmatch(jump.strip())
        if match is None:
            raise ConfigError(f"the jump host {jump.strip()!r} of {device} should be [user@]host[:port]")
        given = {key: match[key] for key in ("user", "port") if match[key]}
        if route:  # the first jump host may have jump hosts of its own, the others are reached from it
            given["proxy_jump"] = "none"
        name = match["v6"] or match["host"]
        route += _resolve(config, f"the jump host {name} of {device}", name, given, depth + 1)
    return [*route, end]


def _check_name(word: str, kind: str, label: str) -> str:
    """A name that starts with a dash, or is several words, would be something else to a ProxyCommand."""
    if word.startswith("-") or word.split() != [word]:
        raise ConfigError(f"{word!r} is no name of a {kind} (for {label}); correct `{kind}`")
    return word


def _look_up(config: str, alias: str) -> dict[str, Any]:
    try:
        return dict(paramiko.SSHConfig.from_text(config).lookup(alias))
    except (paramiko.ssh_exception.ConfigParseError, paramiko.CouldNotCanonicalize, ImportError) as error:
        raise ConfigError(f"cannot use ~/.ssh/config for {alias}: {error}; correct it") from error
    except (KeyError, ValueError, IndexError) as error:
        raise ConfigError(f"cannot use ~/.ssh/config for {alias}: {error!r}; correct it") from error


def _read_config() -> str:
    """The text of ~/.ssh/config and of what it includes; "" if there is none."""
    path = Path("~/.ssh/config").expanduser()
    return "\n".join(["Host *", *_lines(path, 0)]) if path.exists() else ""


def _lines(path: Path, depth: int) -> list[str]:
    """The file's lines with its Includes in place; after one, the block goes on in which it stood."""
    if depth > _MAX_INCLUDES:
        raise ConfigError(f"cannot read {path}: Include leads in a circle; correct ~/.ssh/config")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    found: list[str] = []
    block = "Host *"
    for line in lines:
        keyword, _, value = line.strip().partition(" ")
        if keyword.lower() in ("host", "match"):
            block = line
        if keyword.lower() != "include":
            found.append(line)
            continue
        for pattern in value.split():
            base = Path(pattern.strip('"')).expanduser()
            folder = Path(base.anchor) if base.is_absolute() else Path("~/.ssh").expanduser()
            relative = base.relative_to(base.anchor) if base.is_absolute() else base
            for each in sorted(folder.glob(str(relative))):
                found += [*_lines(each, depth + 1), block]
    return found
