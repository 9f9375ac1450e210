"""How images are found by name or id."""

from heat.plugin.steps import Finder

AN_IMAGE = Finder("image", "/v2/images", "image", "glance.image", bare=True)

AN_IMAGE_OF_OLD = Finder("image", "/v2/images", "image", bare=True)
"""The same for withdrawn properties, whose schema names no constraint."""
