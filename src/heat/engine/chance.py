"""Randomness from the operating system."""

import random
import secrets
import uuid


class SystemChance:
    """What a running engine draws on."""

    def id(self) -> str:
        """Return a new random UUID."""
        return str(uuid.uuid4())

    def hex(self, size: int) -> str:
        """Return that many random bytes as hexadecimal digits."""
        return secrets.token_hex(size)

    def spread(self, seconds: float) -> float:
        """Return a delay between half and one and a half of the given one."""
        return seconds * random.uniform(0.5, 1.5)  # noqa: S311 - no secret
