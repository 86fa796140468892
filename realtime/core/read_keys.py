"""Read keys as texts: how one is written, what is kept of it, and what stands for it in a cookie.

A key is `rtm_<public id>_<secret>`. The id finds it and may be shown; the secret is 256 random bits.
"""

import hashlib
import re
from dataclasses import dataclass, field

PUBLIC_ID_CHARACTERS = 12
_WRITTEN = re.compile(rf"rtm_([0-9a-f]{{{PUBLIC_ID_CHARACTERS}}})_[A-Za-z0-9_-]{{43}}", re.ASCII)
_FINGERPRINT_CHARACTERS = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyMark:
    """What is known of a key without knowing the key: enough to recognize it, not to use it."""

    public_id: str
    digest: str = field(repr=False)


def write(*, public_id: str, secret: str) -> str:
    """Return the text of a key, as its owner sends it."""
    return f"rtm_{public_id}_{secret}"


def mark_of(text: str) -> KeyMark | None:
    """Return the mark of a key as it was sent, None for a text that is no key.

    One round of SHA-256: slow hashes protect secrets that people choose, and nobody guesses 256 random bits. A slow
    one would be paid for by every request.
    """
    found = _WRITTEN.fullmatch(text)
    return KeyMark(public_id=found[1], digest=hashlib.sha256(text.encode()).hexdigest()) if found else None


def bearer_token(authorization: str) -> str | None:
    """Return the token of an `Authorization: Bearer` header (RFC 6750), None for another scheme."""
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def fingerprint(digest: str) -> str:
    """Return what a cookie holds of a key: it changes with the key, and tells nothing of it."""
    return hashlib.sha256(f"cookie:{digest}".encode()).hexdigest()[:_FINGERPRINT_CHARACTERS]
