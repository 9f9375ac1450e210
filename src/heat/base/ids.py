"""Ids, each with a type of its own, so that one can't stand in for another."""

from typing import NewType

StackId = NewType("StackId", str)
ResourceId = NewType("ResourceId", str)
OperationId = NewType("OperationId", str)
EventId = NewType("EventId", str)
ProjectId = NewType("ProjectId", str)
EngineId = NewType("EngineId", str)
