"""Operations in the process of the caller."""

from typing import Any

from heat.operations.context import Context
from heat.operations.services import Services
from heat.operations.table import run


class Local:
    """Carries operations out right here; raises faults as they are."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def call(self, name: str, context: Context, request: Any) -> Any:
        """Carry out an operation and return its response."""
        return run(self._services, name, context, request)
