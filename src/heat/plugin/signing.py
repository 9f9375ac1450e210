"""Addresses that are signed with an EC2 key: whoever has one may call it, and only it.

The signature is of version 2. Keystone checks it: the service that is called shows it the parts
of the request (``/v3/ec2tokens``). Without a timestamp such an address is good as long as its key.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote, unquote, urlsplit


def signed(address: str, verb: str, access: str, secret: str, **params: str) -> str:
    """Return an address with a signature, and with more parameters that are signed, too."""
    parts = urlsplit(address)
    given = {
        "AWSAccessKeyId": access,
        "SignatureMethod": "HmacSHA256",
        "SignatureVersion": "2",
        **params,
    }
    found = signature(secret, verb, parts.netloc, unquote(parts.path), given)
    return f"{address}?{_query({**given, 'Signature': found})}"


def signature(secret: str, verb: str, host: str, path: str, params: Mapping[str, str]) -> str:
    """Return the signature of a request; its path is the plain one, without percent signs."""
    unsigned = {name: value for name, value in params.items() if name != "Signature"}
    text = f"{verb}\n{host.lower()}\n{path}\n{_query(unsigned)}"
    return b64encode(hmac.digest(secret.encode(), text.encode(), sha256)).decode()


def _query(params: Mapping[str, str]) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(params[name])}" for name in sorted(params))


def _quoted(text: str) -> str:
    return quote(text, safe="-_.~")
