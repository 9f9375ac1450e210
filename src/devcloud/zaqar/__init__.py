"""The messaging service: queues, and what is posted to them."""
