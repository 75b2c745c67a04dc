"""An SSH connection to a board: host key pinned, keys and the SSH agent only, retried while the board boots."""

from __future__ import annotations

import getpass
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import paramiko

from edgekit.deadline import Deadline
from edgekit.errors import ConnectError
from edgekit.host_keys import DEFAULT_PORT, known_keys, open_socket, verify

STEP_S = 20.0
"""The longest that a single step (a connection, a short command) may take."""
# paramiko reports every failed connection to the log as well, with a traceback.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class _Verify(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    """The whole check, against both files: paramiko's own looks at one key of one file."""

    def __init__(self, name: str, host: str, port: int, known: list[paramiko.PKey]) -> None:
        self._name, self._host, self._port, self._known = name, host, port, known

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        verify(self._name, key, self._known, self._host, self._port)


def open_ssh(name: str, settings: Mapping[str, Any], deadline: Deadline) -> paramiko.SSHClient:
    """Retries while something listens that is no SSH server yet: a board that boots behind a forwarder."""
    host, port = str(settings["host"]), int(settings.get("port", DEFAULT_PORT))
    give_up = Deadline(min(STEP_S, deadline.remaining_s()))
    while True:
        try:
            return _connect_once(name, host, port, settings, deadline)
        except paramiko.AuthenticationException as error:
            user = settings.get("user") or getpass.getuser()
            raise ConnectError(
                f"{name} lets {user}@{host} in with none of the keys offered "
                f"({settings.get('key') or 'the SSH agent and the usual files'}); edgekit uses no passwords: "
                f"run `ssh-copy-id -p {port} {user}@{host}` or correct `user` and `key`"
            ) from error
        except (paramiko.SSHException, EOFError, OSError) as error:
            if give_up.expired() or "banner" not in str(error):
                raise ConnectError(
                    f"cannot set up SSH with {name} at {host}:{port}: {str(error) or 'it hung up'}; "
                    "check that an SSH server listens there"
                ) from error
        time.sleep(0.5)


def _connect_once(
    name: str, host: str, port: int, settings: Mapping[str, Any], deadline: Deadline
) -> paramiko.SSHClient:
    known = known_keys(settings, host, port)
    key = settings.get("key")
    if key is not None and not Path(key).expanduser().is_file():
        raise ConnectError(f"there is no key file {key} for {name}; correct `key` in farm.toml")
    client = paramiko.SSHClient()
    client.set_missing_host_key_policy(_Verify(name, host, port, known))
    timeout_s = max(0.1, min(STEP_S, deadline.remaining_s()))
    try:
        with open_socket(name, host, port, deadline) as connection:
            client.connect(
                host,
                port,
                username=settings.get("user") or getpass.getuser(),
                key_filename=None if key is None else str(Path(key).expanduser()),
                look_for_keys=key is None,
                timeout=timeout_s,
                banner_timeout=timeout_s,
                auth_timeout=timeout_s,
                channel_timeout=timeout_s,
                disabled_algorithms=_unknown_key_types(known),
                sock=connection,
            )
    except paramiko.ssh_exception.IncompatiblePeer as error:
        client.close()
        if known:
            raise ConnectError(
                f"THE HOST KEY OF {name} ({host}:{port}) HAS CHANGED: it shows none of the known types "
                f"({', '.join(each.get_name() for each in known)}); someone may be listening in"
            ) from error
        raise
    except paramiko.AuthenticationException:
        client.close()
        raise
    except paramiko.SSHException as error:
        client.close()
        if "No authentication methods" in str(error):  # neither an agent nor a key file
            raise paramiko.AuthenticationException(str(error)) from error
        raise
    except BaseException:
        client.close()
        raise
    client.get_transport().set_keepalive(5)
    return client


def _unknown_key_types(known: list[paramiko.PKey]) -> dict[str, list[str]]:
    """A host has keys of several types: ask for one that we can compare."""
    types = {each.get_name() for each in known}
    if "ssh-rsa" in types:
        types |= {"rsa-sha2-256", "rsa-sha2-512"}
    return (
        {"keys": [each for each in paramiko.Transport._preferred_keys if each not in types]} if known else {}
    )
