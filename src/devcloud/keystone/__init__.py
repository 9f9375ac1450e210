"""The identity service: who may do what, and where the other services are."""
