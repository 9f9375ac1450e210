"""The contract a resource type is written against: properties, checks, steps, and how to describe them."""
