"""A local OpenStack in one process: the APIs and their states, without hypervisors."""
