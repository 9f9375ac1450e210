"""OS::Nova::Server, one idea a module."""
