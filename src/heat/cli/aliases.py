"""The spellings of the older command line, `heat stack-create -f FILE`, as those of this one."""

from collections.abc import Iterator, Mapping, Sequence

WITH_VALUE = ("--os-cloud", "--heat-url")
"""The options that may stand before the command and take a value."""

_CONTENT = {
    "-f": "--template",
    "--template-file": "--template",
    "-u": "--template",
    "--template-url": "--template",
    "--environment-file": "--environment",
    "--parameters": "--parameter",
    "-Pf": "--parameter-file",
}
_LAUNCH = {
    **_CONTENT,
    "-t": "--timeout",
    "-r": "--rollback",
    "-y": "--dry-run",
    "-x": "--existing",
    "-C": "--clear",
    "-n": "",
    "--show-nested": "",
}
_NESTED = {"-n": "--nested-depth", "-l": "--limit", "-r": "--resource"}
_FILE = {"-O": "--output-file"}

ALIASES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "action-check": ("stack check", {}),
    "action-resume": ("stack resume", {}),
    "action-suspend": ("stack suspend", {}),
    "config-create": ("software-config create", {"-f": "--config-file", "-c": "--group"}),
    "config-delete": ("software-config delete", {}),
    "config-list": ("software-config list", {"-l": "--limit"}),
    "config-show": ("software-config show", {}),
    "deployment-create": ("software-deployment create", {"-c": "--config", "-s": "--server"}),
    "deployment-delete": ("software-deployment delete", {}),
    "deployment-list": ("software-deployment list", {"-s": "--server"}),
    "deployment-metadata-show": ("software-deployment metadata", {}),
    "deployment-output-show": ("software-deployment output", {}),
    "deployment-show": ("software-deployment show", {}),
    "environment-show": ("stack environment show", {}),
    "event-list": ("stack event list", _NESTED),
    "event-show": ("stack event show", {}),
    "hook-clear": ("hook clear", {}),
    "hook-poll": ("hook poll", {"-n": "--nested-depth"}),
    "output-list": ("stack output list", {}),
    "output-show": ("stack output show", {"-a": "--all", "-F": "--format"}),
    "resource-list": ("stack resource list", {"-n": "--nested-depth"}),
    "resource-mark-unhealthy": ("stack resource mark unhealthy", {}),
    "resource-metadata": ("stack resource metadata", {}),
    "resource-show": ("stack resource show", {"-a": "--with-attr"}),
    "resource-signal": ("stack resource signal", {"-D": "--data", "-f": "--data-file"}),
    "resource-template": ("resource-type template", {"-F": "--format"}),
    "resource-type-list": ("resource-type list", {}),
    "resource-type-show": ("resource-type show", {}),
    "resource-type-template": (
        "resource-type template",
        {"-t": "--type", "--template-type": "--type", "-F": "--format"},
    ),
    "service-list": ("service list", {}),
    "snapshot-delete": ("stack snapshot delete", {}),
    "snapshot-list": ("stack snapshot list", {}),
    "snapshot-show": ("stack snapshot show", {}),
    "stack-abandon": ("stack abandon", _FILE),
    "stack-adopt": ("stack adopt", {"-a": "--adopt-file", "-r": "--rollback"}),
    "stack-cancel-update": ("stack cancel", {}),
    "stack-create": ("stack create", _LAUNCH),
    "stack-delete": ("stack delete", {}),
    "stack-export": ("stack export", _FILE),
    "stack-list": (
        "stack list",
        {
            "-s": "--deleted",
            "--show-deleted": "--deleted",
            "-n": "--nested",
            "--show-nested": "--nested",
            "--show-hidden": "--hidden",
            "-a": "--hidden",
            "-f": "--property",
            "--filters": "--property",
            "-t": "--tags",
            "-l": "--limit",
            "-g": "--all-projects",
            "--global-tenant": "--all-projects",
        },
    ),
    "stack-preview": ("stack preview", _CONTENT),
    "stack-restore": ("stack snapshot restore", {}),
    "stack-show": ("stack show", {}),
    "stack-snapshot": ("stack snapshot create", {"-n": "--name"}),
    "stack-update": ("stack update", _LAUNCH),
    "stack-validate": ("stack validate", _CONTENT),
    "template-function-list": ("template functions", {}),
    "template-show": ("stack template show", {}),
    "template-validate": ("stack validate", _CONTENT),
    "template-version-list": ("template versions", {}),
}


def rewritten(arguments: Sequence[str]) -> tuple[list[str], str]:
    """Return a command line in today's words, and what to tell of it if it was in older ones."""
    at = _command(arguments)
    if at is None or arguments[at] not in ALIASES:
        return list(arguments), ""
    words, options = ALIASES[arguments[at]]
    rest = list(_rest(arguments[at + 1 :], options))
    hint = f"{arguments[at]} is now: heat {words}"
    return [*arguments[:at], *words.split(), *rest], hint


def _command(arguments: Sequence[str]) -> int | None:
    """Find the first word that is no option of the whole command."""
    at = 0
    while at < len(arguments):
        if not arguments[at].startswith("-"):
            return at
        at += 2 if arguments[at] in WITH_VALUE else 1
    return None


def _rest(given: Sequence[str], options: Mapping[str, str]) -> Iterator[str]:
    words = iter(given)
    for word in words:
        if word == "--":
            yield word
            yield from words
            return
        if word == "--poll":
            yield "--wait"
            continue
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        name = options.get(name, name) if word.startswith("-") else name
        if not name:
            continue
        if name in ("-P", "--parameter") and not equals:
            yield from _parameters(next(words, ""))
            continue
        if name in ("-P", "--parameter"):
            yield from _parameters(value)
            continue
        yield name + equals + value


def _parameters(value: str) -> Iterator[str]:
    """Part what one option gives: the older command took a=1;b=2."""
    parts = value.split(";")
    for part in parts if all("=" in part for part in parts) else [value]:
        yield from ("--parameter", part)
