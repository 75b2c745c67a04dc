"""Which keys are offered to an SSH server; an encrypted key file is asked for once in a process."""

from __future__ import annotations

import contextlib
import getpass
import threading
from collections.abc import Iterator
from pathlib import Path

import paramiko

from edgekit.console import note
from edgekit.errors import ConnectError
from edgekit.ssh_config import SshHost

USUAL_FILES = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")
_ATTEMPTS = 2
_TYPES = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)

_unlocked: dict[Path, paramiko.PKey] = {}
_asking = threading.Lock()


class KeysOnly(paramiko.auth_strategy.AuthStrategy):  # type: ignore[misc]
    """Named key files, then the agent, then what needs a passphrase: nobody is asked for what is not needed."""

    def __init__(self, host: SshHost, may_ask: bool) -> None:
        super().__init__(ssh_config=None)
        self._host = host
        self._may_ask = may_ask

    def authenticate(self, transport: paramiko.Transport) -> list[str]:
        """Raises AuthenticationException if no key is accepted, SSHException if the server hangs up."""
        with contextlib.closing(paramiko.Agent()) as agent:
            for key in self._keys(agent):
                try:
                    missing = list(transport.auth_publickey(self._host.user, key))
                except paramiko.AuthenticationException:
                    if not transport.is_active():
                        raise
                    continue
                if missing:  # the server wants a password or a code as well
                    break
                return []
        raise paramiko.AuthenticationException("no key was accepted")

    def _keys(self, agent: paramiko.Agent) -> Iterator[paramiko.PKey]:
        files = self._host.keys or tuple(Path(each).expanduser() for each in USUAL_FILES)
        locked = []
        for path in (each for each in files if each.is_file()):
            if path in _unlocked:
                yield _unlocked[path]
                continue
            try:
                yield load_key(path, None)
            except paramiko.PasswordRequiredException:
                locked.append(path)
            except (OSError, ValueError, paramiko.SSHException) as error:
                if self._host.keys:
                    raise ConnectError(
                        f"cannot use the key file {path} for {self._host.label}: {error}; it should be a private "
                        "key that ssh-keygen made"
                    ) from error
        listed = {_public_part(path) for path in files}
        for key in agent.get_keys():
            if not self._host.identities_only or key.asbytes() in listed:
                yield key
        for path in locked:
            yield unlock(path, self._host.label, self._may_ask)


def load_key(path: Path, passphrase: str | None) -> paramiko.PKey:
    """Raises PasswordRequiredException, or SSHException for a wrong passphrase and for what is no key."""
    reason: Exception | None = None
    for kind in _TYPES:
        try:
            key = kind.from_private_key_file(str(path), passphrase)
        except paramiko.PasswordRequiredException:
            raise
        except (paramiko.SSHException, ValueError, IndexError, UnicodeDecodeError) as error:
            reason = error
            continue
        certificate = path.with_name(path.name + "-cert.pub")
        if certificate.is_file():
            key.load_certificate(str(certificate))
        return key
    raise paramiko.SSHException("no private key of a known type, or the wrong passphrase") from reason


def unlock(path: Path, label: str, may_ask: bool = True) -> paramiko.PKey:
    """Asks for the passphrase, twice at most; the opened key is kept for the rest of the process.

    Raises:
        ConnectError: nobody can be asked, or both answers were wrong.
    """
    with _asking:
        if path in _unlocked:
            return _unlocked[path]
        advice = f"run `ssh-add {path}` first, or name a key without a passphrase"
        if not may_ask or not _has_terminal():
            raise ConnectError(
                f"the key file {path} for {label} is encrypted, and there is no terminal to ask at; {advice}"
            )
        for attempt in range(_ATTEMPTS):
            try:
                passphrase = getpass.getpass(f"passphrase of {path}: ")
            except EOFError:
                break
            with contextlib.suppress(paramiko.SSHException):
                _unlocked[path] = load_key(path, passphrase)
                return _unlocked[path]
            if attempt + 1 < _ATTEMPTS:
                note(f"that is not the passphrase of {path}; once more")
        raise ConnectError(f"the key file {path} for {label} stayed locked: wrong passphrase; {advice}")


def _has_terminal() -> bool:
    try:
        with Path("/dev/tty").open("rb", buffering=0):
            return True
    except OSError:
        return False


def _public_part(path: Path) -> bytes:
    """Of a private key file, from the .pub beside it; b"" if there is none."""
    try:
        words = path.with_name(path.name + ".pub").read_text(encoding="utf-8").split()
        return bytes(paramiko.pkey.PublicBlob.from_string(" ".join(words[:2])).key_blob)
    except (OSError, ValueError, IndexError):
        return b""
