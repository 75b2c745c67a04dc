"""SSH host keys: always verified, against edgekit's own list and the user's ~/.ssh/known_hosts."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import paramiko
import platformdirs

from edgekit.deadline import Deadline
from edgekit.errors import ConfigError, ConnectError
from edgekit.files import write_atomically


def own_known_hosts(settings: Mapping[str, Any]) -> Path:
    """What `edgekit trust` writes: `known_hosts` of the device, `$EDGEKIT_KNOWN_HOSTS` or the default."""
    named = settings.get("known_hosts") or os.environ.get("EDGEKIT_KNOWN_HOSTS")
    return Path(named).expanduser() if named else platformdirs.user_config_path("edgekit") / "known_hosts"


def known_keys(settings: Mapping[str, Any], known_as: str) -> list[paramiko.PKey]:
    """All keys that either file has for this host, named as known_hosts files do.

    Raises:
        ConfigError: a file cannot be read.
    """
    found = []
    for path in (own_known_hosts(settings), Path("~/.ssh/known_hosts").expanduser()):
        keys = paramiko.HostKeys()
        try:
            keys.load(str(path))
        except FileNotFoundError:
            continue
        except (OSError, paramiko.SSHException, paramiko.hostkeys.InvalidHostKey) as error:
            raise ConfigError(
                f"cannot read {path}: {str(error).splitlines()[0]}; repair or remove it"
            ) from error
        matching = keys.lookup(known_as)
        if matching is not None:
            found += [each.key for each in matching._entries if each.key is not None]
    return found


def fingerprint(key: paramiko.PKey) -> str:
    """As OpenSSH prints it: "SHA256:…"."""
    digest = hashlib.sha256(key.asbytes()).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def verify(label: str, key: paramiko.PKey, known: list[paramiko.PKey], where: str, device: str) -> None:
    """Raises ConnectError unless `key` is among the known ones: an unknown host, or a changed key."""
    if any(each.asbytes() == key.asbytes() for each in known):
        return
    shown = f"{key.get_name()} {fingerprint(key)}"
    if known:
        expected = ", ".join(fingerprint(each) for each in known)
        raise ConnectError(
            f"THE HOST KEY OF {label} ({where}) HAS CHANGED: it shows {shown}, known is {expected}; someone may "
            f"be listening in. Only if it was installed anew, run `edgekit trust {device}`"
        )
    raise ConnectError(
        f"the host key of {label} ({where}) is not known: {shown}; compare it with the machine's own "
        f"(`ssh-keygen -lf /etc/ssh/ssh_host_{_file_type(key)}_key.pub`), then run `edgekit trust {device}`"
    )


def _file_type(key: paramiko.PKey) -> str:
    return {"ssh-ed25519": "ed25519", "ssh-rsa": "rsa"}.get(key.get_name(), "ecdsa")


def trust(settings: Mapping[str, Any], known_as: str, key: paramiko.PKey) -> Path:
    """Makes it the host's only key in edgekit's own file, which is returned.

    Raises:
        ConfigError: the file cannot be read.
        DataError: the file cannot be written.
    """
    path = own_known_hosts(settings)
    try:
        before = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read {path}: {error}; repair or remove it") from error
    lines = [each for each in before if each.split()[:1] != [known_as]]
    lines.append(f"{known_as} {key.get_name()} {key.get_base64()}")
    write_atomically(path, "\n".join(lines) + "\n")
    return path


def read_host_key(label: str, where: str, connection: Any, deadline: Deadline) -> paramiko.PKey:
    """The key that the host at the other end shows; nothing of ours is sent to it. Closes the connection.

    Raises:
        ConnectError: it does not speak SSH.
    """
    transport = paramiko.Transport(connection)
    try:
        transport.start_client(timeout=max(0.1, min(15.0, deadline.remaining_s())))
        return transport.get_remote_server_key()
    except (paramiko.SSHException, EOFError, OSError) as error:
        raise ConnectError(
            f"{label} at {where} does not speak SSH: {str(error) or 'it hung up'}; check `port`"
        ) from error
    finally:
        transport.close()
