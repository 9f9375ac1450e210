"""Servers, key pairs, server groups, flavors."""
