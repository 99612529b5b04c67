"""Sockets that listen on loopback, for the control API and for lines."""

import socket

from simulators.bench.errors import BenchError


def listen(host: str, port: int, *, remedy: str) -> socket.socket:
    """Return a socket that listens there, on a free port for 0; BenchError if somebody else does."""
    family = socket.AF_INET6 if host == "::1" else socket.AF_INET
    server = socket.socket(family, socket.SOCK_STREAM)
    try:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((host, port))
        server.listen()
        server.setblocking(False)
    except OSError as error:
        server.close()
        raise BenchError(f"{host}:{port}: {error.strerror}: {remedy}") from error
    return server


def host_and_port(address: tuple[str, int]) -> str:
    """Return the text of a socket's address as it stands in a URL."""
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
