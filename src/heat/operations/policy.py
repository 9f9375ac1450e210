"""Who may do what: the rules' defaults, and asking oslo.policy."""

import logging
import time
from functools import cache
from threading import Lock
from typing import Any

from oslo_config import cfg
from oslo_policy import policy

from heat.base.errors import Denied, Invalid
from heat.operations.context import Context

_log = logging.getLogger(__name__)
_MINE = "project_id:%(project_id)s"
_OLD = "rule:deny_stack_user"
READER = "rule:project_reader"
MEMBER = "rule:project_member"
READER_OR_STACK_USER = "rule:project_reader or (role:heat_stack_user and " + _MINE + ")"
NOBODY = "rule:deny_everybody"

_BASE = {
    "context_is_admin": "role:admin and is_admin_project:True",
    "project_admin": "role:admin",
    "deny_stack_user": "not role:heat_stack_user",
    "deny_everybody": "!",
    "allow_everybody": "",
    "project_member": "role:admin or (role:member and " + _MINE + ")",
    "project_reader": "role:admin or ((role:reader or role:member) and " + _MINE + ")",
}

_READERS = [
    "actions:check",
    "build_info:build_info",
    "events:index",
    "events:show",
    "resource:index",
    "resource:show",
    "software_configs:index",
    "software_configs:show",
    "software_deployments:index",
    "software_deployments:show",
    "stacks:detail",
    "stacks:index",
    "stacks:list_resource_types",
    "stacks:list_template_versions",
    "stacks:list_template_functions",
    "stacks:preview",
    "stacks:resource_schema",
    "stacks:show",
    "stacks:template",
    "stacks:environment",
    "stacks:files",
    "stacks:show_snapshot",
    "stacks:list_snapshots",
    "stacks:list_outputs",
    "stacks:show_output",
    "cloudformation:ListStacks",
    "cloudformation:DescribeStacks",
    "cloudformation:DescribeStackEvents",
    "cloudformation:ValidateTemplate",
    "cloudformation:GetTemplate",
    "cloudformation:EstimateTemplateCost",
    "cloudformation:DescribeStackResources",
    "cloudformation:ListStackResources",
]
_MEMBERS = [
    "actions:action",
    "actions:snapshot",
    "actions:suspend",
    "actions:resume",
    "actions:cancel_update",
    "actions:cancel_without_rollback",
    "resource:mark_unhealthy",
    "software_configs:create",
    "software_configs:delete",
    "software_deployments:create",
    "software_deployments:update",
    "software_deployments:delete",
    "stacks:abandon",
    "stacks:create",
    "stacks:delete",
    "stacks:export",
    "stacks:generate_template",
    "stacks:update",
    "stacks:update_patch",
    "stacks:preview_update",
    "stacks:preview_update_patch",
    "stacks:validate_template",
    "stacks:snapshot",
    "stacks:delete_snapshot",
    "stacks:restore_snapshot",
    "cloudformation:CreateStack",
    "cloudformation:DeleteStack",
    "cloudformation:UpdateStack",
    "cloudformation:CancelUpdateStack",
]
_STACK_USERS = [
    "resource:metadata",
    "resource:signal",
    "stacks:lookup",
    "cloudformation:DescribeStackResource",
]
_TYPES_OF_ADMINISTRATORS = [
    "OS::Blazar::Host",
    "OS::Cinder::EncryptedVolumeType",
    "OS::Cinder::QoSAssociation",
    "OS::Cinder::QoSSpecs",
    "OS::Cinder::Quota",
    "OS::Cinder::VolumeType",
    "OS::Keystone::*",
    "OS::Manila::ShareType",
    "OS::Neutron::ProviderNet",
    "OS::Neutron::QoSBandwidthLimitRule",
    "OS::Neutron::QoSDscpMarkingRule",
    "OS::Neutron::QoSMinimumBandwidthRule",
    "OS::Neutron::QoSMinimumPacketRateRule",
    "OS::Neutron::QoSPolicy",
    "OS::Neutron::Quota",
    "OS::Neutron::Segment",
    "OS::Nova::Flavor",
    "OS::Nova::HostAggregate",
    "OS::Nova::Quota",
    "OS::Octavia::AvailabilityZone",
    "OS::Octavia::AvailabilityZoneProfile",
    "OS::Octavia::Flavor",
    "OS::Octavia::FlavorProfile",
    "OS::Octavia::Quota",
]


def defaults() -> list[policy.RuleDefault]:
    """Return every rule with its default; the older default holds where operators keep it."""
    rules = [policy.RuleDefault(name, check) for name, check in _BASE.items()]
    rules += [_rule(name, READER, _OLD) for name in _READERS]
    rules += [_rule(name, MEMBER, _OLD) for name in _MEMBERS]
    rules += [_rule(name, READER_OR_STACK_USER, "rule:allow_everybody") for name in _STACK_USERS]
    rules += [
        _rule("service:index", "rule:project_admin", "rule:context_is_admin"),
        policy.RuleDefault("stacks:update_no_change", "rule:stacks:update_patch"),
        policy.RuleDefault("stacks:global_index", NOBODY),
        policy.RuleDefault("software_configs:global_index", NOBODY),
        policy.RuleDefault("software_deployments:metadata", READER_OR_STACK_USER),
    ]
    rules += [
        policy.RuleDefault(f"resource_types:{name}", "rule:project_admin")
        for name in _TYPES_OF_ADMINISTRATORS
    ]
    return rules


def _rule(name: str, check: str, older: str) -> policy.RuleDefault:
    return policy.RuleDefault(
        name,
        check,
        deprecated_rule=policy.DeprecatedRule(
            name, older, deprecated_reason="roles say it better", deprecated_since="1"
        ),
    )


LASTING = 1.0
"""Seconds for which the same question gets the same answer; a changed policy.yaml counts then."""


class Policy:
    """The rules of one service: policy.yaml over the defaults, read again when it changes.

    Raises Invalid when the rules can't be used. Those that can't be read later change nothing.
    """

    def __init__(self, conf: Any = None) -> None:
        if conf is None:
            conf = cfg.ConfigOpts()
            conf([], project="heat", default_config_files=[], default_config_dirs=[])
        self._enforcer = policy.Enforcer(conf)
        # What operators are told about older rules they need not hear at every request.
        self._enforcer.suppress_deprecation_warnings = True
        self._enforcer.suppress_default_change_warnings = True
        self._enforcer.register_defaults(defaults())
        self._answers: dict[tuple[Any, ...], bool] = {}
        self._until = 0.0
        # While the library reads its files anew, it knows only some of the rules.
        self._alone = Lock()
        try:
            self._enforcer.load_rules()
            self._enforcer.check_rules(raise_on_violation=True)
        except (policy.InvalidDefinitionError, AttributeError, ValueError) as wrong:
            raise Invalid(f"{self._file} can't be used: {_said(wrong)}") from None

    def check(self, rule: str, context: Context, project: str) -> None:
        """Raise Denied unless a rule allows the caller to act on a project."""
        if not self._allows(rule, context, project):
            raise Denied(f"You are not authorized to use {rule}.")

    def allows_type(self, name: str, context: Context, *, admin: bool = False) -> bool:
        """Tell whether the caller may use a resource type.

        A type has a rule of its own, or one for all of its service, or none: then all may use
        it, unless it is one for administrators (``admin``).
        """
        self._look_again()
        service = name.rpartition("::")[0]
        for rule in (f"resource_types:{name}", f"resource_types:{service}::*"):
            if rule in self._enforcer.rules:
                return self._allows(rule, context, context.project)
        return not admin or self._allows("project_admin", context, context.project)

    def _allows(self, rule: str, context: Context, project: str) -> bool:
        answers = self._look_again()
        who = (context.user_id, context.user_domain, context.project, context.project_domain)
        question = (rule, project, context.roles, context.is_admin, *who)
        if (known := answers.get(question)) is None:
            known = answers[question] = self._judge(rule, context, project)
        return known

    def _look_again(self) -> dict[tuple[Any, ...], bool]:
        """Read the rules anew now and then; returns what has been answered by them."""
        with self._alone:
            if time.monotonic() >= self._until:
                self._reload()
                self._answers, self._until = {}, time.monotonic() + LASTING
            return self._answers

    def _reload(self) -> None:
        try:
            self._enforcer.load_rules()
        except (AttributeError, ValueError) as wrong:
            _log.error(
                "%s can't be read; the rules stay as they were: %s", self._file, _said(wrong)
            )

    @property
    def _file(self) -> str:
        return f"The policy file {self._enforcer.policy_file}"

    def _judge(self, rule: str, context: Context, project: str) -> bool:
        """Ask the library, which looks at its files and into its rules each time."""
        who = {
            "user_id": context.user_id,
            "user_domain_id": context.user_domain,
            "project_id": context.project,
            "project_domain_id": context.project_domain,
            "roles": list(context.roles),
            "is_admin_project": context.is_admin or "admin" not in context.roles,
        }
        with self._alone:
            return bool(self._enforcer.enforce(rule, {"project_id": project}, who))


def _said(wrong: Exception) -> str:
    return "it must be a map of rules." if isinstance(wrong, AttributeError) else str(wrong)


@cache
def default_policy() -> Policy:
    """Return the rules as they are where no operator says otherwise."""
    return Policy()
