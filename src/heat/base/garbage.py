"""How often this process looks for garbage that counting references does not find."""

import gc

_NEW_VALUES = 100_000


def look_seldom() -> None:
    """Look after a hundred thousand new values, not after seven hundred as usual.

    What is made here stays: a template of five thousand resources is a million values, classes
    and modules are many more. Looking them all over again and again takes a quarter of the time.
    """
    gc.set_threshold(_NEW_VALUES, 20, 20)
