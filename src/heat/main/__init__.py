"""Wiring and settings: the programs, each put together from the rooms below."""
