"""The spellings of the older command line, `heat stack-create -f FILE`, as those of this one."""

import re
from collections.abc import Iterator, Mapping, Sequence

_OLDER = re.compile(r"\s*\S+\s+(\S+)\s")
WITH_VALUE = ("--os-cloud", "--heat-url")
"""The options that may stand before the command and take a value."""

PLAIN = ("raw", "log", "text")
"""Forms that are what is written without asking for one."""
TRUE = ("1", "true", "t", "on", "yes", "y")

_CONTENT = {
    "-f": "--template",
    "--template-file": "--template",
    "-u": "--template",
    "--template-url": "--template",
    "-o": "--template",
    "--template-object": "--template",
    "--environment-file": "--environment",
    "--parameters": "--parameter",
    "-Pf": "--parameter-file",
}
_LAUNCH = {
    **_CONTENT,
    "-t": "--timeout",
    "-c": "--timeout",
    "--create-timeout": "--timeout",
    "-r": "--rollback",
    "-y": "--dry-run",
    "-x": "--existing",
    "-C": "--clear",
    "-n": "",
    "--show-nested": "",
}
_UPDATE = {**_LAUNCH, "-c": "--clear", "--rollback": "--rollback VALUE"}
_PREVIEW = {**_CONTENT, "-t": "--timeout", "-r": "", "--enable-rollback": ""}
_VALIDATE = {**_CONTENT, "-n": "--show-nested", "-I": "--ignore-errors"}
_EVENTS = {
    "-n": "--nested-depth",
    "-l": "--limit",
    "-r": "--resource",
    "-m": "--marker",
    "-f": "--filter",
    "--filters": "--filter",
    "-F": "--format",
}
_TYPE_TEMPLATE = {"-t": "--type", "--template-type": "--type", "-F": "--format"}
_FILE = {"-O": "--output-file"}

ALIASES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "action-check": ("stack check", {}),
    "action-resume": ("stack resume", {}),
    "action-suspend": ("stack suspend", {}),
    "bash-completion": ("completion bash", {}),
    "config-create": (
        "software-config create",
        {"-f": "--definition-file", "-c": "--config-file", "-g": "--group"},
    ),
    "config-delete": ("software-config delete", {}),
    "config-list": ("software-config list", {"-l": "--limit", "-m": "--marker"}),
    "config-show": ("software-config show", {"-c": "--config-only"}),
    "deployment-create": (
        "software-deployment create",
        {"-c": "--config", "-s": "--server", "-i": "--input-value", "-a": "--action"},
    ),
    "deployment-delete": ("software-deployment delete", {}),
    "deployment-list": ("software-deployment list", {"-s": "--server"}),
    "deployment-metadata-show": ("software-deployment metadata", {}),
    "deployment-output-show": ("software-deployment output", {"-a": "--all", "-F": "--format"}),
    "deployment-show": ("software-deployment show", {}),
    "environment-show": ("stack environment show", {}),
    "event": ("stack event show", {}),
    "event-list": ("stack event list", _EVENTS),
    "event-show": ("stack event show", {}),
    "hook-clear": ("hook clear", {}),
    "hook-poll": ("hook poll", {"-n": "--nested-depth"}),
    "output-list": ("stack output list", {}),
    "output-show": (
        "stack output show",
        {"-a": "--all", "-F": "--format", "--with-detail": "--format=yaml"},
    ),
    "resource-list": (
        "stack resource list",
        {"-n": "--nested-depth", "-f": "--filter", "--with-detail": ""},
    ),
    "resource-mark-unhealthy": ("stack resource mark unhealthy", {}),
    "resource-metadata": ("stack resource metadata", {}),
    "resource-show": ("stack resource show", {"-a": "--with-attr"}),
    "resource-signal": ("stack resource signal", {"-D": "--data", "-f": "--data-file"}),
    "resource-template": ("resource-type template", _TYPE_TEMPLATE),
    "resource-type-list": ("resource-type list", {"-f": "--filter", "--filters": "--filter"}),
    "resource-type-show": ("resource-type show", {}),
    "resource-type-template": ("resource-type template", _TYPE_TEMPLATE),
    "service-list": ("service list", {}),
    "snapshot-delete": ("stack snapshot delete", {"-y": "", "--yes": ""}),
    "snapshot-list": ("stack snapshot list", {}),
    "snapshot-show": ("stack snapshot show", {}),
    "stack-abandon": ("stack abandon", _FILE),
    "stack-adopt": ("stack adopt", {**_LAUNCH, "-a": "--adopt-file", "-r": "--rollback"}),
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
            "-m": "--marker",
            "-k": "--sort",
            "--sort-keys": "--sort",
            "-d": "--sort-dir",
            "-o": "",
            "--show-owner": "",
            "-t": "--tags",
            "-l": "--limit",
            "-g": "--all-projects",
            "--global-tenant": "--all-projects",
        },
    ),
    "stack-preview": ("stack preview", _PREVIEW),
    "stack-restore": ("stack snapshot restore", {}),
    "stack-show": ("stack show", {}),
    "stack-snapshot": ("stack snapshot create", {"-n": "--name"}),
    "stack-update": ("stack update", _UPDATE),
    "stack-validate": ("stack validate", _VALIDATE),
    "template-function-list": ("template functions", {}),
    "template-show": ("stack template show", {}),
    "template-validate": ("stack validate", _VALIDATE),
    "template-version-list": ("template versions", {}),
}


def rewritten(arguments: Sequence[str]) -> tuple[list[str], str]:
    """Return a command line in today's words, and what to tell of it if it was in older ones."""
    at = _command(arguments)
    if at is not None and arguments[at] == "help":
        asked = rewritten(arguments[at + 1 :])[0]
        return [*arguments[:at], *asked, "--help"], ""
    if at is None or arguments[at] not in ALIASES:
        return list(arguments), ""
    words, options = ALIASES[arguments[at]]
    rest = list(_rest(arguments[at + 1 :], options))
    hint = f"{arguments[at]} is now: heat {words}"
    return [*arguments[:at], *words.split(), *rest], hint


def rewritten_for_shell(words: str, at: str) -> tuple[str, str]:
    """Return what a shell asks to complete in today's words, and which of them, if it counts."""
    found = _OLDER.match(words)
    if found is None or found[1] not in ALIASES:
        return words, at
    today = ALIASES[found[1]][0]
    more = today.count(" ")
    start, end = found.span(1)
    return words[:start] + today + words[end:], str(int(at) + more) if at.isdecimal() else at


def _command(arguments: Sequence[str]) -> int | None:
    """Find the first word that is no option of the whole command."""
    at = 0
    while at < len(arguments):
        if not arguments[at].startswith("-"):
            return at
        at += 2 if arguments[at] in WITH_VALUE else 1
    return None


def _rest(given: Sequence[str], options: Mapping[str, str]) -> Iterator[str]:
    words = list(given)

    def taken(value: str) -> str:
        return value or (words.pop(0) if words else "")

    while words:
        word = words.pop(0)
        if word == "--":
            yield from (word, *words)
            return
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        match options.get(name, name) if word.startswith("-") else name:
            case "" if word.startswith("-"):
                continue
            case "--poll":
                if words and words[0].isdecimal():
                    words.pop(0)
                yield "--wait"
            case "-P" | "--parameter":
                yield from _parameters(taken(value))
            case "--format":
                if (form := taken(value)) not in PLAIN:
                    yield from ("--format", form)
            case "--rollback VALUE":
                yield "--rollback" if taken(value).lower() in TRUE else "--no-rollback"
            case known:
                yield known + equals + value


def _parameters(value: str) -> Iterator[str]:
    """Part what one option gives: the older command took a=1;b=2."""
    parts = value.split(";")
    for part in parts if all("=" in part for part in parts) else [value]:
        yield from ("--parameter", part)
