"""How the front ends reach the engine: in the same process, or over messages."""
