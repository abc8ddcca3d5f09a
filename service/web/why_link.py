"""A link that carries what its page shows: sealed for one patient and a short while, so that nothing has to be stored.

What is sealed is compressed with the names of the knowledge as a preset dictionary, and encrypted with AES-SIV (RFC 5297): who has no key
neither reads a link nor changes one, and the same call gives the same link, as it gives the same card. Time and knowledge are bound in.
Pure: keys and the clock are arguments.
"""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NoBase64
from collections.abc import Iterable
from hashlib import sha256, sha512
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from service.errors import ClinicError
from service.knowledge.model import Knowledge

# What every screen and proxy takes; a link that would be longer is not given out.
LONGEST = 2_000
# The time of a link is told in steps, so that a call that is sent twice gets the same card twice.
_STEP = 600
# The form of what is written (why_written.py): another form, another byte, and links of the one before are refused.
_FORM = b"\x01"
_MARK_BYTES, _TIME_BYTES, _TAG_BYTES = 4, 4, 16
_MOST_OPENED = 64_000
_KEY_BYTES = 32
_LARGEST_DICTIONARY = 8_000
_WINDOW = -13


class LinkUnusable(ClinicError):
    """A link that does not open. `status`: the one for HTTP; `title` and the message are for the clinician who followed it."""

    title = "This link cannot be read"
    status = 400

    def __init__(self) -> None:
        super().__init__(
            "It is not complete, the service was started anew since it was made, or it was made elsewhere. "
            "Open the patient's chart again: a new card brings a new link."
        )


class LinkTooLong(LinkUnusable):
    """Longer than any that we give out."""

    status = 414


class LinkExpired(LinkUnusable):
    """Ours, and older than it may be."""

    title = "This link has expired"
    status = 410

    def __init__(self, minutes: int) -> None:
        ClinicError.__init__(
            self,
            f"A link to the reasons of a card is good for about {minutes} minutes, because it carries what it shows and nothing of it is "
            "stored here. Open the patient's chart again: a new card brings a new link.",
        )


class LinkOfOtherKnowledge(LinkUnusable):
    """Ours, and made before or after the knowledge changed."""

    title = "The knowledge has changed since this link was made"
    status = 410

    def __init__(self) -> None:
        ClinicError.__init__(
            self,
            "The reasons would be shown with other rules than those that the card was made with. Open the patient's chart again: "
            "a new card brings a new link.",
        )


class LinkKeysUnusable(ClinicError):
    """The file with the keys of the links cannot be read, or holds none."""


class Seal:
    """What seals and opens links with the keys of one service, for one knowledge.

    keys     of 32 bytes; the first one seals, all of them open
    minutes  for how long a link opens, at least
    """

    def __init__(self, keys: Iterable[bytes], knowledge: Knowledge, *, minutes: int) -> None:
        self._ciphers = tuple(AESSIV(sha512(b"cluneal why" + key).digest()) for key in keys)
        self._names = dictionary_of(knowledge)
        # Taking in the dictionary costs more than packing: it is done once.
        self._packing = zlib.compressobj(6, wbits=_WINDOW, zdict=self._names)
        # The digest is of the files, the rest of what this site decided: both change what a page would say.
        decided = f"{knowledge.version.version} {knowledge.digest} {knowledge.adjustments}"
        self._mark = sha256(decided.encode()).digest()[:_MARK_BYTES]
        self.minutes, self.longest = minutes, LONGEST

    def sealed(self, content: bytes, *, now: float) -> str | None:
        """The content as the last step of an address; None when it would be longer than a link may be. `now`: seconds since 1970."""
        packing = self._packing.copy()
        packed = packing.compress(content) + packing.flush()
        head = _FORM + self._mark + (int(now) // _STEP).to_bytes(_TIME_BYTES, "big")
        text = urlsafe_b64encode(head + self._ciphers[0].encrypt(packed, [head])).rstrip(b"=").decode()
        return text if len(text) <= LONGEST else None

    def opened(self, text: str, *, now: float) -> bytes:
        """What was sealed. Raises LinkUnusable: whether it is ours is asked first, and told to nobody who has no link of ours."""
        if len(text) > LONGEST:
            raise LinkTooLong
        raw = _bytes_of(text)
        head, body = raw[: len(_FORM) + _MARK_BYTES + _TIME_BYTES], raw[len(_FORM) + _MARK_BYTES + _TIME_BYTES :]
        if len(body) <= _TAG_BYTES or not head.startswith(_FORM):
            raise LinkUnusable
        packed = self._decrypted(head, body)
        made = int.from_bytes(head[-_TIME_BYTES:], "big") * _STEP
        # A clock that runs a little ahead beside ours is no reason; one that is hours ahead is.
        if not -60 * self.minutes <= now - made < 60 * self.minutes + _STEP:
            raise LinkExpired(self.minutes)
        if head[len(_FORM) : -_TIME_BYTES] != self._mark:
            raise LinkOfOtherKnowledge
        opening = zlib.decompressobj(wbits=_WINDOW, zdict=self._names)
        return opening.decompress(packed, _MOST_OPENED)

    def _decrypted(self, head: bytes, body: bytes) -> bytes:
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(body, [head])
            except InvalidTag:
                continue
        raise LinkUnusable


def dictionary_of(knowledge: Knowledge) -> bytes:
    """The preset dictionary: what stands in nearly every link, the likeliest last, where it costs least."""
    codes = sorted({code for _, code in knowledge.codes})
    names = (
        *codes,
        *sorted(set(knowledge.systems.values())),
        *(rule.id for stage in knowledge.rules.values() for rule in stage),
    )
    kinds = (
        "AllergyIntolerance",
        "MedicationRequest",
        "ServiceRequest",
        "Encounter",
        "DiagnosticReport",
        "Observation",
        "Condition",
        "Procedure",
    )
    likely = "".join(f'],"{name}":[1,0],' for name in knowledge.findings) + "".join(f'],["{kind}/' for kind in kinds)
    return "\n".join((*names, likely)).encode()[-_LARGEST_DICTIONARY:]


def _bytes_of(text: str) -> bytes:
    """The bytes that a text stands for, if it is the one text that we would write for them."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (ValueError, NoBase64):
        raise LinkUnusable from None
    if urlsafe_b64encode(raw).rstrip(b"=").decode() != text:
        raise LinkUnusable
    return raw


def read_link_keys(path: Path) -> tuple[bytes, ...]:
    """The keys in a file, one of 64 hexadecimal digits on each line, the one that seals first. Raises LinkKeysUnusable."""
    try:
        lines = path.read_text(encoding="ascii").split()
    except OSError as failed:
        raise LinkKeysUnusable(f"The keys of the links cannot be read from {path} ({failed.strerror}).") from None
    except ValueError:
        lines = []
    try:
        keys = tuple(bytes.fromhex(line) for line in lines)
    except ValueError:
        keys = ()
    if not keys or any(len(key) != _KEY_BYTES for key in keys):
        raise LinkKeysUnusable(f"{path} holds no keys of links: one on each line, each of {2 * _KEY_BYTES} hexadecimal digits.")
    return keys
