"""Networks, subnets, routers, ports, security groups, floating IPs."""
