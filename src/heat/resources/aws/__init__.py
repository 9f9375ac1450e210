"""Resource types under the names that AWS gives them."""
