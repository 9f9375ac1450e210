"""The only SQL: rows, queries, leases and the group commit."""
