"""A column of text that the database holds only encrypted; code sees the text.

Fernet of the `cryptography` package (AES-128-CBC with HMAC-SHA256) under REALTIME_SECRETS_KEY: the first of its keys
encrypts, each of them decrypts. Text that is no secret (`${NAME}` references) is kept as it is, readable.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from realtime.core import references

_MARK = "sealed:"
_SEALED = re.compile(rf"{_MARK}gAAAA[A-Za-z0-9_-]{{60,}}={{0,2}}", re.ASCII)
# A sweep reads every header: 10,000 of them take 0.1 s of CPU time to decrypt, and a look into this takes none.
_KEPT = 20_000


if TYPE_CHECKING:  # at run time it takes no parameters
    TextField = models.TextField[str, str]
else:
    TextField = models.TextField


class SealedTextField(TextField):
    """Encrypts on the way in and decrypts on the way out; what no key decrypts comes out as it is stored."""

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return text if text is None else seal(text)

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return value if value is None else unseal(value)


def is_sealed(text: str) -> bool:
    """Return whether this is a text as it is stored, which no key that we have decrypts."""
    return _SEALED.fullmatch(text) is not None


def seal(text: str) -> str:
    """Return the text as it is stored. One that is sealed already stays, so that it can be saved without its key."""
    if not text or references.is_free_of_secrets(text) or is_sealed(text):
        return text
    return _MARK + _fernet(settings.REALTIME.secrets_keys).encrypt(text.encode()).decode()


def unseal(stored: str) -> str:
    """Return the text, or `stored` itself where no key decrypts it, and where it never was encrypted."""
    return _unsealed(stored, settings.REALTIME.secrets_keys) if stored.startswith(_MARK) else stored


@lru_cache(maxsize=_KEPT)
def _unsealed(stored: str, keys: tuple[str, ...]) -> str:
    try:
        return _fernet(keys).decrypt(stored.removeprefix(_MARK)).decode()
    except InvalidToken:
        return stored


@lru_cache(maxsize=4)
def _fernet(keys: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])
