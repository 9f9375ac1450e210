"""The compute service: servers, flavors, key pairs and what belongs to them."""
