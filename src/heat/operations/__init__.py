"""What a caller may ask of the engine: one synchronous function each, listed in ``table``."""
