"""Secrets at rest: encrypted with the first key, readable with every key."""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from heat.base.errors import Invalid

# Known to everyone: for `heat dev`, tests and simulation only.
DEVELOPMENT_KEY = "aGVhdCBkZXZlbG9wbWVudCBrZXksIG5vdCBzZWNyZXQ="

# Every token starts so, and no JSON text does: the version byte 0x80 and a time before 2106.
_TOKEN = "gAAAA"  # noqa: S105


class Seal:
    """Encrypts and decrypts the secrets that the store keeps."""

    def __init__(self, keys: Sequence[str] | None = None) -> None:
        if keys is not None and not keys:
            raise Invalid("No encryption key is given; at least one is needed.")
        self._fernet = MultiFernet([_fernet(key) for key in keys or (DEVELOPMENT_KEY,)])

    def close(self, value: bytes) -> str:
        """Encrypt."""
        return self._fernet.encrypt(value).decode("ascii")

    def open(self, token: str) -> bytes:
        """Decrypt; complains when no key fits."""
        try:
            return self._fernet.decrypt(token)
        except InvalidToken:
            raise Invalid(
                "A secret in the database was encrypted with a key that is not among the "
                "configured ones; add the key that was in use when it was written."
            ) from None


def is_sealed(value: str) -> bool:
    """Tell an encrypted value from JSON."""
    return value.startswith(_TOKEN)


def _fernet(key: str) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        raise Invalid(
            "An encryption key is not 32 bytes in URL-safe base64; make one with "
            "cryptography.fernet.Fernet.generate_key()."
        ) from None
