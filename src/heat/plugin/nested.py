"""Types whose object is a stack of its own, and the type that a template file makes."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

from heat.base.json import Json, walk
from heat.base.problems import Problem
from heat.plugin.fields import REQUIRED, Attribute, mutable, plain
from heat.plugin.registry import resource
from heat.plugin.resource import Resource
from heat.plugin.steps import Inside, Keep, Nest, Steps
from heat.template.model import Template

MEMBER = "resource."
STACK_ID = "OS::stack_id"
TEMPLATE_TYPE = "heat.template"
"""What a type that is a template file is recorded as; no template can name it."""

_EMPTY: Mapping[str, Json] = {"json": {}, "comma_delimited_list": []}
_TYPES: Mapping[str, Any] = {"string": str, "boolean": bool, "number": float}


class Nested(Resource):
    """A type whose object is a nested stack: any engine drives it, its members decide."""

    nests: ClassVar[bool] = True
    address: ClassVar[str] = ""
    """The field with the address of the template, of a type that has one."""
    alike: ClassVar[str] = ""
    """The field that says what every member is, of a type that makes them all alike."""

    def child(self, action: str) -> Nest:
        """Return what the nested stack should be, as the step that makes it so."""
        raise NotImplementedError

    def foreseen(self) -> Nest | None:
        """Return the same while values may still be Unknown; None when it can't be told."""
        return self.child("CREATE")

    def foreseen_among(self, refs: Mapping[str, Json]) -> Nest | None:
        """Return the same for a nested stack that has members, by name their reference ids."""
        return self.foreseen()

    @property
    def facade(self) -> Mapping[str, Any]:
        """What ``resource_facade`` shows inside the nested stack."""
        here = self.__here__
        return {
            "metadata": here.metadata,
            "deletion_policy": here.deletion_policy,
            "update_policy": here.update_policy,
        }

    def create(self) -> Steps[str | None]:
        """Launch the nested stack."""
        reply = yield self.child("CREATE")
        item = str(reply["id"])
        yield from self._keep_reference(item)
        return item

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Bring the nested stack to what it should be."""
        yield self.child("UPDATE")
        yield from self._keep_reference(item)

    def delete(self, item: str) -> Steps[None]:
        """Delete the nested stack."""
        yield Nest("DELETE")

    def suspend(self, item: str) -> Steps[None]:
        """Suspend the nested stack."""
        yield Nest("SUSPEND")

    def resume(self, item: str) -> Steps[None]:
        """Resume the nested stack."""
        yield Nest("RESUME")

    def check(self, item: str) -> Steps[None]:
        """Check the nested stack."""
        yield Nest("CHECK")

    def changed_outside(self) -> bool:
        """Leave it to the members, at every update, whether anything changes."""
        return True

    def referred(self, item: str) -> Json:
        """Return what the template says, else the nested stack's ARN."""
        here = self.__here__
        arn = f"arn:openstack:heat::{here.project}:stacks/{here.name}/{item}"
        return here.data.get("reference", arn)  # type: ignore[no-any-return]

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Return outputs, and reference ids and attributes of members."""
        asked = {name: _member_attribute(name) for name in names if name.startswith(MEMBER)}
        wanted = {attribute for _, attribute in asked.values() if attribute}
        inside = yield Inside(item, len(asked) < len(names), tuple(sorted(wanted)))
        found: dict[str, Json] = {
            name: inside["outputs"][name] for name in names if name in inside["outputs"]
        }
        for name, (member, attribute) in asked.items():
            values = inside["attributes"].get(attribute, {}) if attribute else inside["refs"]
            if member in values:
                found[name] = values[member]
        return found

    @classmethod
    def asked(cls, attribute: str, first: str | None) -> str:
        """Name a member's attribute as one: ``resource.MEMBER/ATTRIBUTE``."""
        if not attribute.startswith(MEMBER):
            return attribute
        member, inner = _member_attribute(attribute)
        inner = inner or (first or "")
        return f"{MEMBER}{member}/{inner}" if inner else attribute

    @classmethod
    def of_each_member(cls, attribute: str, first: str | None) -> str | None:
        """Return what every member must have for a use of this attribute; None for nothing."""
        return None

    @classmethod
    def look(cls, shown: Mapping[str, Any], attribute: str, path: Sequence[Json]) -> Any:
        """Find an output, or a member's attribute."""
        if not attribute.startswith(MEMBER):
            return walk(shown[attribute], path)
        member, inner = _member_attribute(attribute)
        steps = [inner, *path] if inner else list(path)
        if not steps:
            return shown[attribute]
        return walk(shown[f"{MEMBER}{member}/{steps[0]}"], steps[1:])

    def _keep_reference(self, item: str) -> Steps[None]:
        if STACK_ID in self.__attributes__:
            inside = yield Inside(item, outputs=True)
            if STACK_ID in inside["outputs"]:
                said = inside["outputs"][STACK_ID]
                yield Keep({**self.__here__.data, "reference": said})


def _member_attribute(name: str) -> tuple[str, str]:
    """Split ``resource.MEMBER/ATTRIBUTE`` or ``resource.MEMBER.ATTRIBUTE``."""
    text = name.removeprefix(MEMBER)
    member, _, attribute = text.partition("/" if "/" in text else ".")
    return member, attribute


@resource(TEMPLATE_TYPE, support={"status": "HIDDEN"})
class TemplateResource(Nested):
    """A resource whose type is a template; ``provider`` makes the class of each such type."""

    anything = True

    source: ClassVar[str] = ""
    template: ClassVar[Template | None] = None
    flaws: ClassVar[tuple[Problem, ...]] = ()
    """Why the template does not do as a type, with places in it."""

    def child(self, action: str) -> Nest:
        """Give the properties to the template as parameters."""
        given = plain(self)
        parameters = given if isinstance(given, dict) else {}
        schemas = self.template.parameters if self.template else {}
        for name in [name for name, value in parameters.items() if value is None]:
            # Null is a value here: the empty one. A parameter would take it for none at all.
            parameters[name] = _EMPTY.get(schemas[name].type, [])
        return Nest(action, source=self.source, parameters=parameters, facade=self.facade)


def provider(source: str, template: Template, given: Iterable[str] = ()) -> type[TemplateResource]:
    """Return the type that a template is: its parameters are properties, its outputs attributes.

    ``given`` names parameters that have a value even when the resource gives none.
    """
    body: dict[str, Any] = {"__annotations__": {}, "__doc__": template.description}
    defaults = frozenset(given)
    for number, (name, schema) in enumerate(template.parameters.items()):
        optional = schema.default is not None or name in defaults
        kind = _TYPES.get(schema.type, Any)
        body["__annotations__"][f"p{number}"] = (
            kind | None if optional and kind is not Any else kind
        )
        body[f"p{number}"] = mutable(
            schema.description or f"The parameter {name}.",
            named=name,
            secret=schema.hidden,
            default=None if optional else REQUIRED,
        )
    cls: Any = type("Provider", (TemplateResource,), body)
    cls.anything, cls.source, cls.template = False, source, template
    cls.__facts__ = TemplateResource.__facts__
    cls.__attributes__ = MappingProxyType(
        {
            name: Attribute(output.description, type=None, name=name)
            for name, output in template.outputs.items()
        }
    )
    return cls  # type: ignore[no-any-return]
