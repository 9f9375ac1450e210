"""Connections to MariaDB and MySQL that share what PyMySQL makes anew for each of them."""

from typing import Any

from sqlalchemy import Engine, event

_trust: dict[type[Any], Any] = {}


def share_trust(engine: Engine) -> None:
    """Let all connections share the certificates that TLS may be checked by.

    Each would read and keep those of the system: a megabyte, whether the server has TLS or not.
    What the URL says of TLS is a matter of its own connections.
    """
    plain: type[Any] = engine.dialect.loaded_dbapi.connections.Connection

    class Sharing(plain):  # type: ignore[misc]  # known only when it is used
        def _create_ssl_ctx(self, sslp: Any) -> Any:
            if sslp:
                return super()._create_ssl_ctx(sslp)
            if plain not in _trust:
                _trust[plain] = super()._create_ssl_ctx(sslp)
            return _trust[plain]

    def connect(_dialect: object, _record: object, given: Any, options: Any) -> Any:
        return Sharing(*given, **options)

    event.listen(engine, "do_connect", connect)
