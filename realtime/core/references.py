"""`${NAME}` in a secret of a service: a reference to an environment variable, resolved only when probing."""

import re
from base64 import b64encode
from collections.abc import Mapping

_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)

# What may stand beside a reference without being a secret itself: the scheme of an Authorization header.
_SCHEME = re.compile(r"(?:basic|bearer|token|apikey|api-key|key|digest|negotiate)?[\s:=]*", re.IGNORECASE)


def names_in(text: str) -> tuple[str, ...]:
    """Return the names that the text refers to, each once, in the order of their first place."""
    return tuple(dict.fromkeys(_REFERENCE.findall(text)))


def is_one_reference(text: str) -> bool:
    """Return whether the text is a reference and nothing else."""
    return _REFERENCE.fullmatch(text) is not None


def is_broken(text: str) -> bool:
    """Return whether `${` stands where no complete reference does, so that it would be sent as it is."""
    return "${" in _REFERENCE.sub("", text)


def is_free_of_secrets(text: str) -> bool:
    """Return whether the text may be shown: references, and beside them at most the word of an authorization scheme.

    `Bearer ${TOKEN}` may; `abc`, `${USER}:abc` and a text without any reference may not.
    """
    return bool(names_in(text)) and _SCHEME.fullmatch(_REFERENCE.sub("", text).strip()) is not None


def sent_value(name: str, text: str) -> str:
    """Return a resolved header value as it is sent: `Authorization: Basic user:password` is encoded (RFC 7617).

    What is encoded already holds no colon: Base64 has none.
    """
    scheme, _, credentials = text.partition(" ")
    if name.lower() != "authorization" or scheme.lower() != "basic" or ":" not in credentials:
        return text
    return f"Basic {b64encode(credentials.strip().encode()).decode()}"


def unset_names(text: str, *, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names referred to that have no value, or an empty one, in the environment."""
    return tuple(name for name in names_in(text) if not environment.get(name, "").strip())


def resolve(text: str, *, environment: Mapping[str, str]) -> str:
    """Return the text with every reference replaced by its value; what a value holds is not looked into again.

    White space around a value goes: a variable filled from a file often ends with a line break.

    Raises:
        KeyError: a name is not in the environment.
    """
    return _REFERENCE.sub(lambda match: environment[match[1]].strip(), text)
