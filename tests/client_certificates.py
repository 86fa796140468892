"""Client certificates for tests, made on the spot."""

import datetime
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)


@dataclass(frozen=True, kw_only=True)
class Made:
    """A self-signed certificate, which is its own authority, and its private key."""

    certificate: str
    key: str
    encrypted_key: str

    @property
    def pem(self) -> str:
        return self.certificate + self.key

    @property
    def secret(self) -> str:
        """A line of the private key."""
        return self.key.splitlines()[1]


def make(name: str = "collector") -> Made:
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(issuer_name=names, subject_name=names, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )

    def written(encryption: KeySerializationEncryption) -> str:
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()

    return Made(
        certificate=certificate.public_bytes(Encoding.PEM).decode(),
        key=written(NoEncryption()),
        encrypted_key=written(BestAvailableEncryption(b"hunter2")),
    )
