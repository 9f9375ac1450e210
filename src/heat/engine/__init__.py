"""Durable execution: claims stacks, carries their plans out, survives whatever dies."""
