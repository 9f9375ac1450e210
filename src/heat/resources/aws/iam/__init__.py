"""Users of AWS templates, and their keys."""
