"""The options that the older command line had before its command: OS_* variables for one run."""

import os
from collections.abc import Mapping, MutableMapping, Sequence

from heat.cli.aliases import WITH_VALUE
from heat.cli.failures import Misnamed
from heat.cli.settings import AUTH_NAMES

TENANTS = {"OS_TENANT_NAME": "OS_PROJECT_NAME", "OS_TENANT_ID": "OS_PROJECT_ID"}
OTHERS = ("AUTH_TYPE", "CACERT", "CERT", "DEFAULT_DOMAIN", "ENDPOINT_TYPE", "INTERFACE", "KEY")
VARIABLES = frozenset(
    (*(f"OS_{name.upper()}" for name in (*AUTH_NAMES, *OTHERS, "REGION_NAME")), *TENANTS)
)
INSECURE = ("-k", "--insecure")
IGNORED = ("-d", "--debug", "-v", "--verbose", "--include-password")
"""What says nothing here; one with a value: --api-timeout."""
INSTEAD = {"USERNAME": "USER_ID", "USER_ID": "USERNAME", "NAME": "ID", "ID": "NAME"}
"""A name takes the place of an id that a variable has, and the other way round."""


def apply(
    arguments: Sequence[str], environ: MutableMapping[str, str] = os.environ
) -> Sequence[str]:
    """Set the variables that such options stand for; return the command line without them.

    --os-username X, --os_username=X are OS_USERNAME. Raises Misnamed for one without its value,
    and for those that a cloud of clouds.yaml would make mean nothing.
    """
    words, kept, found = list(arguments), list[str](), dict[str, str]()
    while words and words[0].startswith("-"):
        word = words.pop(0)
        option, equals, value = word.partition("=")
        name = option.lstrip("-").replace("-", "_").upper()
        if option in INSECURE:
            found["OS_INSECURE"] = "true"
        elif name in VARIABLES or option == "--api-timeout":
            if not equals and not words:
                raise Misnamed(f"{option} wants a value", f"{option} VALUE")
            value = value if equals else words.pop(0)
            if name in VARIABLES:
                found[TENANTS.get(name, name)] = value
        elif option not in IGNORED:
            kept.append(word)
            if word in WITH_VALUE and words:
                kept.append(words.pop(0))
    if found:
        _check(found, environ, kept)
        said = {*found, *map(_instead, found)}
        for name in said | {old for old, new in TENANTS.items() if new in said}:
            environ.pop(name, None)
        environ.update(found)
    return [*kept, *words]


def _check(
    found: Mapping[str, str], environ: MutableMapping[str, str], kept: Sequence[str]
) -> None:
    named = any(word.partition("=")[0] == "--os-cloud" for word in kept)
    if "OS_AUTH_URL" in found and not named:
        environ.pop("OS_CLOUD", None)
    elif named or environ.get("OS_CLOUD"):
        option = "--" + min(found).replace("_", "-").lower()
        raise Misnamed(
            f"{option} says nothing beside a cloud of clouds.yaml",
            "give --os-auth-url as well and no --os-cloud, or change clouds.yaml",
        )


def _instead(name: str) -> str:
    for ending, other in INSTEAD.items():
        if name.endswith(f"_{ending}"):
            return name.removesuffix(ending) + other
    return ""
