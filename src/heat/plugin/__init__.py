"""The contract a resource type is written against: properties, checks and steps."""
