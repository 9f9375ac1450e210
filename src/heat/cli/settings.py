"""Which cloud a command speaks to, and as whom: clouds.yaml and the OS_* variables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heat.cli.failures import NoAccess

AUTH_NAMES = (
    "auth_url",
    "username",
    "user_id",
    "user_domain_name",
    "user_domain_id",
    "password",
    "token",
    "project_name",
    "project_id",
    "project_domain_name",
    "project_domain_id",
    "domain_name",
    "domain_id",
    "system_scope",
    "trust_id",
    "application_credential_id",
    "application_credential_name",
    "application_credential_secret",
)


@dataclass(frozen=True)
class CloudSettings:
    """How to reach a cloud; ``auth`` has keystone's own names."""

    auth: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    auth_type: str = ""
    region: str = ""
    interface: str = "public"
    heat_url: str = ""
    cacert: str | None = None
    verify: bool = True
    certificate: tuple[str, str | None] | None = None


def read_settings(
    environ: Mapping[str, str], cloud: str | None = None, heat_url: str | None = None
) -> CloudSettings:
    """Read the settings; raises NoAccess with what is missing."""
    cloud = cloud or environ.get("OS_CLOUD") or None
    heat_url = heat_url or environ.get("OS_HEAT_URL") or ""
    if cloud is None and not (environ.get("OS_AUTH_URL") or (heat_url and environ.get("OS_TOKEN"))):
        cloud = _only_cloud(environ)
    raw = _from_file(cloud, environ) if cloud else _from_environ(environ)
    auth = {key: str(value) for key, value in (raw.get("auth") or {}).items() if value is not None}
    certificate = (str(raw["cert"]), raw.get("key")) if raw.get("cert") else None
    verify = raw.get("verify", True)
    return CloudSettings(
        auth=auth,
        auth_type=str(raw.get("auth_type") or ""),
        region=environ.get("OS_REGION_NAME") or str(raw.get("region_name") or ""),
        interface=str(raw.get("interface") or "public").removesuffix("URL"),
        heat_url=heat_url or str(raw.get("orchestration_endpoint_override") or ""),
        cacert=environ.get("OS_CACERT") or raw.get("cacert"),
        verify=str(verify).lower() not in ("false", "0", "no"),
        certificate=certificate,
    )


def known_clouds(environ: Mapping[str, str]) -> list[str]:
    """Return the names of the clouds of clouds.yaml."""
    return sorted(_clouds(environ)[0])


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    auth = {
        name: environ[f"OS_{name.upper()}"]
        for name in AUTH_NAMES
        if environ.get(f"OS_{name.upper()}")
    }
    for new, old in (("project_name", "OS_TENANT_NAME"), ("project_id", "OS_TENANT_ID")):
        if environ.get(old):
            auth.setdefault(new, environ[old])
    if default := environ.get("OS_DEFAULT_DOMAIN"):
        auth.setdefault("user_domain_name", default)
        auth.setdefault("project_domain_name", default)
    return {
        "auth": auth,
        "auth_type": environ.get("OS_AUTH_TYPE", ""),
        "interface": environ.get("OS_INTERFACE") or environ.get("OS_ENDPOINT_TYPE"),
        "cert": environ.get("OS_CERT"),
        "key": environ.get("OS_KEY"),
        "verify": environ.get("OS_INSECURE", "").lower() not in ("true", "1", "yes"),
    }


def _from_file(cloud: str, environ: Mapping[str, str]) -> dict[str, Any]:
    clouds, looked = _clouds(environ)
    if cloud not in clouds:
        if not clouds:
            places = ", ".join(str(path) for path in looked)
            raise NoAccess(
                f"there is no clouds.yaml with the cloud {cloud!r}", f"looked at {places}"
            )
        from heat.base.problems import did_you_mean

        known = f"the clouds are {', '.join(sorted(clouds))}"
        cure = did_you_mean(cloud, clouds) or known
        raise NoAccess(f"clouds.yaml has no cloud {cloud!r}", cure)
    return clouds[cloud]


def _only_cloud(environ: Mapping[str, str]) -> str:
    clouds, _ = _clouds(environ)
    if len(clouds) == 1:
        return next(iter(clouds))
    cure = "give --os-cloud NAME, or set OS_CLOUD, or OS_AUTH_URL and the other OS_* variables"
    if clouds:
        cure += f"; the clouds of clouds.yaml are {', '.join(sorted(clouds))}"
    raise NoAccess("no cloud was named", cure)


def _clouds(environ: Mapping[str, str]) -> tuple[dict[str, dict[str, Any]], list[Path]]:
    """Read the first clouds.yaml there is, with the passwords of secure.yaml beside it."""
    looked: list[Path] = []
    for path in _places(environ):
        looked.append(path)
        if not path.is_file():
            continue
        clouds = _read(path)
        secret = path.with_name("secure" + path.suffix)
        if secret.is_file():
            clouds = _overlaid(clouds, _read(secret))
        return clouds, looked
    return {}, looked


def _places(environ: Mapping[str, str]) -> Iterator[Path]:
    if named := environ.get("OS_CLIENT_CONFIG_FILE"):
        yield Path(named)
    config = environ.get("XDG_CONFIG_HOME")
    home = Path(config) if config else Path(environ.get("HOME") or "~").expanduser() / ".config"
    for folder in (Path(), home / "openstack", Path("/etc/openstack")):
        yield folder / "clouds.yaml"
        yield folder / "clouds.yml"


def _read(path: Path) -> dict[str, dict[str, Any]]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe one
    except (OSError, ValueError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        words = getattr(error, "problem", None) or getattr(error, "strerror", None)
        raise NoAccess(f"{where} can't be read: {words or 'it is no YAML'}") from None
    clouds = raw.get("clouds") if isinstance(raw, dict) else None
    if not isinstance(clouds, dict):
        raise NoAccess(f"{path} has no map of clouds", "see openstacksdk's page on clouds.yaml")
    return {str(name): cloud for name, cloud in clouds.items() if isinstance(cloud, dict)}


def _overlaid(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    found = dict(below)
    for key, value in above.items():
        under = found.get(key)
        if isinstance(under, dict) and isinstance(value, dict):
            value = _overlaid(under, value)  # noqa: PLW2901 - the merged one takes its place
        found[key] = value
    return found
