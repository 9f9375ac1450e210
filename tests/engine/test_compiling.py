"""Definitions are read once for as long as they are used, and as many are kept as there is room."""

import pytest

from heat.engine import compiling
from heat.engine.compiling import LEAST, Compilations

from .templates import FILES, PARENT


@pytest.fixture
def read(monkeypatch):
    """Count what is read."""
    count, real = [], compiling.compile_definition

    def counted(definition, *args, **more):
        count.append(definition.id)
        return real(definition, *args, **more)

    monkeypatch.setattr(compiling, "compile_definition", counted)
    return count


def test_each_definition_is_read_once(world, read):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", PARENT, files=FILES)
        assert len(read) == len(set(read))
        before = len(read)
        await place.done("UPDATE", PARENT, stack, files=FILES, parameters={"x": "2"})
        again = read[before:]
        assert again
        assert len(again) == len(set(again))

    world(main)


def test_as_many_are_kept_as_there_is_room(world):
    async def main(place):
        worker = place.start()
        small = Compilations(worker._world.types, most=LEAST)
        worker._shared = worker._shared._replace(compilations=small)
        await place.done("CREATE", PARENT, files=FILES)
        assert len(small._kept) == 1

    world(main)
