"""Queues of the messaging service."""
