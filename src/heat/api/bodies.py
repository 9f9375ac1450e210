"""The bodies of requests, as they may come; members that are not known are left aside."""

from typing import Annotated, Any

from msgspec import Meta, Struct

Flag = Annotated[bool | str | None, Meta(description="true or false")]


class Definition(Struct, kw_only=True):
    """What a stack is to be."""

    template: Annotated[
        str | dict[str, Any] | None, Meta(description="a map, or text in YAML or JSON")
    ] = None
    template_url: Annotated[
        str | None, Meta(description="where the service finds the template")
    ] = None
    files: Annotated[
        dict[str, Any] | None, Meta(description="texts that templates name, by their name")
    ] = None
    environment: Annotated[
        str | dict[str, Any] | None, Meta(description="a map, or text in YAML or JSON")
    ] = None
    environment_files: Annotated[
        list[str] | None, Meta(description="names of files that are environments, the last counts")
    ] = None
    files_container: Annotated[
        str | None, Meta(description="a container of object storage, with files")
    ] = None
    parameters: Annotated[
        dict[str, Any] | None, Meta(description="values that go before those of environments")
    ] = None


class Stack(Definition, kw_only=True):
    """What a stack is to be, and how it is run."""

    timeout_mins: Annotated[
        int | str | None, Meta(description="minutes an action may take; 0: as ever")
    ] = None
    disable_rollback: Flag = None
    tags: Annotated[
        str | list[str] | None, Meta(description="texts of at most 80 characters, with commas")
    ] = None


class NewStack(Stack, kw_only=True):
    """A new stack."""

    stack_name: Annotated[
        str, Meta(description="a letter, then letters, digits, '_', '.', '-'; at most 255")
    ]
    adopt_stack_data: Annotated[
        str | dict[str, Any] | None, Meta(description="an export, whose objects are taken over")
    ] = None


class ChangedStack(Stack, kw_only=True):
    """A new desired state."""

    existing: Annotated[Flag, Meta(description="leave as it is what is not sent")] = None
    clear_parameters: Annotated[
        list[str] | None, Meta(description="parameters whose values are forgotten")
    ] = None
    converge: Annotated[Flag, Meta(description="look at the live objects first")] = None


class NewSnapshot(Struct, kw_only=True):
    """A new snapshot."""

    name: str | None = None


class Mark(Struct, kw_only=True, forbid_unknown_fields=True):
    """Whether a resource is unhealthy."""

    mark_unhealthy: bool | str
    resource_status_reason: str | None = None


class Action(Struct, kw_only=True):
    """Exactly one of these; its value says nothing."""

    suspend: Any = None
    resume: Any = None
    check: Any = None
    cancel_update: Any = None
    cancel_without_rollback: Any = None


class Said(Struct, kw_only=True):
    """Whatever the resource understands, or the hook that is to be cleared."""

    unset_hook: str | None = None
