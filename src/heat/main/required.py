"""What heat.conf must say before a process starts: all that is missing is told at once."""

from collections.abc import Callable

from keystoneauth1.loading import conf as loading
from oslo_config import cfg

from heat.base.errors import Invalid
from heat.main import settings
from heat.operations.policy import Policy

PASSWORD = (None, "", "password", "v3password")


def check_api(conf: cfg.ConfigOpts) -> None:
    """Raise Invalid for what an API can't do without."""
    _check(conf, tokens, message_bus, Policy)


def check_engine(conf: cfg.ConfigOpts) -> None:
    """Raise Invalid for what an engine can't do without."""
    _check(
        conf, settings.database_url, settings.encryption_keys, settings.cloud_settings, message_bus
    )


def tokens(conf: cfg.ConfigOpts) -> None:
    """Raise Invalid if nobody could tell whose a token is."""
    section = loading.get_common_conf_options()[1]
    conf.register_opt(section, "keystone_authtoken")
    found = conf.keystone_authtoken
    if found.auth_url or found.auth_section or found.auth_type not in PASSWORD:
        return
    raise Invalid(
        "Tokens can't be checked; set auth_url, and the service user's username, password and "
        "project_name, in section [keystone_authtoken] of heat.conf."
    )


def message_bus(conf: cfg.ConfigOpts) -> None:
    """Raise Invalid if API and engines could not find each other."""
    from heat.main import bus

    if not bus.address(conf):
        raise Invalid(
            "No message bus is configured; set transport_url in section [DEFAULT] of heat.conf, "
            "for example rabbit://heat:secret@localhost:5672/."
        )


def _check(conf: cfg.ConfigOpts, *readers: Callable[[cfg.ConfigOpts], object]) -> None:
    missing: list[str] = []
    for read in readers:
        try:
            read(conf)
        except Invalid as invalid:
            missing.append(str(invalid))
    if missing:
        raise Invalid("\n  ".join(missing))
