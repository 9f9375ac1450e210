"""Options of heat.conf that operators know and that change nothing here: each is told once."""

import logging

from oslo_config import cfg

from heat.main import clients

_log = logging.getLogger(__name__)

_CACHE = ("caching", "expiration_time")
_CLIENT = ("cert_file", "key_file", "http_log_debug")
UNHEEDED = {
    "DEFAULT": (
        "plugin_dirs", "environment_dir", "template_dir", "reauthentication_auth_method",
        "max_server_name_length", "max_interface_check_attempts",
        "max_ironic_api_microversion", "event_purge_batch_size",
        "error_wait_time", "engine_life_check_timeout",
        "convergence_engine", "default_software_config_transport",
        "default_deployment_signal_transport", "default_user_data_format", "stack_scheduler_hints",
        "metadata_put_timeout", "heat_metadata_server_url", "heat_waitcondition_server_url",
        "instance_connection_is_secure", "instance_connection_https_validate_certificates",
        "region_name_for_shared_services", "shared_services_types",
        "server_keystone_endpoint_type", "keystone_backend", "cloud_backend",
        "loadbalancer_template",
    ),
    "service_extension_cache": _CACHE,
    "resource_finder_cache": _CACHE,
    "paste_deploy": ("api_paste_config",),
    "auth_password": ("multi_cloud", "allowed_auth_uris"),
    "volumes": ("backups_enabled",),
    "noauth": ("token_response",),
    "clients": ("cert_file", "key_file"),
    "trustee": ("auth_section", "default_domain_id", "default_domain_name"),
    **dict.fromkeys(clients.GROUPS, _CLIENT),
    "clients_heat": (*_CLIENT, "url"),
}  # fmt: skip


def tell(conf: cfg.ConfigOpts) -> None:
    """Warn of each of these options that a file sets; those that some part registers count."""
    # Read beside the others, so that whoever registers one of the names later may do so.
    beside = cfg.ConfigOpts()
    files, folders = conf.config_file, conf.config_dir
    beside([], project="heat", default_config_files=files, default_config_dirs=folders)
    for group, names in UNHEEDED.items():
        for name in names:
            if _is_known(conf, group, name):
                continue
            option, where = cfg.StrOpt(name), None if group == "DEFAULT" else group
            beside.register_opt(option, where)
            if (beside if where is None else beside[where])[name] is not None:
                _log.warning("%s in section [%s] of heat.conf changes nothing here.", name, group)


def _is_known(conf: cfg.ConfigOpts, group: str, name: str) -> bool:
    if group == "DEFAULT":
        return name in conf
    return group in conf and name in conf[group]
