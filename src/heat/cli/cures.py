"""What to do about a failure, as far as its words tell."""

import re
from dataclasses import dataclass

from heat.cli.said import Said

_MISSING = re.compile(r"(?:The )?([A-Z][\w ]*?) \(?'?[^ ]+ could not be found")


@dataclass(frozen=True)
class _Cure:
    """Some words or statuses, of some actions only if any are named, and what helps."""

    advice: str
    words: tuple[str, ...] = ()
    statuses: tuple[int, ...] = ()
    actions: tuple[str, ...] = ()

    def fits(self, text: str, said: Said, action: str) -> bool:
        if self.actions and action not in self.actions:
            return False
        return said.status in self.statuses or any(word in text for word in self.words)


def cure(said: Said, action: str = "", kind: str = "") -> str:
    """Return what to do about the failure of an action, on a resource of some type."""
    text = f"{said.kind} {said.words}".casefold()
    found = next((cure for cure in _CURES if cure.fits(text, said, action)), None)
    if found is None:
        return ""
    if found is _ABSENT and (lister := _lister(said.words)):
        return f"name one that is there: {lister}"
    return found.advice.replace("TYPE", kind or "TYPE")


def passing(said: Said) -> bool:
    """Tell whether the same may go well later, with nothing changed in the template."""
    text = f"{said.kind} {said.words}".casefold()
    return said.status >= 500 or said.status in (401, 429) or any(word in text for word in _PASSING)


def _lister(words: str) -> str:
    """Return the command that lists what there is of the kind that was not found."""
    found = _MISSING.match(words)
    return _LISTERS.get(found[1].casefold().replace(" ", ""), "") if found else ""


_LISTERS = {
    "image": "openstack image list",
    "flavor": "openstack flavor list",
    "network": "openstack network list",
    "subnet": "openstack subnet list",
    "port": "openstack port list",
    "router": "openstack router list",
    "securitygroup": "openstack security group list",
    "keypair": "openstack keypair list",
    "key": "openstack keypair list",
    "server": "openstack server list",
    "volume": "openstack volume list",
    "volumetype": "openstack volume type list",
    "availabilityzone": "openstack availability zone list",
}
_PASSING = (
    "quota",
    "overlimit",
    "no valid host",
    "timed out",
    "timeout",
    "unavailable",
    "went to status error",
    "cancelled",
)
_ABSENT = _Cure("name something that is there", ("notfound", "not found", "be found"), (404,))
_CURES = (
    _Cure(
        "delete what is not needed, ask for a higher quota, or ask for less in the template",
        ("quota", "overlimit", "exceeds the"),
        (413,),
    ),
    _Cure(
        "choose a smaller flavor or another availability zone, or ask the operator for room",
        ("no valid host", "not enough hosts"),
    ),
    _Cure(
        "see in the server's console why no signal came; the property timeout sets how long",
        ("waitconditiontimeout",),
    ),
    _Cure(
        "the software on the server gave up with these words: see its logs and mend it",
        ("waitconditionfailure",),
    ),
    _Cure(
        "what ran on the server ended with an error: its output, below, tells why",
        ("deploy_status_code", "deployment exited"),
    ),
    _Cure(
        "only what is suspended can be resumed; the update below mends it", ("invalid for resume",)
    ),
    _Cure("somebody cancelled it; what was done until then stays", ("stack update cancelled",)),
    _Cure("somebody cancelled it; the stack is as it was before", ("was cancelled",)),
    _Cure(
        "see what it waited for; if it only needs longer, give --timeout MINUTES",
        ("timed out", "timeout"),
        (408,),
    ),
    _Cure(
        "the login that the stack was given no longer works: an update gives it yours",
        ("unauthorized", "requires authentication"),
        (401,),
    ),
    _Cure("ask for a role that may do this, or leave it out", ("forbidden", "policy"), (403,)),
    _Cure(
        "it is no longer in the cloud: the update below makes it anew",
        ("notfound", "not found", "be found"),
        (404,),
        actions=("CHECK",),
    ),
    _ABSENT,
    _Cure(
        "choose another address, or leave it out and take any that is free",
        ("already allocated", "ipaddressinuse", "ip address is already"),
    ),
    _Cure(
        "something that stays still uses it: remove that first, or let it go of this",
        ("conflict", "in use"),
        (409,),
        actions=("DELETE",),
    ),
    _Cure(
        "something else uses it or has its name: let go of that, or choose another",
        ("conflict", "in use", "already exists"),
        (409,),
    ),
    _Cure(
        "the cloud's service was not well: try again; its operator needs the request id",
        statuses=(500, 502, 503, 504),
    ),
    _Cure(
        "the cloud gave it up: try again, which makes it anew; its operator can tell why",
        ("went to status error",),
    ),
    _Cure(
        "this can't be done: leave it as it was, or have it made anew under another name",
        ("notsupported", "not supported"),
    ),
    _Cure(
        "compare the properties with what the cloud says; heat resource-type show TYPE tells them",
        ("badrequest", "invalid"),
        (400,),
    ),
)
