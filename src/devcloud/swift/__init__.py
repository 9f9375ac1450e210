"""Stores objects: containers, their objects, and addresses that are good for a while."""
