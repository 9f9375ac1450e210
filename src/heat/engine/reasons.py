"""The words in which a failure reaches the user: its type, the leaf resource, what was said."""

from heat.base.errors import CloudFault, Fault

_BY_STATUS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    413: "OverLimit",
    429: "OverLimit",
    500: "InternalServerError",
    503: "ServiceUnavailable",
}
_OWN_KINDS = ("CloudUnavailable", "CloudRefused", "Fault")


class VerbFailed(Fault):
    """A resource type says that its object came to no good."""

    kind = "ResourceFailure"


def of(name: str, error: BaseException) -> str:
    """Return the reason of a failed resource: ``<type>: resources.<name>: <what was said>``.

    What was said of a resource in its nested stack goes on with the path.
    """
    own, text = f"resources[{name}]" if name.isdigit() else f"resources.{name}", said(error)
    inner = text.startswith(("resources.", "resources["))
    return f"{kind(error)}: {own}{'.' if inner else ': '}{text}"


def kind(error: BaseException) -> str:
    """Name the type of an error as clients know it."""
    if isinstance(error, CloudFault) and error.kind in _OWN_KINDS:
        return _BY_STATUS.get(error.status, error.kind)
    return error.kind if isinstance(error, Fault) else type(error).__name__


def said(error: BaseException) -> str:
    """Return what the error says, with the service and request that it is about."""
    if isinstance(error, CloudFault) and error.request:
        return f"{error} [{error.service}: {error.request}]"
    return str(error) or type(error).__name__
