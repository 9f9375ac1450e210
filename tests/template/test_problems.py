"""What a user reads when a template is wrong: the text itself, so lines are as long as it has them."""

# ruff: noqa: E501

import textwrap

import pytest

from heat.base.errors import Invalid
from heat.template.environment import read_environment
from heat.template.evaluate import bind
from heat.template.load import load
from heat.template.parameters import values


def said(text):
    """Return all that is said of a template, with no types known."""
    try:
        template = load(textwrap.dedent(text), name="app.yaml")
        found, problems = values(template.parameters, {}, {})
        problems = problems or bind(template, found).problems()
    except Invalid as invalid:
        return str(invalid)
    return "\n".join(problem.shown() for problem in problems)


def expect(text):
    return textwrap.dedent(text).strip("\n")


def test_every_problem_of_shape_is_told_at_once():
    assert said("""\
        heat_template_version: 2018-08-31
        resorces: {}
        resources:
          web:
            typ: OS::Nova::Server
        outputs:
          ip: {description: the address}
    """) == expect("""
        app.yaml:2:1: Unknown section: resorces: the section resorces is not known (did you mean 'resources'?)
          2 | resorces: {}
              ^
        app.yaml:5:5: Unknown resource key: resources.web.typ: web has the unknown key 'typ' (did you mean 'type'?)
          5 |     typ: OS::Nova::Server
                  ^
        app.yaml:7:3: An output has the wrong shape: outputs.ip: the output ip has no value (write value: below it, with what the output is to show)
          7 |   ip: {description: the address}
                ^
    """)


def test_a_reference_to_nothing_names_what_is_close():
    assert said("""\
        heat_template_version: 2018-08-31
        resources:
          server: {type: OS::Nova::Server}
          volume:
            type: OS::Cinder::Volume
            properties:
              size: {get_parm: size}
              name: {get_resource: sever}
              zone: {get_param: zone}
    """) == expect("""
        app.yaml:8:14: Reference to a resource that does not exist: resources.volume.properties.name.get_resource: get_resource: the resource sever does not exist (did you mean 'server'?)
          8 |       name: {get_resource: sever}
                           ^
        app.yaml:9:14: Unknown parameter: resources.volume.properties.zone.get_param: get_param: the parameter zone was not provided (define it, or correct the name)
          9 |       zone: {get_param: zone}
                           ^
    """)


def test_a_loop_is_named():
    assert said("""\
        heat_template_version: 2018-08-31
        resources:
          a: {type: T, depends_on: c}
          b: {type: T, properties: {x: {get_attr: [a, y]}}}
          c: {type: T, metadata: {x: {get_resource: b}}}
    """) == expect("""
        app.yaml:3:3: A loop of dependencies: resources.a: these resources wait for each other: a → c → b → a (take one of these references or depends_on away)
          3 |   a: {type: T, depends_on: c}
                ^
    """)


def test_text_that_cannot_be_read_shows_where():
    assert said("heat_template_version: 2018-08-31\nresources: {a: [1, 2}\n") == expect("""
        app.yaml:2:21: The text can't be read: app.yaml is neither JSON nor YAML: while parsing a flow sequence, did not find expected ',' or ']' (put a comma between the parts, and ] after the last)
          2 | resources: {a: [1, 2}
                                  ^
    """)


def test_an_unknown_version_lists_the_known():
    assert said("heat_template_version: 2018-08-30\n").startswith(
        "app.yaml:1:1: The template version is unknown: heat_template_version: "
        '"heat_template_version: 2018-08-30" is not a known version '
        "(heat_template_version should be one of: 2013-05-23, 2014-10-16,"
    )


def test_a_withdrawn_function_says_which_version_has_it():
    assert "Ref is not available since version 2014-10-16 (write get_param or get_resource" in said(
        """\
        heat_template_version: 2018-08-31
        resources:
          a: {type: T, properties: {x: {Ref: b}}}
    """
    )


def test_what_is_not_chosen_may_hold_anything():
    assert (
        said("""\
        heat_template_version: 2018-08-31
        conditions: {never: false}
        resources:
          a: {type: T, properties: {x: {if: [never, {get_attr: 5}, ok]}}}
          b: {type: T, condition: never, properties: {x: {get_resource: nobody}}}
    """)
        == ""
    )


def test_an_error_in_an_output_waits_until_it_is_computed():
    assert (
        said("""\
        heat_template_version: 2018-08-31
        outputs: {o: {value: {get_param: nope}}}
    """)
        == ""
    )


def test_a_hidden_value_is_never_told():
    template = load(
        {
            "heat_template_version": "2018-08-31",
            "parameters": {
                "pin": {"type": "number", "hidden": True, "constraints": [{"range": {"max": 5}}]}
            },
        }
    )
    for given in ("hunter2", 77):
        _, problems = values(template.parameters, {"pin": given}, {})
        assert len(problems) == 1
        assert str(given) not in str(problems[0])


def test_an_environment_tells_all_with_places():
    with pytest.raises(Invalid) as caught:
        read_environment("parameter: {}\nresource_registry:\n  resources: {a: {hooks: pre-make}}\n")
    assert str(caught.value) == expect("""
        environment:1:1: Unknown environment section: parameter: the environment has the unknown section 'parameter' (did you mean 'parameters'?)
          1 | parameter: {}
              ^
        environment:3:19: Unknown hook: resource_registry.resources.a.hooks: 'pre-make' is not a hook (did you mean 'pre-update'?)
          3 |   resources: {a: {hooks: pre-make}}
                                ^
    """)
