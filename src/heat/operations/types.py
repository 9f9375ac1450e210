"""What this service knows: resource types, template versions and functions, and who runs it."""

from datetime import timedelta
from typing import Any

from msgspec import Struct

from heat.base.errors import Fault, Invalid, NotFound
from heat.base.problems import did_you_mean
from heat.operations import views
from heat.operations.checks import services_of
from heat.operations.context import Context
from heat.operations.services import Services
from heat.operations.stacks import not_supported
from heat.operations.type_templates import cfn_template, hot_template
from heat.plugin.describe import describe
from heat.store import services as engines
from heat.template.patterns import compile_pattern
from heat.template.render import find_version, list_functions, list_versions

STATUSES = ("UNKNOWN", "SUPPORTED", "DEPRECATED", "UNSUPPORTED", "HIDDEN")


class ListTypes(Struct, frozen=True, kw_only=True):
    """Which types to list."""

    name: str | None = None
    version: str | None = None
    support_status: str | None = None
    with_description: bool = False


class OfType(Struct, frozen=True, kw_only=True):
    """A resource type."""

    type: str


class TypeTemplate(OfType, frozen=True, kw_only=True):
    """A resource type, and the dialect of the template to make for it."""

    template_type: str = "cfn"


class OfVersion(Struct, frozen=True, kw_only=True):
    """A template version."""

    version: str
    with_condition_func: bool = False


class Nothing(Struct, frozen=True):
    """A request that says nothing more."""


def list_types(services: Services, context: Context, request: ListTypes) -> dict[str, Any]:
    """Return the names of the types that the caller may use."""
    wanted = request.support_status
    if wanted is not None and wanted not in STATUSES:
        raise Invalid(
            f"Invalid support_status {wanted!r}: use one of {', '.join(STATUSES)}.",
            kind="HTTPBadRequest",
        )
    try:
        pattern = compile_pattern(request.name or "")
        names = [name for name in sorted(services.types) if pattern.match(name)]
    except ValueError:
        return {"resource_types": []}
    offered: frozenset[str] | None = None
    if services.client is not None:
        try:
            offered = services_of(services, context)
        except Fault:
            offered = None  # a list is of use even while the cloud does not answer
    found = [
        (name, services.types[name])
        for name in names
        if _listed(services, context, name, request, offered)
    ]
    if request.with_description:
        listed: list[Any] = [
            {"resource_type": name, "description": (cls.__doc__ or "").strip()}
            for name, cls in found
        ]
    else:
        listed = [name for name, _ in found]
    return {"resource_types": listed}


def _listed(
    services: Services,
    context: Context,
    name: str,
    request: ListTypes,
    offered: frozenset[str] | None,
) -> bool:
    facts = services.types[name].__facts__
    status = facts.support.get("status", "SUPPORTED")
    if status == "HIDDEN" or not services.policy.allows_type(name, context, admin=facts.admin):
        return False
    if request.support_status is not None and status != request.support_status:
        return False
    if request.version is not None and facts.support.get("version") != request.version:
        return False
    return offered is None or facts.service is None or facts.service in offered


def show_type(services: Services, _context: Context, request: OfType) -> dict[str, Any]:
    """Return the schema of a type."""
    cls = services.types.get(request.type)
    if cls is None:
        hint = did_you_mean(request.type, services.types)
        raise NotFound(
            f"The Resource Type ({request.type}) could not be found." + (f" {hint}" if hint else "")
        )
    if cls.__facts__.support.get("status") == "HIDDEN":
        raise not_supported(f"The Resource Type ({request.type})")
    return describe(cls)


def type_template(services: Services, context: Context, request: TypeTemplate) -> dict[str, Any]:
    """Make a template of one resource of a type."""
    if request.template_type not in ("cfn", "hot"):
        raise Invalid(
            f"Template type {request.template_type!r} is not known: use cfn or hot.",
            kind="HTTPBadRequest",
        )
    show_type(services, context, request)
    cls = services.types[request.type]
    return hot_template(cls) if request.template_type == "hot" else cfn_template(cls)


def template_versions(_services: Services, _context: Context, _request: Nothing) -> dict[str, Any]:
    """Return the template versions."""
    return {"template_versions": list_versions()}


def template_functions(
    _services: Services, _context: Context, request: OfVersion
) -> dict[str, Any]:
    """Return the functions of a template version."""
    version = find_version(request.version)
    if version is None:
        raise NotFound(f"The Template version ({request.version}) could not be found.")
    listed = list_functions(version, with_conditions=request.with_condition_func)
    return {"template_functions": listed}


def build_info(services: Services, _context: Context, _request: Nothing) -> dict[str, Any]:
    """Return what this engine was built from."""
    return {"revision": services.revision}


def list_services(services: Services, _context: Context, _request: Nothing) -> dict[str, Any]:
    """Return the engines, and whether each is alive."""
    now = services.db.now()
    listed: list[dict[str, Any]] = []
    for row in engines.listing(services.db):
        late = now - row.updated_at > timedelta(seconds=2 * row.report_interval)
        listed.append(
            {
                "id": row.id,
                "host": row.host,
                "hostname": row.host,
                "binary": row.binary,
                "topic": "engine",
                "engine_id": row.engine,
                "report_interval": row.report_interval,
                "created_at": views.moment(row.created_at),
                "updated_at": views.moment(row.updated_at),
                "deleted_at": None,
                "status": "down" if late else "up",
            }
        )
    return {"services": listed}
