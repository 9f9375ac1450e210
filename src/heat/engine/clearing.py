"""Runs a verb without a lease and without a journal: to clear away what is no one's."""

from collections.abc import Awaitable, Callable

from heat.plugin.steps import Call, Reply, Steps, Wait


async def clear_away(
    steps: Steps[None],
    send: Callable[[Call], Awaitable[Reply]],
    wait: Callable[[Wait], Awaitable[Reply]],
) -> None:
    """Carry the steps out that are meant for the cloud."""
    reply: Reply | None = None
    try:
        while True:
            step = next(steps) if reply is None else steps.send(reply)
            match step:
                case Call():
                    reply = await send(step)
                case Wait():
                    reply = await wait(step)
                case _:
                    reply = {}
    except StopIteration:
        return
