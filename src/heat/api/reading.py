"""From the strings and JSON of a request to typed values, with clear words when they don't fit."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar, get_args, get_origin

import falcon
import msgspec
from msgspec import Struct
from msgspec.structs import FieldInfo

from heat.api import bodies
from heat.api.described import Described
from heat.api.faults import bad_request
from heat.api.json_body import typed
from heat.operations.changes import CreateStack, UpdateStack

T = TypeVar("T", bound=Struct)
LARGEST = 2**31 - 1
"""Of numbers: a larger one asks for as many, and no database takes more."""


class Query:
    """The query string of a request."""

    def __init__(self, request: falcon.Request) -> None:
        self._params: Mapping[str, Any] = request.params

    def read(self, kind: type[T], **given: Any) -> T:
        """Return a request whose own fields are parameters of the query; others are given."""
        found: dict[str, Any] = dict(given)
        for field in Described(kind).parameters():
            if field.name not in found and (value := self._typed(field)) is not None:
                found[field.name] = value
        return kind(**found)

    def _typed(self, field: FieldInfo) -> Any:
        name, hint = field.name, field.type
        choices = [arg for arg in get_args(hint) if get_origin(arg) is Literal]
        if choices:
            return self.choice(name, *get_args(choices[0]))
        if get_origin(hint) is tuple:
            return self.words(name) or None
        if hint is bool:
            return self.flag(name, default=bool(field.default))
        if hint is int or int in get_args(hint):
            return self.count(name)
        return self.text(name)

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
            raise bad_request(f"{name} must be a non-negative integer, not {_short(text)}.")
        return int(text) if len(text) <= len(str(LARGEST)) and int(text) <= LARGEST else LARGEST

    def choice(self, name: str, *choices: str) -> str | None:
        """Return a value that must be one of a few."""
        text = self.text(name)
        if text is not None and text not in choices:
            raise bad_request(f"{name} must be one of {', '.join(choices)}, not {_short(text)}.")
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
            f'Unrecognized value "{str(value)[:80]}" for "{name}", '
            "acceptable values are: true, false"
        )
    return word == "true"


def create(given: Mapping[str, Any]) -> CreateStack:
    """Read the request for a new stack."""
    sent = _typed(given, bodies.NewStack)
    adopted = _adopted(sent.adopt_stack_data)
    if adopted is not None:
        sent = _with_adopted(sent, adopted)
    return CreateStack(
        **_content(sent),
        adopt=None if adopted is None else _map(adopted, "resources"),
        stack_name=sent.stack_name,
        timeout_mins=_minutes(sent.timeout_mins),
        disable_rollback=_flag("disable_rollback", sent.disable_rollback) is not False,
        tags=_tags(sent.tags) or (),
    )


def update(given: Mapping[str, Any], *, name: str, stack: str, existing: bool) -> UpdateStack:
    """Read the request for a changed stack."""
    sent = _typed(given, bodies.ChangedStack)
    existing = existing or _flag("existing", sent.existing) is True
    return UpdateStack(
        **_content(sent, needs_template=not existing),
        converge=_flag("converge", sent.converge),
        name=name,
        stack=stack,
        existing=existing,
        clear_parameters=tuple(sent.clear_parameters or ()),
        timeout_mins=_minutes(sent.timeout_mins),
        disable_rollback=_flag("disable_rollback", sent.disable_rollback),
        tags=_tags(sent.tags),
    )


def definition(given: Mapping[str, Any]) -> dict[str, Any]:
    """Read the parts that make a definition."""
    return _content(_typed(given, bodies.Definition))


_NOTHING: Mapping[str, tuple[Any, ...]] = {
    "files": ("", []),
    "environment": ("",),
    "parameters": ("", []),
}


def _typed(given: Mapping[str, Any], kind: type[T]) -> T:
    # Clients send these for a map that holds nothing.
    kept = {k: v for k, v in given.items() if v not in _NOTHING.get(k, ())}
    return typed(kept, kind)


def _flag(name: str, value: bool | str | None) -> bool | None:
    return None if value is None else flag(name, value)


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


def _with_adopted(sent: bodies.NewStack, adopted: dict[str, Any]) -> bodies.NewStack:
    """Return a request with the definition of an export below what the request says itself."""
    environment = _map(adopted, "environment")
    return msgspec.structs.replace(
        sent,
        template=adopted["template"],
        files={**_map(adopted, "files"), **(sent.files or {})},
        environment=sent.environment or environment,
        parameters={**_map(environment, "parameters"), **(sent.parameters or {})},
    )


def _content(sent: bodies.Definition, *, needs_template: bool = True) -> dict[str, Any]:
    template = None if sent.template in (None, "", {}) else sent.template
    if template is None and needs_template and not sent.template_url:
        raise bad_request(
            "No template specified: give one, with its version, in template or template_url."
        )
    return {
        "template": template,
        "template_url": sent.template_url or "",
        "files": {name: _file(name, text) for name, text in (sent.files or {}).items()},
        "files_container": sent.files_container or "",
        "environment": sent.environment,
        "environment_files": tuple(sent.environment_files or ()),
        "parameters": sent.parameters or {},
    }


def _map(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = given.get(name)
    if value in (None, "", []):
        return {}
    if not isinstance(value, dict):
        raise bad_request(f"{name} of adopt_stack_data must be a map.")
    return value


def _file(name: str, text: Any) -> str:
    if isinstance(text, str):
        return text
    if isinstance(text, dict | list):
        return msgspec.json.encode(text).decode()
    raise bad_request(f"The file {_short(name)} must be text.")


_LONGEST = 60 * 24 * 366 * 10  # minutes: ten years, which is as good as for ever


def _minutes(value: int | str | None) -> int | None:
    if value is None or value in (0, "0", ""):
        return None
    text = str(value)
    if not (text.isascii() and text.isdecimal()):
        raise bad_request(f"timeout_mins must be a positive integer, not {_short(text)}.")
    if len(text) > 10 or int(text) > _LONGEST:
        raise bad_request(f"timeout_mins must be at most {_LONGEST}.")
    return int(text) or None


def _tags(value: str | Sequence[str] | None) -> tuple[str, ...] | None:
    """Leave out empty ones: Terraform sends as many of them before its own."""
    if value is None:
        return None
    tags = value.split(",") if isinstance(value, str) else value
    return tuple(tag.strip() for tag in tags if tag.strip())


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:80]}...")
