"""What requests asked for: templates and files once by content, environments without secrets."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select

from heat.store.database import Database
from heat.store.rows import DefinitionRow
from heat.store.shapes import from_json, to_json
from heat.store.statements import any_of, insert_new
from heat.store.tables import definition, raw_files, raw_template
from heat.template.hot import is_hidden

_VALUES = ("parameters", "parameter_defaults")
_MANY = (
    select(
        definition.c.id,
        raw_template.c.body,
        raw_files.c.body,
        definition.c.environment,
        definition.c.secrets,
    )
    .join(raw_template, raw_template.c.id == definition.c.template)
    .join(raw_files, raw_files.c.id == definition.c.files)
    .where(definition.c.id.in_(any_of("keys")))
)


def get(db: Database, definition_id: str) -> DefinitionRow | None:
    """Return a definition."""
    return many(db, [definition_id]).get(definition_id)


def many(db: Database, ids: Iterable[str]) -> dict[str, DefinitionRow]:
    """Return those of the definitions that exist."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = db.read(lambda connection: connection.execute(_MANY, {"keys": wanted}).all())
    return {row[0]: _read(db, row) for row in found}


def put(db: Database, row: DefinitionRow) -> None:
    """Keep a definition; one with this id that is there already stays as it is."""
    db.write(lambda connection: insert(connection, db, row))


def insert(connection: Connection, db: Database, row: DefinitionRow) -> None:
    """Keep a definition, within a transaction."""
    template, files = to_json(row.template), to_json(row.files)
    environment, secrets = _part(row.environment, hidden(row.template, row.environment))
    values = {
        "id": row.id,
        "template": _hash(template),
        "files": _hash(files),
        "environment": to_json(environment).decode(),
        "secrets": db.seal.close(to_json(secrets)) if secrets else None,
    }
    insert_new(connection, raw_template, [_body(template)])
    insert_new(connection, raw_files, [_body(files)])
    insert_new(connection, definition, [values])


def hidden(template: Any, environment: Mapping[str, Any]) -> frozenset[str]:
    """Return the names of the parameters whose values are secret."""
    names = set(environment.get("encrypted_param_names") or ())
    if isinstance(template, Mapping):
        for section, mark, says in _MARKS:
            declared = template.get(section)
            if isinstance(declared, Mapping):
                found: Mapping[str, Any] = declared
                names |= {
                    n
                    for n, said in found.items()
                    if isinstance(said, Mapping) and says(said.get(mark))
                }
    return frozenset(names)


def secrets(row: DefinitionRow) -> list[Any]:
    """Return the values of the parameters that are secret, defaults among them."""
    names, template = hidden(row.template, row.environment), row.template
    declared: Mapping[str, Any] = {}
    if isinstance(template, Mapping):
        declared = template.get("parameters") or template.get("Parameters") or {}
    given = [row.environment.get(section) or {} for section in _VALUES]
    defaults = {n: one.get("default", one.get("Default")) for n, one in declared.items()}
    return [values[n] for values in (*given, defaults) for n in names if n in values]


def _is_yes(value: Any) -> bool:
    return str(value).lower() in {"true", "t", "1", "on", "y", "yes"}


_MARKS = (("parameters", "hidden", is_hidden), ("Parameters", "NoEcho", _is_yes))


def _part(
    environment: Mapping[str, Any], names: frozenset[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split an environment into what may be seen and the secret parameter values."""
    open_part, secrets = dict(environment), dict[str, Any]()
    for section in _VALUES:
        values = environment.get(section)
        if isinstance(values, Mapping) and (found := names & values.keys()):
            open_part[section] = {k: None if k in found else v for k, v in values.items()}
            secrets[section] = {name: values[name] for name in found}
    return open_part, secrets


def _read(db: Database, row: Sequence[Any]) -> DefinitionRow:
    definition_id, template, files, environment, secrets = row
    whole = from_json(environment)
    if secrets is not None:
        for section, values in from_json(db.seal.open(secrets)).items():
            whole[section].update(values)
    return DefinitionRow(
        id=definition_id, template=from_json(template), files=from_json(files), environment=whole
    )


def _body(text: bytes) -> dict[str, str]:
    return {"id": _hash(text), "body": text.decode()}


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
