"""Networks, ports, routers, floating IPs and security groups: neutron's API v2.0."""
