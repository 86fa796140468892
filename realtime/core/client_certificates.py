"""A client certificate as a text in PEM form: the certificate, the chain behind it, and its private key."""

import re
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

MAX_LENGTH = 64 * 1024

_PRIVATE_KEY = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
# Shorter lines of a key, such as its last one, could stand anywhere.
_MIN_LINE_LENGTH = 32
# Cached, because every sweep needs it and checking an RSA key takes milliseconds.
_KEPT = 10_000


@lru_cache(maxsize=_KEPT)
def is_usable(pem: str) -> bool:
    """Return whether the text holds a certificate and the one private key, not encrypted, that belongs to it.

    The first certificate is the one that counts, as for OpenSSL; those behind it are its chain.
    """
    keys = [match[0] for match in _PRIVATE_KEY.finditer(pem)]
    if len(keys) != 1 or len(pem) > MAX_LENGTH:
        return False
    try:
        certificate = x509.load_pem_x509_certificates(pem.encode())[0].public_key()
        key = load_pem_private_key(keys[0].encode(), password=None).public_key()
        return _spelled(certificate) == _spelled(key)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: the key is encrypted
        return False


def with_line_breaks(text: str) -> str:
    """Return the text with each `\\n` written out made a line break, as many tools fill environment variables."""
    return text.replace("\\r\\n", "\n").replace("\\n", "\n").strip()


def secret_parts(pem: str) -> frozenset[str]:
    """Return what of the text must not be seen: the whole, its private key, and that key line by line."""
    keys = [match[0] for match in _PRIVATE_KEY.finditer(pem)]
    lines = (line.strip() for key in keys for line in key.splitlines() if "-----" not in line)
    return frozenset((pem, *keys, *(line for line in lines if len(line) >= _MIN_LINE_LENGTH)))


def _spelled(key: object) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined, no-any-return]
