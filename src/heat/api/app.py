"""The application: a table of routes on Falcon, with the versions and the probe beside it."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import falcon

from heat.api import configs, faults, handlers, openapi, saved, stream
from heat.api.answering import Answer, send
from heat.api.asking import Asking, Call
from heat.api.entry import Methods, Negotiation, RequestIds, Sound
from heat.api.guard import OTHER_VERSION
from heat.api.open import Document, Probe, Versions
from heat.api.settings import ApiSettings
from heat.api.streams import Streams
from heat.operations.policy import Policy

Handler = Callable[[Asking], Answer]

_S = "/stacks/{stack_name}/{stack_id}"
_R = f"{_S}/resources/{{resource_name}}"

ROUTES: Mapping[str, Mapping[str, Handler]] = {
    "/stacks": {"GET": handlers.list_stacks, "POST": handlers.create_stack},
    "/stacks/preview": {"POST": handlers.preview_stack},
    "/stacks/detail": {"GET": handlers.detail_stacks},
    "/stacks/{stack_name}": dict.fromkeys(
        ("GET", "POST", "PUT", "PATCH", "DELETE"), handlers.look_up
    ),
    **{
        f"/stacks/{{stack_name}}/{subject}": dict.fromkeys(
            ("GET", "POST"), handlers.look_up_part(subject)
        )
        for subject in ("resources", "events", "template", "actions")
    },
    **{
        f"/stacks/{{stack_name}}/{subject}": {"GET": handlers.look_up_part(subject)}
        for subject in ("environment", "files", "outputs")
    },
    _S: {
        "GET": handlers.show_stack,
        "PUT": handlers.update_stack,
        "PATCH": handlers.patch_stack,
        "DELETE": handlers.delete_stack,
    },
    f"{_S}/preview": {"PUT": handlers.preview_update, "PATCH": handlers.preview_patch},
    f"{_S}/template": {"GET": handlers.show_template},
    f"{_S}/environment": {"GET": handlers.show_environment},
    f"{_S}/files": {"GET": handlers.show_files},
    f"{_S}/outputs": {"GET": handlers.list_outputs},
    f"{_S}/outputs/{{output_key}}": {"GET": handlers.show_output},
    f"{_S}/actions": {"POST": handlers.act},
    f"{_S}/resources": {"GET": handlers.list_resources},
    _R: {
        "GET": handlers.show_resource,
        "PATCH": saved.mark_unhealthy,
    },
    f"{_R}/metadata": {"GET": handlers.show_metadata},
    f"{_R}/signal": {"POST": handlers.signal_resource},
    f"{_R}/events": {"GET": handlers.list_events},
    f"{_R}/events/{{event_id}}": {"GET": handlers.show_event},
    f"{_S}/events": {"GET": stream.list_events},
    f"{_S}/abandon": {"DELETE": saved.abandon_stack},
    f"{_S}/export": {"GET": saved.export_stack},
    f"{_S}/snapshots": {"GET": saved.list_snapshots, "POST": saved.take_snapshot},
    f"{_S}/snapshots/{{snapshot_id}}": {
        "GET": saved.show_snapshot,
        "DELETE": saved.delete_snapshot,
    },
    f"{_S}/snapshots/{{snapshot_id}}/restore": {"POST": saved.restore_snapshot},
    "/validate": {"POST": handlers.validate},
    "/resource_types": {"GET": handlers.list_types},
    "/resource_types/{type_name}": {"GET": handlers.show_type},
    "/resource_types/{type_name}/template": {"GET": handlers.type_template},
    "/template_versions": {"GET": handlers.template_versions},
    "/template_versions/{template_version}/functions": {"GET": handlers.template_functions},
    "/build_info": {"GET": handlers.build_info},
    "/services": {"GET": handlers.list_services},
    "/software_configs": {"GET": configs.list_configs, "POST": configs.create_config},
    "/software_configs/{config_id}": {
        "GET": configs.show_config,
        "DELETE": configs.delete_config,
    },
    "/software_deployments": {
        "GET": configs.list_deployments,
        "POST": configs.create_deployment,
    },
    "/software_deployments/{deployment_id}": {
        "GET": configs.show_deployment,
        "PUT": configs.update_deployment,
        "DELETE": configs.delete_deployment,
    },
    "/software_deployments/metadata/{server_id}": {"GET": configs.server_metadata},
}
"""Every route below ``/v1/{tenant_id}``."""


def application(
    call: Call, settings: ApiSettings | None = None, streams: Streams | None = None
) -> "falcon.App[Any, Any]":
    """Return the WSGI application; ``call`` carries operations out."""
    settings = settings or ApiSettings()
    app: falcon.App[Any, Any] = falcon.App(
        middleware=[RequestIds(), Sound(), Negotiation(), Methods()]
    )
    app.req_options.strip_url_path_trailing_slash = True
    app.req_options.auto_parse_qs_csv = False
    faults.install(app)
    policy = Policy(settings.conf)
    streams = streams or Streams(settings.event_streams)

    def bind(handler: Handler) -> Callable[..., None]:
        def respond(
            _self: Any, request: falcon.Request, response: falcon.Response, **parts: str
        ) -> None:
            asking = Asking(
                request, parts, call=call, policy=policy, settings=settings, streams=streams
            )
            send(response, handler(asking))

        return respond

    for path, methods in ROUTES.items():
        responders = {f"on_{method.lower()}": bind(to) for method, to in methods.items()}
        responders["on_options"] = _options(methods)
        app.add_route(f"/v1/{{tenant_id}}{path}", type("Route", (), responders)())
    _add_arns(app, bind(handlers.look_up))
    for path in ("/", "/versions"):
        app.add_route(path, Versions(settings, falcon.HTTP_300))
    app.add_route("/v1", Versions(settings, falcon.HTTP_200))
    app.add_sink(Versions(settings, falcon.HTTP_300).on_any, OTHER_VERSION)
    app.add_route("/v1/openapi.json", Document(openapi.document(ROUTES, settings.revision)))
    app.add_route("/healthcheck", Probe())
    return app


def _options(methods: Iterable[str]) -> Callable[..., None]:
    allowed = ", ".join(sorted(methods))

    def respond(_self: Any, _request: Any, response: falcon.Response, **_parts: str) -> None:
        response.status = falcon.HTTP_204
        response.set_header("Allow", allowed)

    return respond


def _add_arns(app: "falcon.App[Any, Any]", respond: Callable[..., None]) -> None:
    """Find stacks by their ARN, which has slashes in it and so fits no route."""

    def sink(req: Any, resp: Any, **parts: Any) -> None:
        respond(None, req, resp, **parts)

    app.add_sink(sink, r"/v1/(?P<tenant_id>[^/]+)/stacks/(?P<stack_name>arn:openstack:heat:.+)")
