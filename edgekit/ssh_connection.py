"""An SSH connection to a board: every host key pinned, keys and the SSH agent only, retried while the board boots."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import paramiko

from edgekit.deadline import Deadline
from edgekit.errors import ConnectError
from edgekit.host_keys import known_keys, verify
from edgekit.ssh_config import SshHost, find_route
from edgekit.ssh_keys import KeysOnly
from edgekit.ssh_route import open_way

STEP_S = 20.0
"""The longest that a single step (a connection, a short command) may take."""
# paramiko reports every failed connection to the log as well, with a traceback.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class SshClient(paramiko.SSHClient):  # type: ignore[misc]
    """Closes with it the jump hosts that it goes through."""

    def __init__(self) -> None:
        super().__init__()
        self.through: list[paramiko.SSHClient] = []

    def close(self) -> None:
        super().close()
        while self.through:
            self.through.pop().close()


class _Verify(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    """The whole check, against both files: paramiko's own looks at one key of one file."""

    def __init__(self, device: str, host: SshHost, known: list[paramiko.PKey]) -> None:
        self._device, self._host, self._known = device, host, known

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        verify(self._host.label, key, self._known, self._host.known_as, self._device)


def open_ssh(
    name: str, settings: Mapping[str, Any], deadline: Deadline, *, may_ask: bool = True
) -> paramiko.SSHClient:
    """Goes through the jump hosts of ~/.ssh/config, if any; `may_ask` allows asking for a passphrase.

    Retries while something listens that is no SSH server yet: a board that boots behind a forwarder.

    Raises:
        ConfigError: ~/.ssh/config or a list of known hosts cannot be read.
        ConnectError: says which machine on the way does not let us through, and why.
    """
    return _open_route(name, find_route(name, settings), settings, deadline, may_ask)


@contextlib.contextmanager
def reach(
    name: str, route: Sequence[SshHost], settings: Mapping[str, Any], deadline: Deadline
) -> Iterator[Any]:
    """A bare connection to the last of `route`, through all others; theirs are verified, the last one's is not.

    Raises: as open_ssh.
    """
    *before, last = route
    through = _open_route(name, before, settings, deadline, may_ask=True) if before else None
    try:
        connection = open_way(last, through, deadline)
        try:
            yield connection
        finally:
            connection.close()
    finally:
        if through is not None:
            through.close()


def _open_route(
    name: str, route: Sequence[SshHost], settings: Mapping[str, Any], deadline: Deadline, may_ask: bool
) -> SshClient:
    opened: list[SshClient] = []
    try:
        for host in route:
            through = opened[-1] if opened else None
            opened.append(_open_host(name, host, through, settings, deadline, may_ask))
    except BaseException:
        for each in reversed(opened):
            each.close()
        raise
    client = opened.pop()
    client.through = list(opened)
    return client


def _open_host(
    name: str,
    host: SshHost,
    through: paramiko.SSHClient | None,
    settings: Mapping[str, Any],
    deadline: Deadline,
    may_ask: bool,
) -> SshClient:
    named_key = settings.get("key") if host.label == name else None
    if named_key is not None and not host.keys[0].is_file():
        raise ConnectError(f"there is no key file {named_key} for {name}; correct `key` in farm.toml")
    give_up = Deadline(min(STEP_S, deadline.remaining_s()))
    while True:
        try:
            return _connect_once(name, host, through, settings, deadline, may_ask)
        except paramiko.AuthenticationException as error:
            offered = ", ".join(map(str, host.keys)) or "the SSH agent and the usual files"
            raise ConnectError(
                f"{host.label} lets {host.user}@{host.host} in with none of the keys offered "
                f"({named_key or offered}); edgekit uses no passwords: "
                f"run `ssh-copy-id -p {host.port} {host.user}@{host.host}` or correct `user` and `key`"
            ) from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            if give_up.expired() or "banner" not in str(error) or host.proxy_command:
                raise ConnectError(
                    f"cannot set up SSH with {host.label} at {host.host}:{host.port}: {str(error) or 'it hung up'}; "
                    "check that an SSH server listens there"
                ) from error
        time.sleep(0.5)


def _connect_once(
    name: str,
    host: SshHost,
    through: paramiko.SSHClient | None,
    settings: Mapping[str, Any],
    deadline: Deadline,
    may_ask: bool,
) -> SshClient:
    known = known_keys(settings, host.known_as)
    timeout_s = max(0.1, min(STEP_S, deadline.remaining_s()))
    connection = open_way(host, through, deadline)
    client = SshClient()
    client.set_missing_host_key_policy(_Verify(name, host, known))
    try:
        client.connect(
            host.host,
            host.port,
            username=host.user,
            timeout=timeout_s,
            banner_timeout=timeout_s,
            auth_timeout=timeout_s,
            channel_timeout=timeout_s,
            disabled_algorithms=_unknown_key_types(known),
            auth_strategy=KeysOnly(host, may_ask),
            sock=connection,
        )
    except paramiko.ssh_exception.IncompatiblePeer as error:
        _close(client, connection)
        if known:
            raise ConnectError(
                f"THE HOST KEY OF {host.label} ({host.known_as}) HAS CHANGED: it shows none of the known "
                f"types ({', '.join(each.get_name() for each in known)}); someone may be listening in"
            ) from error
        raise
    except BaseException:
        _close(client, connection)
        raise
    client.get_transport().set_keepalive(5)
    return client


def _close(client: paramiko.SSHClient, connection: Any) -> None:
    client.close()
    connection.close()


def _unknown_key_types(known: list[paramiko.PKey]) -> dict[str, list[str]]:
    """A host has keys of several types: ask for one that we can compare."""
    types = {each.get_name() for each in known}
    if "ssh-rsa" in types:
        types |= {"rsa-sha2-256", "rsa-sha2-512"}
    return (
        {"keys": [each for each in paramiko.Transport._preferred_keys if each not in types]} if known else {}
    )
