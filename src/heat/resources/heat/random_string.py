"""OS::Heat::RandomString."""

from collections.abc import Iterator
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits, octdigits

from heat.base.json import Json
from heat.base.problems import Problem
from heat.plugin.checks import between, one_of
from heat.plugin.fields import Struct, attribute, fixed, is_known
from heat.plugin.registry import resource
from heat.plugin.resource import Stateless
from heat.plugin.steps import Draw, Keep, Steps

CLASSES = {
    "lettersdigits": ascii_letters + digits,
    "letters": ascii_letters,
    "lowercase": ascii_lowercase,
    "uppercase": ascii_uppercase,
    "digits": digits,
    "hexdigits": digits + "ABCDEF",
    "octdigits": octdigits,
}
A_CLASS = one_of(*CLASSES)
A_COUNT = between(1, 512)


class CharacterClass(Struct):
    """A well-known set of characters, and how many of it there must be."""

    of: str = fixed("The set.", named="class", default="lettersdigits", check=A_CLASS)
    min: int = fixed("How many of it at least.", default=1, check=A_COUNT)

    @property
    def characters(self) -> str:
        """The characters of the set."""
        return CLASSES[self.of]


class CharacterSequence(Struct):
    """A set of characters of one's own, and how many of it there must be."""

    sequence: str = fixed("The characters.")
    min: int = fixed("How many of them at least.", default=1, check=A_COUNT)

    @property
    def characters(self) -> str:
        """The characters of the set."""
        return self.sequence


ANY = [CharacterClass()]


@resource("OS::Heat::RandomString", support={"status": "SUPPORTED", "version": "2014.1"})
class RandomString(Stateless):
    """A random text, such as a password, made once and kept for the life of the resource."""

    length: int = fixed("How long the text is.", default=32, check=A_COUNT)
    sequence: str | None = fixed("A set of characters; older form of one class.", check=A_CLASS)
    character_classes: list[CharacterClass] = fixed("Sets to take characters from.", default=ANY)
    character_sequences: list[CharacterSequence] | None = fixed(
        "Sets of one's own to take characters from."
    )
    salt: str | None = fixed("Any text; another one makes another random text.")

    value = attribute("The random text.", cached=False)

    def problems(self) -> Iterator[Problem]:
        """See that all the characters asked for fit in."""
        if not is_known(self):
            return
        sets = self._sets
        if sum(one.min for one in sets) > self.length:
            yield Problem(
                "Random text is too short",
                ("length",),
                "Length property cannot be smaller than combined character class and"
                " character sequence minimums",
                cure=f"make it {sum(one.min for one in sets)} or more",
                code="H704",
            )
        for index, one in enumerate(self.character_sequences or ()):
            if not one.characters:
                at = ("character_sequences", index, "sequence")
                yield Problem("Invalid value", at, "it has no characters", code="H704")

    def create(self) -> Steps[str | None]:
        """Make the text and keep it."""
        drawn = yield Draw(4 * self.length + 32)
        yield Keep({"value": compose(int(drawn["hex"], 16), self.length, self._sets)})
        return self.physical_name

    def referred(self, item: str) -> Json:
        """Give the text for a reference."""
        return self.shown()["value"]

    def shown(self) -> dict[str, Json]:
        """Give the text that was kept."""
        return {"value": self.__here__.data.get("value")}

    @property
    def _sets(self) -> list[CharacterClass | CharacterSequence]:
        older = [CharacterClass(of=self.sequence)] if self.sequence else []
        classes = [] if older and self.character_classes is ANY else self.character_classes
        return [*older, *classes, *(self.character_sequences or ())]


def compose(chance: int, length: int, sets: list[CharacterClass | CharacterSequence]) -> str:
    """Make a text of this length out of one big random number.

    The number has at least 32 bits for each character, of which choosing it and its place take
    some 16, so that what is left over keeps all choices even.
    """

    def below(limit: int) -> int:
        nonlocal chance
        chance, choice = divmod(chance, limit)
        return choice

    every = "".join(dict.fromkeys("".join(one.characters for one in sets)))
    wells = [one.characters for one in sets for _ in range(one.min)]
    wells += [every] * (length - len(wells))
    text = [well[below(len(well))] for well in wells]
    for last in range(len(text) - 1, 0, -1):
        other = below(last + 1)
        text[last], text[other] = text[other], text[last]
    return "".join(text)
