"""From the strings and JSON of a request to typed values, with clear words when they don't fit."""

from collections.abc import Mapping
from typing import Any

import falcon
import msgspec

from heat.api.faults import bad_request, not_json
from heat.base.errors import Invalid
from heat.operations.changes import CreateStack, UpdateStack
from heat.operations.content import Content


class Query:
    """The query string of a request."""

    def __init__(self, request: falcon.Request) -> None:
        self._params: Mapping[str, Any] = request.params

    def text(self, name: str) -> str | None:
        """Return a value, the last of several; None when there is none."""
        values = self.texts(name)
        return values[-1] if values else None

    def texts(self, name: str) -> list[str]:
        """Return all values of a name."""
        value = self._params.get(name, [])
        return [value] if isinstance(value, str) else list(value)

    def words(self, name: str) -> tuple[str, ...]:
        """Return all values of a name, each of them split at its commas."""
        return tuple(word for text in self.texts(name) for word in text.split(",") if word)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return whether something is switched on."""
        text = self.text(name)
        return default if text is None else flag(name, text)

    def count(self, name: str) -> int | None:
        """Return a number of things."""
        text = self.text(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdecimal()):
            raise bad_request(f"{name} must be a non-negative integer, not {text!r}.")
        return int(text)

    def choice(self, name: str, *choices: str) -> str | None:
        """Return a value that must be one of a few."""
        text = self.text(name)
        if text is not None and text not in choices:
            raise bad_request(f"{name} must be one of {', '.join(choices)}, not {text!r}.")
        return text

    def among(self, *names: str) -> dict[str, list[str]]:
        """Return those of the names that have values."""
        return {name: values for name in names if (values := self.texts(name))}

    def only(self, *names: str) -> None:
        """Refuse any other name."""
        if unknown := [name for name in self._params if name not in names]:
            raise bad_request(f"Invalid parameters {', '.join(sorted(unknown))}")


def flag(name: str, value: Any) -> bool:
    """Read true or false."""
    word = str(value).strip().lower()
    if word not in ("true", "false"):
        raise bad_request(
            f'Unrecognized value "{value}" for "{name}", acceptable values are: true, false'
        )
    return word == "true"


def body(request: falcon.Request, limit: int) -> dict[str, Any]:
    """Return the JSON object that was sent; {} when there is none."""
    length = request.content_length
    if length is not None and length > limit:
        raise _too_large(limit)
    text: bytes = request.bounded_stream.read(limit + 1)
    if len(text) > limit:
        raise _too_large(limit)
    if not text.strip():
        return {}
    try:
        decoded = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise not_json(text) from None
    if decoded is None:
        return {}
    if not isinstance(decoded, dict):
        raise bad_request("The body of the request must be a JSON object.")
    return decoded


def _too_large(limit: int) -> Invalid:
    return Invalid(
        f"The request is larger than the {limit} bytes allowed.", kind="RequestLimitExceeded"
    )


def create(given: Mapping[str, Any]) -> CreateStack:
    """Read the request for a new stack."""
    name = given.get("stack_name")
    if not isinstance(name, str) or not name:
        raise bad_request("No stack name specified: give it in stack_name.")
    rollback = given.get("disable_rollback")
    adopted = _adopted(given.get("adopt_stack_data"))
    return CreateStack(
        **_content(_with_adopted(given, adopted)),
        adopt=None if adopted is None else _map(adopted, "resources"),
        stack_name=name,
        timeout_mins=_minutes(given.get("timeout_mins")),
        disable_rollback=True if rollback is None else flag("disable_rollback", rollback),
        tags=_tags(given.get("tags")) or (),
    )


def update(given: Mapping[str, Any], *, name: str, stack: str, existing: bool) -> UpdateStack:
    """Read the request for a changed stack."""
    if not existing and given.get("existing") is not None:
        existing = flag("existing", given["existing"])
    rollback = given.get("disable_rollback")
    converge = given.get("converge")
    return UpdateStack(
        converge=None if converge is None else flag("converge", converge),
        **_content(given, needs_template=not existing),
        name=name,
        stack=stack,
        existing=existing,
        clear_parameters=_texts(given, "clear_parameters"),
        timeout_mins=_minutes(given.get("timeout_mins")),
        disable_rollback=None if rollback is None else flag("disable_rollback", rollback),
        tags=_tags(given.get("tags")),
    )


def _adopted(given: Any) -> dict[str, Any] | None:
    """Read an export, which is JSON text or a map."""
    if given in (None, "", {}):
        return None
    if isinstance(given, str):
        try:
            given = msgspec.json.decode(given)
        except (msgspec.DecodeError, RecursionError):
            raise bad_request("adopt_stack_data is not JSON: send what an export gave.") from None
    if not isinstance(given, dict) or not isinstance(given.get("template"), dict):
        raise bad_request("adopt_stack_data must be a map with a template: what an export gave.")
    return given


def _with_adopted(given: Mapping[str, Any], adopted: dict[str, Any] | None) -> Mapping[str, Any]:
    """Return a request with the definition of an export below what the request says itself."""
    if adopted is None:
        return given
    environment = _map(adopted, "environment")
    return {
        **given,
        "template": adopted["template"],
        "files": {**_map(adopted, "files"), **_map(given, "files")},
        "environment": given.get("environment") or environment,
        "parameters": {**_map(environment, "parameters"), **_map(given, "parameters")},
    }


def content(given: Mapping[str, Any], kind: type[Content], **more: Any) -> Any:
    """Read the parts that make a definition."""
    return kind(**_content(given), **more)


def _content(given: Mapping[str, Any], *, needs_template: bool = True) -> dict[str, Any]:
    template = given.get("template")
    if given.get("files_container"):
        raise Invalid("files_container is not supported: send files.", kind="NotSupported")
    if template in (None, "", {}):
        template = None
        if needs_template and not given.get("template_url"):
            raise bad_request(
                "No template specified: give one, with its version, in template or template_url."
            )
    if template is not None and not isinstance(template, str | dict):
        raise bad_request("template must be a map or text.")
    url = given.get("template_url") or ""
    if not isinstance(url, str):
        raise bad_request("template_url must be text.")
    environment = given.get("environment")
    if environment is not None and not isinstance(environment, str | dict):
        raise bad_request("environment must be a map or text.")
    return {
        "template": template,
        "template_url": url,
        "files": {name: _file(name, text) for name, text in _map(given, "files").items()},
        "environment": environment,
        "environment_files": _texts(given, "environment_files"),
        "parameters": _map(given, "parameters"),
    }


def _map(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = given.get(name)
    if value in (None, "", []):
        return {}
    if not isinstance(value, dict):
        raise bad_request(f"{name} must be a map.")
    return value


def _file(name: str, text: Any) -> str:
    if isinstance(text, str):
        return text
    if isinstance(text, dict | list):
        return msgspec.json.encode(text).decode()
    raise bad_request(f"The file {name} must be text.")


def _texts(given: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = given.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise bad_request(f"{name} must be a list of texts.")
    return tuple(value)


def _minutes(value: Any) -> int | None:
    if value is None or (not isinstance(value, bool) and value in (0, "0", "")):
        return None
    text = str(value)
    if isinstance(value, bool | float) or not (text.isascii() and text.isdecimal()):
        raise bad_request(f"timeout_mins must be a positive integer, not {value!r}.")
    return int(text)


def _tags(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, str):
        return tuple(tag.strip() for tag in value.split(",")) if value else ()
    if isinstance(value, list) and all(isinstance(tag, str) for tag in value):
        return tuple(value)
    raise bad_request("tags must be a text, the tags separated by commas.")
