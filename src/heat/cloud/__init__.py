"""The only way out: sessions, catalogue, trusts, lookups and waits against a cloud's services."""
