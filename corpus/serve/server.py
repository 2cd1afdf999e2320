"""A server on a port, until it is told to stop; then what is in flight is finished."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable

from translate.errors import UsageError

__all__ = ["bind", "run_server"]

_CONNECTIONS = 1024
_IDLE = 75
"""Seconds after which a connection on which nothing comes is closed."""
_LAST_PORT = 65535


def bind(host: str, port: int) -> socket.socket:
    """A socket that is bound, before a model is loaded: whether the port is free is known at once.

    Args:
        host: an address of this machine, or a name of one.
        port: 0 for any that is free.

    Raises:
        UsageError: there is no such address here, or the port is taken.
    """
    if not 0 <= port <= _LAST_PORT:
        raise UsageError(f"cannot listen on port {port}: ports are 0 to {_LAST_PORT}")
    bound = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except (OSError, UnicodeError) as error:
        if bound is not None:
            bound.close()
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot listen on {host}, port {port}: {reason}; choose another --port or --host") from error
    return bound


def run_server(app: Callable[..., object], bound: socket.socket, *, on_start: Callable[[], None]) -> bool:
    """Answer requests until SIGINT or SIGTERM; then take no more, and finish those that are in flight.

    Args:
        app: an ASGI application.
        bound: where it listens.
        on_start: called once it does.

    Returns:
        Whether all that was in flight was finished; a second SIGINT does not wait for that.
    """
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            on_start()

    # Its loggers would write tracebacks, in which there may be text of users; we tell errors ourselves.
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=_CONNECTIONS,
        timeout_keep_alive=_IDLE,
        lifespan="on",
    )
    server = Server(config)
    try:
        server.run(sockets=[bound])
    except KeyboardInterrupt:  # it raises the signal that stopped it once more, when all is done
        return not server.force_exit
    return not server.force_exit
