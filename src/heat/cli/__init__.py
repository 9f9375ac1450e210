"""The `heat` command: it reaches the service over HTTP only, and starts fast."""
