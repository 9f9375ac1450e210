"""Puts the REST API together: routes, policy, and the check of tokens in front."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from oslo_config import cfg

from heat.api.app import application
from heat.api.settings import ApiSettings

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
