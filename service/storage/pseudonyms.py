"""What patients, encounters and users are called in the store: keyed digests, the same each time and of no use without the key.

Client and FHIR server go into each of them, so nobody is recognised across clients, and p1 of one server is not p1 of another.
Source: threat model, row 33.
"""

import hmac
import os
from collections.abc import Callable
from pathlib import Path

from service.errors import ClinicError

KEY_BYTES = 32


class KeyUnusable(ClinicError):
    """The file with the key of the pseudonyms cannot be read, made or used."""


class Pseudonyms:
    """The digests that one key gives."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def patient(self, client: str, server: str, patient: str) -> str:
        """Ours for a patient."""
        return self._digest("patient", client, server, patient).hex()

    def encounter(self, client: str, server: str, encounter: str) -> str:
        """Ours for a visit; "" for none."""
        return self._digest("encounter", client, server, encounter).hex() if encounter else ""

    def user(self, client: str, server: str, user: str) -> str:
        """Ours for somebody who asked; "" where nobody is named."""
        return self._digest("user", client, server, user).hex() if user else ""

    def salt(self, client: str, server: str, patient: str) -> bytes:
        """What digests of a patient's facts are keyed with."""
        return self._digest("facts", client, server, patient)

    def of_input(self, *parts: bytes) -> str:
        """The digest of what a call brought."""
        return self._digest("input", *parts).hex()

    def of_audit(self, what: str, *parts: str) -> str:
        """The digest that chains or seals records."""
        return self._digest(f"audit {what}", *parts).hex()

    def of_links(self) -> bytes:
        """The key of links that every replica opens: who has it opens no pseudonym."""
        return self._digest("links")

    def _digest(self, purpose: str, *parts: str | bytes) -> bytes:
        digest = hmac.new(self._key, digestmod="sha256")
        for part in (purpose, *parts):
            written = part.encode() if isinstance(part, str) else part
            # Each with its length: "ab", "c" is not "a", "bc".
            digest.update(len(written).to_bytes(8, "big"))
            digest.update(written)
        return digest.digest()


def read_key(path: Path) -> bytes:
    """The key in a file of 64 hexadecimal digits. Raises KeyUnusable."""
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except OSError as failed:
        raise KeyUnusable(f"The key of the pseudonyms cannot be read from {path} ({failed.strerror}).") from None
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyUnusable(f"{path} holds no key of the pseudonyms, which is {2 * KEY_BYTES} hexadecimal digits.")
    return key


def read_or_make_key(path: Path, *, chance: Callable[[int], bytes]) -> bytes:
    """The key in a file, which is made when there is none; `chance` gives bytes that nobody can guess. Raises KeyUnusable."""
    if not path.exists():
        make_key(path, chance=chance, instead=read_key)
    return read_key(path)


def make_key(path: Path, *, chance: Callable[[int], bytes], instead: Callable[[Path], bytes] | None = None) -> None:
    """Make a file with a new key, for its owner alone. Raises KeyUnusable, also when there is one, unless that is to be read `instead`."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        part.touch(mode=0o600, exist_ok=False)
        part.write_text(f"{chance(KEY_BYTES).hex()}\n", encoding="ascii")
        try:
            # Whole or not at all, and never in the place of another key: without it nobody in the store is recognised any more.
            path.hardlink_to(part)
        finally:
            part.unlink()
    except FileExistsError:
        if instead is None:
            raise KeyUnusable(f"{path} is there already; a key is never overwritten.") from None
    except OSError as failed:
        raise KeyUnusable(f"The key of the pseudonyms cannot be kept in {path} ({failed.strerror}).") from None
