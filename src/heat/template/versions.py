"""The versions of the language: which sections, keys and functions each one has."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from heat.template.expressions import Function, Language
from heat.template.functions import (
    assertions,
    logic,
    networks,
    queries,
    references,
    substitution,
    texts,
    urls,
)
from heat.template.functions import collections as c

HOT_KEY = "heat_template_version"
AWS_KEY = "AWSTemplateFormatVersion"
CFN_KEY = "HeatTemplateFormatVersion"

REPLACE_POLICIES = ("Delete", "Retain", "Snapshot")
RETAIN_EXCEPT_ON_CREATE = "RetainExceptOnCreate"


@dataclass(frozen=True)
class Version:
    """One version of one dialect (``hot`` or ``cfn``).

    ``functions`` are those that every Heat has, and that the API lists; ``extras`` and
    ``condition_extras`` are what CloudFormation has besides, or has more of. Rules are made of
    functions of their own.
    """

    key: str
    date: str
    dialect: str
    functions: Mapping[str, Function]
    conditions: Mapping[str, Function] = field(default_factory=dict[str, Function])
    extras: Mapping[str, Function] = field(default_factory=dict[str, Function])
    condition_extras: Mapping[str, Function] = field(default_factory=dict[str, Function])
    rules: Mapping[str, Function] = field(default_factory=dict[str, Function])
    withdrawn: tuple[str, ...] = ()
    alias: str | None = None
    sections: tuple[str, ...] = ()
    parameter_tags: bool = False
    modulo: bool = False
    external_id: bool = False
    lower_case_policies: bool = False

    @property
    def name(self) -> str:
        """The full name, as the API has it."""
        return f"{self.key}.{self.date}"

    @property
    def aliases(self) -> tuple[str, ...]:
        """The other full names."""
        return (f"{self.key}.{self.alias}",) if self.alias else ()

    @property
    def has_conditions(self) -> bool:
        """Whether resources and outputs may have conditions."""
        return bool(self.conditions)

    @property
    def extended(self) -> bool:
        """Whether it has what CloudFormation has and Heat never had."""
        return bool(self.extras)

    @property
    def deletion_policies(self) -> tuple[str, ...]:
        """The words that a deletion policy may be."""
        words = REPLACE_POLICIES
        if self.extended:
            return (*words, RETAIN_EXCEPT_ON_CREATE)
        return words + tuple(w.lower() for w in words) if self.lower_case_policies else words

    @property
    def rule_language(self) -> Language:
        """What rules are compiled with."""
        return _RULES[self.name]

    @property
    def language(self) -> Language:
        """What values and conditions are compiled with: withdrawn functions still parse."""
        return _LANGUAGES[self.name]


def find(key: str, value: str) -> Version | None:
    """Return the version that a template names."""
    for version in VERSIONS:
        if version.key == key and value in (version.date, version.alias):
            return version
    return None


def having(version: Version, test: Callable[[Version], bool]) -> Version | None:
    """Return the first later version of a dialect that passes a test; None if this one does."""
    if test(version):
        return None
    found = [one for one in VERSIONS if one.dialect == version.dialect and test(one)]
    return next((one for one in found if one.key != version.key or one.date > version.date), None)


def known(key: str) -> list[str]:
    """List every value that a version key may have."""
    named = [v for v in VERSIONS if v.key == key]
    return sorted([v.date for v in named] + [v.alias for v in named if v.alias])


def _table(*functions: Function) -> dict[str, Function]:
    return {function.name: function for function in functions}


def _language(version: Version) -> Language:
    gone = {
        name: logic.withdrawn(name, "2015-10-15" if name == "Fn::Select" else "2014-10-16")
        for name in version.withdrawn
    }
    ordinary = {**version.functions, **version.extras, **gone}
    conditions = {**version.conditions, **version.condition_extras}
    return Language(ordinary, {**_misplaced(ordinary), **conditions})


def _rule_language(version: Version) -> Language:
    ordinary = version.language.functions
    return Language(ordinary, {**_misplaced(ordinary), **version.rules})


def _misplaced(functions: Iterable[str]) -> dict[str, Function]:
    return {name: logic.misplaced(name) for name in functions}


_CFN_SHARED = _table(
    references.FN_RESOURCE_FACADE,
    references.FN_GET_AZS,
    references.REF,
    texts.FN_JOIN,
    texts.FN_SPLIT,
    texts.FN_REPLACE,
    texts.FN_BASE64,
    c.FN_MEMBER_LIST_TO_MAP,
)
_SELECT = _table(c.FN_SELECT)
_2013 = _table(
    references.GET_PARAM,
    references.GET_RESOURCE,
    references.GET_ATTR_1,
    references.GET_FILE,
    references.RESOURCE_FACADE,
    texts.LIST_JOIN_1,
    texts.STR_REPLACE_1,
)
_2014 = _2013 | _table(references.GET_ATTR_2)
_2015_04 = _2014 | _table(c.REPEAT_1, texts.DIGEST)
_2015_10 = _2015_04 | _table(
    references.GET_ATTR_3, texts.LIST_JOIN, texts.STR_REPLACE, texts.STR_SPLIT
)
_2016_04 = _2015_10 | _table(c.MAP_MERGE)
_2016_10 = _2016_04 | _table(c.REPEAT_2, c.MAP_REPLACE, queries.YAQL, logic.IF)
_2017_02 = _2016_10 | _table(c.FILTER, texts.STR_REPLACE_STRICT)
_2017_09 = _2017_02 | _table(
    c.REPEAT_3,
    c.CONTAINS,
    c.LIST_CONCAT,
    c.LIST_CONCAT_UNIQUE,
    urls.MAKE_URL,
    texts.STR_REPLACE_VSTRICT,
)
_2021 = _2017_09 | _table(logic.IF_OPTIONAL)
_CONDITIONS = _table(logic.EQUALS, logic.NOT, logic.AND, logic.OR, references.GET_PARAM)
_MORE_CONDITIONS = _CONDITIONS | _table(queries.YAQL, c.CONTAINS)
_CFN = _CFN_SHARED | _SELECT | _table(references.FN_GETATT, references.FN_FIND_IN_MAP)
_CFN_CONDITIONS = _table(
    logic.FN_EQUALS,
    logic.FN_NOT,
    logic.FN_AND,
    logic.FN_OR,
    references.PARAM_REF,
    references.FN_FIND_IN_MAP,
)
_EXTRAS = _table(
    references.REF_OR_NOTHING,
    references.FN_FIND_IN_MAP_OR_DEFAULT,
    references.FN_IMPORT_VALUE,
    substitution.FN_SUB,
    texts.FN_TO_JSON_STRING,
    networks.FN_CIDR,
    c.FN_LENGTH,
)
_CONDITION_EXTRAS = _SELECT | _table(
    logic.CONDITION,
    references.FN_FIND_IN_MAP_OR_DEFAULT,
    substitution.CONDITION_SUB,
    texts.FN_JOIN,
    texts.FN_SPLIT,
    c.FN_LENGTH,
)
_RULE_FUNCTIONS = _table(
    logic.FN_EQUALS,
    logic.FN_NOT,
    logic.FN_AND,
    logic.FN_OR,
    references.PARAM_REF,
    assertions.FN_CONTAINS,
    assertions.FN_EACH_MEMBER_EQUALS,
    assertions.FN_EACH_MEMBER_IN,
    assertions.FN_REF_ALL,
    assertions.FN_VALUE_OF,
    assertions.FN_VALUE_OF_ALL,
)

_HOT_SECTIONS = (
    HOT_KEY,
    "description",
    "parameter_groups",
    "parameters",
    "resources",
    "outputs",
)
_CFN_SECTIONS = (
    AWS_KEY,
    CFN_KEY,
    "Description",
    "Mappings",
    "Parameters",
    "Resources",
    "Outputs",
)


def _hot(date: str, functions: dict[str, Function], withdrawn: Iterable[str]) -> Version:
    return Version(
        HOT_KEY, date, "hot", functions, withdrawn=tuple(withdrawn), sections=_HOT_SECTIONS
    )


_v2016_10 = replace(
    _hot("2016-10-14", _2016_10, [*_CFN_SHARED, *_SELECT]),
    alias="newton",
    conditions=_CONDITIONS,
    sections=(*_HOT_SECTIONS, "conditions"),
    external_id=True,
    lower_case_policies=True,
)
_v2017_02 = replace(_v2016_10, date="2017-02-24", alias="ocata", functions=_2017_02, modulo=True)
_v2017_09 = replace(
    _v2017_02, date="2017-09-01", alias="pike", functions=_2017_09, conditions=_MORE_CONDITIONS
)
_v2018_03 = replace(_v2017_09, date="2018-03-02", alias="queens", parameter_tags=True)

VERSIONS: tuple[Version, ...] = (
    _hot("2013-05-23", _2013 | _CFN_SHARED | _SELECT, ()),
    _hot("2014-10-16", _2014 | _SELECT, _CFN_SHARED),
    _hot("2015-04-30", _2015_04 | _SELECT, _CFN_SHARED),
    _hot("2015-10-15", _2015_10, [*_CFN_SHARED, *_SELECT]),
    _hot("2016-04-08", _2016_04, [*_CFN_SHARED, *_SELECT]),
    _v2016_10,
    _v2017_02,
    _v2017_09,
    _v2018_03,
    replace(_v2018_03, date="2018-08-31", alias="rocky"),
    replace(_v2018_03, date="2021-04-16", alias="wallaby", functions=_2021),
    Version(
        AWS_KEY,
        "2010-09-09",
        "cfn",
        _CFN | _table(logic.FN_IF),
        _CFN_CONDITIONS,
        _EXTRAS,
        _CONDITION_EXTRAS,
        _RULE_FUNCTIONS,
        sections=(*_CFN_SECTIONS, "Conditions", "Metadata", "Rules", "Transform"),
    ),
    Version(CFN_KEY, "2012-12-12", "cfn", _CFN, sections=_CFN_SECTIONS),
)

_LANGUAGES = {version.name: _language(version) for version in VERSIONS}
_RULES = {version.name: _rule_language(version) for version in VERSIONS if version.rules}
