"""``Fn::Cidr``: blocks of addresses cut out of a larger one."""

import ipaddress
from itertools import islice
from typing import Any

from heat.template.expressions import Bad, Function, Scope
from heat.template.functions.shapes import a_list, text

MAX_BLOCKS = 256
_LIKE = "[BLOCK, COUNT, BITS]"


def _cidr(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    block, count, *bits = given
    try:
        whole = ipaddress.ip_network(text(block, "the block"), strict=False)
    except ValueError:
        raise Bad(f"{block!r} is not a block of addresses", "write it as 10.0.0.0/16") from None
    wanted = _number(count, "the count")
    if not 1 <= wanted <= MAX_BLOCKS:
        raise Bad(f"the count must be from 1 to {MAX_BLOCKS}", "ask for fewer, or for one")
    prefix = whole.prefixlen + (wanted - 1).bit_length()
    if bits:
        host_bits = _number(bits[0], "the number of bits")
        prefix = whole.max_prefixlen - host_bits
        if not whole.prefixlen <= prefix <= whole.max_prefixlen or host_bits < 0:
            most = whole.max_prefixlen - whole.prefixlen
            raise Bad(f"the number of bits must be from 0 to {most} in {whole}", "ask for fewer")
    if prefix > whole.max_prefixlen or wanted > 1 << (prefix - whole.prefixlen):
        raise Bad(f"{whole} does not hold {wanted} such blocks", "ask for fewer, or for fewer bits")
    return [str(part) for part in islice(whole.subnets(new_prefix=prefix), wanted)]


def _number(value: Any, what: str) -> int:
    try:
        if not isinstance(value, bool | float):
            return int(value)
    except (ValueError, TypeError):
        pass
    raise Bad(f"{what} must be a whole number", f"write {_LIKE}")


FN_CIDR = Function(
    "Fn::Cidr",
    "Cuts a block of addresses into smaller ones: so many, each with so many bits for hosts.",
    _cidr,
    a_list(2, 3, like=_LIKE, calls=True),
)
