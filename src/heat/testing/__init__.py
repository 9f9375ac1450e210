"""What tests of Heat and of resource types share."""
