"""Reads heat.conf: the options under the names operators know, turned into plain values."""

import logging
import os
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from socket import gethostname
from typing import Any, cast

from keystoneauth1.loading import conf as loading
from oslo_config import cfg
from oslo_log import log

from heat.base.errors import Invalid
from heat.cloud.settings import CloudSettings, StackDomain, Trustee
from heat.engine.ports import Settings as EngineSettings
from heat.main import clients, unheeded
from heat.main.logs import bear_request_ids
from heat.operations.services import Limits
from heat.template.limits import QUERIES

_log = logging.getLogger(__name__)

DEFAULT = [
    cfg.IntOpt(
        "num_engine_workers", min=1, help="Engine processes of heat-engine; one a core if unset."
    ),
    cfg.ListOpt(
        "auth_encryption_key",
        secret=True,
        default=[],
        help="Keys of secrets in the database: 32 characters each, or a Fernet key. The first "
        "encrypts, all decrypt.",
    ),
    cfg.StrOpt(
        "deferred_auth_method",
        choices=["trusts", "password"],
        default="trusts",
        help="How the engine acts for users later; 'password' is not supported.",
    ),
    cfg.ListOpt("trusts_delegated_roles", default=[], help="Roles of a trust; all if empty."),
    cfg.BoolOpt("allow_trusts_redelegation", default=False, help="Trusts may be passed on."),
    cfg.StrOpt("region_name_for_services", default="", help="Region whose services are used."),
    cfg.StrOpt("stack_user_domain_id", default="", help="Domain of the users of stacks."),
    cfg.StrOpt("stack_user_domain_name", default="", help="The same, by name."),
    cfg.StrOpt("stack_domain_admin", default="", help="User who makes users in that domain."),
    cfg.StrOpt("stack_domain_admin_password", default="", secret=True, help="Its password."),
    cfg.StrOpt("heat_stack_user_role", default="heat_stack_user", help="Role of those users."),
    cfg.IntOpt("max_stacks_per_tenant", default=512, help="Stacks a project may have; -1 for any."),
    cfg.IntOpt("max_resources_per_stack", default=1000, help="Resources of a stack; -1 for any."),
    cfg.IntOpt("max_nested_stack_depth", default=5, help="Levels of stacks within stacks."),
    cfg.IntOpt("max_snapshots_per_stack", default=32, help="Snapshots of a stack; -1 for any."),
    cfg.IntOpt(
        "max_software_configs_per_tenant",
        default=4096,
        help="Software configs a project may have; -1 for any.",
    ),
    cfg.IntOpt(
        "max_software_deployments_per_tenant",
        default=4096,
        help="Software deployments a project may have; -1 for any.",
    ),
    cfg.BoolOpt("enable_stack_adopt", default=False, help="Stacks may take over objects."),
    cfg.BoolOpt("enable_stack_abandon", default=False, help="Stacks may go without their objects."),
    cfg.BoolOpt(
        "observe_on_update",
        default=False,
        help="An update looks at the live objects first, and repairs what others changed.",
    ),
    cfg.IntOpt("max_template_size", default=524288, min=1, help="Bytes of a template."),
    cfg.FloatOpt(
        "template_fetch_timeout", default=60, min=1, help="Seconds to wait for a template_url."
    ),
    cfg.BoolOpt(
        "template_url_allow_private",
        default=False,
        help="A template_url may lead to this host or a private network.",
    ),
    cfg.ListOpt(
        "allowed_template_hosts",
        default=[],
        help="Hosts that a template_url may name wherever they lead.",
    ),
    cfg.ListOpt(
        "hidden_stack_tags",
        default=[],
        help="Stacks with one of these tags are listed only with show_hidden.",
    ),
    cfg.StrOpt("max_nova_api_microversion", help="The newest that Nova is asked for."),
    cfg.StrOpt("max_cinder_api_microversion", help="The newest that Cinder is asked for."),
    cfg.StrOpt(
        "default_notification_level",
        choices=["DEBUG", "INFO", "WARN", "ERROR", "CRITICAL", "SAMPLE"],
        ignore_case=True,
        default="INFO",
        help="Priority of notifications that tell of no error.",
    ),
    cfg.StrOpt("default_publisher_id", default="", help="Who sends notifications."),
    cfg.StrOpt("host", default=gethostname(), sample_default="<hostname>", help="This host."),
    cfg.IntOpt("max_json_body_size", default=1048576, min=1, help="Bytes of a request."),
    cfg.IntOpt("max_events_per_stack", default=1000, min=0, help="Events kept; 0 for all."),
    cfg.IntOpt(
        "orphan_sweep_interval",
        default=3600,
        min=0,
        help="Seconds after which an engine looks again for objects that are no stack's any more, "
        "and deletes what is provably so; 0 for never.",
    ),
    cfg.IntOpt("stack_action_timeout", default=3600, min=1, help="Seconds an action may take."),
    cfg.IntOpt("client_retry_limit", default=3, min=0, help="How often a request is repeated."),
    cfg.IntOpt(
        "max_cloud_answer_size",
        default=64 << 20,
        min=1 << 20,
        help="Bytes of an answer of a service that are read; a larger one is an error.",
    ),
    cfg.BoolOpt(
        "encrypt_parameters_and_properties",
        default=False,
        help="Encrypt evaluated properties, replies and plans too.",
    ),
    cfg.IntOpt("periodic_interval", default=2, min=1, help="Seconds between looks for work."),
    cfg.IntOpt(
        "engine_lease_term",
        default=6,
        min=3,
        help="Seconds after which other engines take a stack for abandoned; its engine says every "
        "third of them that it lives. More of them bear longer stalls of the database.",
    ),
    cfg.IntOpt(
        "action_retry_limit",
        default=5,
        min=0,
        help="How often a creation is tried again that ended in an error or a conflict.",
    ),
]
DATABASE = [
    cfg.StrOpt("connection", secret=True, help="URL: sqlite, postgresql, mysql or mariadb."),
    cfg.IntOpt("max_pool_size", default=10, min=1, help="Connections a process keeps open."),
    cfg.IntOpt("pool_timeout", default=30, min=1, help="Seconds to wait for a connection."),
]
HEAT_API = [
    cfg.HostAddressOpt("bind_host", default="0.0.0.0", help="Address to serve."),  # noqa: S104
    cfg.PortOpt("bind_port", default=8004, help="Port to serve."),
    cfg.IntOpt("workers", min=1, help="Processes of heat-api; one a core if unset."),
    cfg.IntOpt("threads", default=16, min=1, help="Requests a process serves at a time."),
]
CLIENTS = [
    cfg.StrOpt("endpoint_type", default="publicURL", help="Endpoints of the catalogue to use."),
    cfg.StrOpt("ca_file", default="", help="Certificates to trust."),
    cfg.BoolOpt("insecure", default=False, help="Trust any certificate."),
]
CONSTRAINTS = [
    cfg.BoolOpt("caching", default=True, help="Remember what names were found to stand for."),
    cfg.IntOpt("expiration_time", default=60, min=0, help="Seconds for which that is so."),
]
MIDDLEWARE = [
    cfg.BoolOpt(
        "enable_proxy_headers_parsing",
        default=False,
        help="Make links from the X-Forwarded headers of a proxy in front.",
    )
]
PASTE = [
    cfg.StrOpt(
        "flavor",
        default="keystone",
        help="standalone: X-Auth-User and X-Auth-Key may stand in place of a token.",
    )
]
YAQL = [
    cfg.IntOpt("limit_iterators", default=200, min=1, help="Items one iteration goes over."),
    cfg.IntOpt("memory_quota", default=10000, min=1, help="Bytes one value of a query takes."),
]
REVISION = [cfg.StrOpt("heat_revision", default="unknown", help="What build_info tells.")]
KEYSTONE = [cfg.StrOpt("auth_uri", default="", help="Identity endpoint; else the trustee's.")]

GROUPS: Mapping[str, Sequence[cfg.Opt]] = {
    "DEFAULT": DEFAULT,
    "database": DATABASE,
    "heat_api": HEAT_API,
    "clients": CLIENTS,
    **clients.GROUPS,
    "clients_keystone": [*clients.OPTIONS, *KEYSTONE],
    "constraint_validation_cache": CONSTRAINTS,
    "oslo_middleware": MIDDLEWARE,
    "paste_deploy": PASTE,
    "revision": REVISION,
    "yaql": YAQL,
}
SERVICE_USER = loading.get_plugin_conf_options("password")
AUTH_TYPE = loading.get_common_conf_options()[0]


def options() -> list[tuple[str, Sequence[cfg.Opt]]]:
    """Return all options by section, for oslo-config-generator."""
    return [*GROUPS.items(), ("trustee", [*SERVICE_USER, AUTH_TYPE])]


def read(arguments: Sequence[str], program: str) -> cfg.ConfigOpts:
    """Read command line and configuration files, and start logging."""
    conf = cfg.ConfigOpts()
    log.register_options(conf)
    parse(conf, arguments, program)
    log.set_defaults(
        default_log_levels=[*log.get_default_log_levels(), "waitress=INFO", "alembic=WARNING"]
    )
    log.setup(conf, "heat")
    bear_request_ids()
    unheeded.tell(conf)
    limit_queries(conf)
    return conf


def parse(conf: cfg.ConfigOpts, arguments: Sequence[str], program: str) -> None:
    """Make the options known, and read them."""
    for group, options in GROUPS.items():
        conf.register_opts(options, None if group == "DEFAULT" else group)
    conf(list(arguments), project="heat", prog=program, version="0.1.0")
    # These say that they are required, which either section may leave to the other; so they
    # become known after parsing. The middleware registers the very same ones for itself.
    for group in ("trustee", "keystone_authtoken"):
        conf.register_opts([*SERVICE_USER, AUTH_TYPE], group)


def database_url(conf: cfg.ConfigOpts) -> str:
    """Return where the database is."""
    url: str | None = conf.database.connection
    if not url:
        raise Invalid(
            "No database is configured; set connection in section [database] of heat.conf, for "
            "example postgresql://heat:secret@localhost/heat."
        )
    return url


def not_migrated(found: str | None, wanted: str | None) -> Invalid:
    """Say that the database is of another version."""
    return Invalid(
        f"The database has schema version {found or 'none'}, and this Heat needs {wanted}; run "
        "`heat-manage db sync`."
    )


def encryption_keys(conf: cfg.ConfigOpts) -> list[str]:
    """Return the keys of secrets in the database, the one to encrypt with first."""
    keys: list[str] = conf.auth_encryption_key
    if not keys:
        raise Invalid(
            "No encryption key is configured; set auth_encryption_key in section [DEFAULT] of "
            "heat.conf to 32 random characters."
        )
    if any(len(key.encode()) not in (32, 44) for key in keys):
        raise Invalid(
            "A key of auth_encryption_key in section [DEFAULT] of heat.conf has neither 32 "
            "characters nor the 44 of a Fernet key; `openssl rand -hex 16` makes one."
        )
    return [_fernet(key) for key in keys]


def cloud_settings(conf: cfg.ConfigOpts) -> CloudSettings:
    """Return how to reach the cloud."""
    if conf.deferred_auth_method != "trusts":
        raise Invalid("Only deferred_auth_method = trusts is supported; set it in heat.conf.")
    auth_url = (
        conf.clients_keystone.auth_uri or _auth(conf, "auth_url") or os.environ.get("OS_AUTH_URL")
    )
    if not auth_url:
        raise Invalid(
            "The cloud is not configured; set auth_url in section [trustee] or "
            "[keystone_authtoken] of heat.conf."
        )
    return CloudSettings(
        auth_url=auth_url,
        trustee=_trustee(conf),
        stack_domain=_stack_domain(conf),
        stack_user_role=conf.heat_stack_user_role,
        region=conf.region_name_for_services,
        interface=clients.interface(conf.clients.endpoint_type),
        ca=conf.clients.ca_file,
        insecure=conf.clients.insecure,
        largest_answer=conf.max_cloud_answer_size,
        retries=conf.client_retry_limit,
        microversion_caps=clients.caps(conf),
        ways=clients.ways(conf),
        delegated_roles=tuple(conf.trusts_delegated_roles),
        allow_redelegation=conf.allow_trusts_redelegation,
    )


def engine_settings(conf: cfg.ConfigOpts) -> EngineSettings:
    """Return how an engine works."""
    return EngineSettings(
        lease_term=float(conf.engine_lease_term),
        scan_interval=float(conf.periodic_interval),
        action_retry_limit=conf.action_retry_limit,
        max_resources=conf.max_resources_per_stack,
        max_nested_depth=conf.max_nested_stack_depth,
        action_timeout=float(conf.stack_action_timeout),
        max_events=conf.max_events_per_stack,
        orphan_sweep_interval=float(conf.orphan_sweep_interval),
    )


def limits(conf: cfg.ConfigOpts) -> Limits:
    """Return what is allowed."""
    kept = conf.constraint_validation_cache
    return Limits(
        max_stacks_per_tenant=conf.max_stacks_per_tenant,
        max_resources_per_stack=conf.max_resources_per_stack,
        max_nested_stack_depth=conf.max_nested_stack_depth,
        max_template_size=conf.max_template_size,
        max_files_size=conf.max_json_body_size,
        stack_action_timeout=conf.stack_action_timeout,
        template_fetch_timeout=conf.template_fetch_timeout,
        template_url_allow_private=conf.template_url_allow_private,
        allowed_template_hosts=tuple(conf.allowed_template_hosts),
        max_snapshots_per_stack=conf.max_snapshots_per_stack,
        max_software_configs_per_tenant=conf.max_software_configs_per_tenant,
        max_software_deployments_per_tenant=conf.max_software_deployments_per_tenant,
        enable_stack_adopt=conf.enable_stack_adopt,
        enable_stack_abandon=conf.enable_stack_abandon,
        observe_on_update=conf.observe_on_update,
        hidden_stack_tags=tuple(conf.hidden_stack_tags),
        found_lasting=float(kept.expiration_time if kept.caching else 0),
    )


def limit_queries(conf: cfg.ConfigOpts) -> None:
    """Set the limits of queries in this process."""
    QUERIES.iterators = conf.yaql.limit_iterators
    QUERIES.memory = conf.yaql.memory_quota


def workers(given: int | None) -> int:
    """Return a number of processes: the given one, or one a core."""
    return given or os.cpu_count() or 1


def _fernet(key: str) -> str:
    # Upstream's keys are 32 plain characters; Fernet's are 32 bytes in base64.
    return urlsafe_b64encode(key.encode()).decode() if len(key.encode()) == 32 else key


def _auth(conf: cfg.ConfigOpts, name: str) -> str:
    """Read an option of the service user, from its own section or the middleware's."""
    sections: list[Any] = [conf.trustee, conf.keystone_authtoken]
    return next((found for found in (cast("str", s[name]) for s in sections) if found), "")


def _trustee(conf: cfg.ConfigOpts) -> Trustee | None:
    if not _auth(conf, "username"):
        return None
    if _auth(conf, "auth_type") not in ("", None, "password", "v3password"):
        raise Invalid(
            "The service user gets in with a password only; set auth_type = password in section "
            "[trustee] of heat.conf."
        )
    return Trustee(
        username=_auth(conf, "username"),
        password=_auth(conf, "password"),
        project_name=_auth(conf, "project_name") or "service",
        user_domain_id=_auth(conf, "user_domain_id"),
        user_domain_name=_auth(conf, "user_domain_name"),
        project_domain_id=_auth(conf, "project_domain_id"),
        project_domain_name=_auth(conf, "project_domain_name"),
    )


def _stack_domain(conf: cfg.ConfigOpts) -> StackDomain | None:
    domain = conf.stack_user_domain_id or conf.stack_user_domain_name
    given = [domain, conf.stack_domain_admin, conf.stack_domain_admin_password]
    if not any(given):
        _log.warning(
            "Resources get no users of their own: set stack_user_domain_id or "
            "stack_user_domain_name, stack_domain_admin and stack_domain_admin_password in section "
            "[DEFAULT] of heat.conf. Until then they are told things with tokens of the project."
        )
        return None
    if not all(given):
        raise Invalid(
            "Users of stacks need all three: stack_user_domain_id (or stack_user_domain_name), "
            "stack_domain_admin and stack_domain_admin_password, in section [DEFAULT] of heat.conf."
        )
    return StackDomain(
        domain_id=conf.stack_user_domain_id,
        domain_name=conf.stack_user_domain_name,
        admin=conf.stack_domain_admin,
        password=conf.stack_domain_admin_password,
    )
