"""Of what is sent beside a template."""

from heat.template.sent import hooks_of


def test_the_hooks_of_an_environment_are_taken_alone():
    environment = {
        "parameters": {"a": 1},
        "resource_registry": {
            "X": "x.yaml",
            "resources": {
                "web": {"hooks": "pre-create", "X": "y.yaml"},
                "inner": {"db*": {"hooks": ["pre-update"]}, "quiet": {"X": "z.yaml"}},
            },
        },
    }
    resources = {
        "web": {"hooks": "pre-create"},
        "inner": {"db*": {"hooks": ["pre-update"]}},
    }
    assert hooks_of(environment) == {"resource_registry": {"resources": resources}}
    assert hooks_of({"parameters": {"a": 1}}) == {}
    assert hooks_of(None) == {}
