"""The names that Heat gives to cloud objects whose template gives none."""

import base64
import uuid
from functools import lru_cache


@lru_cache(maxsize=1024)
def short_id(resource_id: str) -> str:
    """Return the 12 lower-case letters and digits that stand for a resource in its name.

    They are the first 60 random bits of its version 4 UUID in base 32; the version and
    variant bits, the same in every UUID, are left out.
    """
    number = uuid.UUID(resource_id).int
    high, middle, low = number >> 80, (number >> 64) & 0x0FFF, number & ((1 << 62) - 1)
    random = (high << 74 | middle << 62 | low) >> (122 - 60)
    return base64.b32encode((random << 4).to_bytes(8, "big")).decode().lower()[:12]


def physical_name(stack: str, resource: str, resource_id: str, limit: int = 255) -> str:
    """Return the default name of the cloud object behind a resource.

    A name over the limit keeps its first two characters, a hyphen and the tail that fits,
    so that the random part at its end survives.
    """
    name = f"{stack}-{resource}-{short_id(resource_id)}"
    return name if len(name) <= limit else f"{name[:2]}-{name[3 - limit :]}"
