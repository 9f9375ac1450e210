"""The extensions of the API that are here; clients look for them before they use one."""

from dataclasses import dataclass

from devcloud.kernel.store import Row


@dataclass(frozen=True)
class Extension:
    """One extension."""

    alias: str
    name: str
    updated: str

    def view(self) -> Row:
        """Return what clients see."""
        return {
            "alias": self.alias,
            "name": self.name,
            "description": f"The extension {self.alias}.",
            "updated": f"{self.updated}T10:00:00-00:00",
            "links": [],
        }


NAMES = (
    ("address-group", "Address group", "2020-07-15"),
    ("address-scope", "Address scope", "2015-07-26"),
    ("allowed-address-pairs", "Allowed Address Pairs", "2013-07-23"),
    ("availability_zone", "Availability Zone", "2015-01-01"),
    ("binding", "Port Binding", "2014-02-03"),
    ("default-subnetpools", "Default Subnetpools", "2016-02-18"),
    ("dns-domain-ports", "dns_domain for ports", "2017-04-24"),
    ("dns-integration", "DNS Integration", "2015-08-15"),
    ("dvr", "Distributed Virtual Router", "2014-06-01"),
    ("empty-string-filtering", "Empty String Filtering Extension", "2018-05-01"),
    ("ext-gw-mode", "Neutron L3 Configurable external gateway mode", "2013-03-28"),
    ("external-net", "Neutron external network", "2013-01-14"),
    ("extra_dhcp_opt", "Neutron Extra DHCP options", "2013-03-17"),
    ("extraroute", "Neutron Extra Route", "2013-02-01"),
    ("extraroute-atomic", "Atomically add/remove extra routes", "2019-07-10"),
    ("filter-validation", "Filter parameters validation", "2018-07-04"),
    ("fip-port-details", "Floating IP Port Details Extension", "2018-04-09"),
    ("floatingip-pools", "Floating IP Pools Extension", "2018-03-21"),
    ("ip-substring-filtering", "IP address substring filtering", "2017-11-28"),
    ("ip_allocation", "IP Allocation", "2016-06-10"),
    ("l3-ha", "HA Router extension", "2014-04-26"),
    ("net-mtu", "Network MTU", "2015-03-25"),
    ("net-mtu-writable", "Network MTU (writable)", "2017-07-12"),
    ("network-ip-availability", "Network IP Availability", "2015-09-24"),
    ("network_availability_zone", "Network Availability Zone", "2015-01-01"),
    ("pagination", "Pagination support", "2016-06-12"),
    ("port-security", "Port Security", "2012-07-23"),
    ("port-security-groups-filtering", "Port filtering on security groups", "2018-01-09"),
    ("project-id", "project_id field enabled", "2016-09-09"),
    ("provider", "Provider Network", "2012-09-07"),
    ("qos", "Quality of Service", "2015-06-08"),
    ("quota_details", "Quota details management support", "2017-02-10"),
    ("quotas", "Quota management support", "2012-07-29"),
    ("revision-if-match", "If-Match constraints based on revision_number", "2016-12-11"),
    ("router", "Neutron L3 Router", "2012-07-20"),
    ("router_availability_zone", "Router Availability Zone", "2015-01-01"),
    ("security-group", "security-group", "2012-10-05"),
    ("security-groups-normalized-cidr", "Normalized CIDR field for rules", "2020-07-28"),
    ("security-groups-remote-address-group", "Remote address group id field", "2020-08-25"),
    ("sorting", "Sorting support", "2016-06-12"),
    ("standard-attr-description", "standard-attr-description", "2016-02-10"),
    ("standard-attr-revisions", "Resource revision numbers", "2016-04-11"),
    ("standard-attr-tag", "Tag support for resources", "2017-01-01"),
    ("standard-attr-timestamp", "Resource timestamps", "2016-09-12"),
    ("stateful-security-group", "Stateful security group", "2019-11-26"),
    ("subnet-external-network", "Subnet belongs to an external network", "2024-02-05"),
    ("subnet-service-types", "Subnet service types", "2016-03-15"),
    ("subnet_allocation", "Subnet Allocation", "2015-03-30"),
    ("tag-creation", "Tag creation extension", "2024-07-23"),
)
EXTENSIONS = {alias: Extension(alias, name, updated) for alias, name, updated in NAMES}
