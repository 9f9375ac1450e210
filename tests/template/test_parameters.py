"""The values that parameters get."""

import pytest

from heat.base.errors import Invalid
from heat.base.unknown import Unknown
from heat.template.load import load
from heat.template.parameters import immutable_changed, values


def schemas(**parameters):
    raw = {"heat_template_version": "2018-08-31", "parameters": parameters}
    return load(raw).parameters


def value(definition, given, **more):
    found, problems = values(schemas(p=definition), {"p": given}, {}, **more)
    assert not problems, problems
    return found["p"]


@pytest.mark.parametrize(
    ("type_name", "given", "expected"),
    [
        ("string", True, "True"),
        ("string", 5, "5"),
        ("number", "5", 5),
        ("number", "1.50", 1.5),
        ("number", "1e3", 1000.0),
        ("comma_delimited_list", "a, b", ["a", " b"]),
        ("comma_delimited_list", [1, "x"], ["1", "x"]),
        ("comma_delimited_list", "", []),
        ("json", '{"a": [1]}', {"a": [1]}),
        ("json", {"a": 1}, {"a": 1}),
        ("json", "", ""),
        ("boolean", "YES", True),
        ("boolean", 0, False),
    ],
)
def test_a_value_becomes_one_of_its_type(type_name, given, expected):
    got = value({"type": type_name}, given)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("type_name", "given"),
    [
        ("number", "x"),
        ("number", True),
        ("number", "1_000"),
        ("number", "inf"),
        ("boolean", "maybe"),
        ("json", "{"),
        ("json", "NaN"),
        ("comma_delimited_list", {"a": 1}),
        ("string", ["a"]),
    ],
)
def test_a_value_of_another_type_is_refused(type_name, given):
    _, problems = values(schemas(p={"type": type_name}), {"p": given}, {})
    assert [(p.code, p.at) for p in problems] == [("H503", ("parameters", "p"))]


@pytest.mark.parametrize(
    ("type_name", "constraint", "good", "bad"),
    [
        ("string", {"length": {"min": 2, "max": 3}}, "abc", "abcd"),
        ("json", {"length": {"max": 1}}, {"a": 1}, {"a": 1, "b": 2}),
        ("number", {"range": {"min": 1}}, 1, "0"),
        ("number", {"modulo": {"step": 3, "offset": 1}}, 4, 5),
        ("string", {"allowed_values": ["a", 5]}, "5", "b"),
        ("comma_delimited_list", {"allowed_values": ["a", "b"]}, "a,b", "a,c"),
        ("string", {"allowed_pattern": "[a-z]+"}, "abc", "abc1"),
    ],
)
def test_constraints_hold(type_name, constraint, good, bad):
    definition = {"type": type_name, "constraints": [constraint]}
    value(definition, good)
    _, problems = values(schemas(p=definition), {"p": bad}, {})
    assert [p.code for p in problems] == ["H504"]


def test_the_description_of_a_constraint_is_what_is_said():
    definition = {
        "type": "number",
        "constraints": [{"range": {"max": 5}, "description": "at most five hands"}],
    }
    _, problems = values(schemas(p=definition), {"p": 6}, {})
    assert problems[0].detail == "at most five hands"


def test_a_custom_constraint_asks_whoever_is_passed_in():
    asked = []

    def custom(name, given):
        asked.append((name, given))
        return "there is no such image"

    definition = {"type": "string", "constraints": [{"custom_constraint": "glance.image"}]}
    _, problems = values(schemas(p=definition), {"p": "cirros"}, {}, custom=custom)
    assert asked == [("glance.image", "cirros")]
    assert problems[0].detail == "there is no such image"


def test_the_user_wins_over_the_environment_over_the_template():
    known = schemas(**{name: {"type": "string", "default": "t"} for name in ("a", "b", "c", "d")})
    found, problems = values(known, {"a": "u", "d": None}, {"a": "e", "b": "e", "zz": "ignored"})
    assert (found, problems) == ({"a": "u", "b": "e", "c": "t", "d": "t"}, [])


def test_all_that_is_missing_or_unknown_is_told():
    known = schemas(image={"type": "string"}, size={"type": "number", "default": "x"})
    _, problems = values(known, {"imgae": "cirros"}, {})
    assert [(p.kind, p.at[-1]) for p in problems] == [
        ("UnknownUserParameter", "imgae"),
        ("UserParameterMissing", "image"),
        ("StackValidationFailed", "size"),
    ]
    assert problems[0].cure == "did you mean 'image'?"


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ({"type": "text"}, "the type 'text' is unknown"),
        ({"type": "string", "defualt": "x"}, "did you mean 'default'"),
        ({"type": "string", "constraints": [{"range": {"max": 1}}]}, "not a constraint for"),
        ({"type": "number", "default": 9, "constraints": [{"range": {"max": 1}}]}, "the default"),
        ({"type": "string", "constraints": [{"lenght": {"max": 1}}]}, "did you mean 'length'"),
        ({"type": "number", "constraints": [{"modulo": {"step": 2, "offset": 2}}]}, "smaller than"),
        ({"type": "string", "constraints": [{"allowed_pattern": "("}]}, "not a regular expression"),
    ],
)
def test_a_wrong_definition_is_refused(definition, said):
    with pytest.raises(Invalid) as caught:
        schemas(p=definition)
    assert said in str(caught.value)
    assert caught.value.kind == "InvalidSchemaError"


def test_what_is_not_known_yet_is_taken_as_it_is():
    waits = Unknown(frozenset(("server.ip",)))
    known = schemas(a={"type": "number"}, b={"type": "comma_delimited_list"})
    found, problems = values(known, {"a": waits, "b": ["x", waits]}, {})
    assert (found, problems) == ({"a": waits, "b": ["x", waits]}, [])


def test_an_immutable_parameter_may_not_change():
    known = schemas(
        a={"type": "string", "immutable": True},
        b={"type": "string"},
        c={"type": "string", "immutable": True},
    )
    old = {name: known[name] for name in ("a", "b")}
    problems = immutable_changed(old, known, {"a": 1, "b": 1}, {"a": 2, "b": 2, "c": 3})
    assert [(p.kind, p.at) for p in problems] == [
        ("ImmutableParameterModified", ("parameters", "a"))
    ]


def test_the_default_of_a_hidden_parameter_is_never_told():
    with pytest.raises(Invalid) as caught:
        schemas(
            p={
                "type": "string",
                "default": "hunter2",
                "hidden": True,
                "constraints": [{"length": {"max": 3}}, {"allowed_values": ["x"]}],
            }
        )
    assert "hunter2" not in str(caught.value)
