"""What every emulated service stands on: objects, requests, faults, time."""
