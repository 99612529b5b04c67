"""Real TLS servers on loopback, and handshakes with them."""

import asyncio
import contextlib
import socket
import ssl
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from station.pki.material import ClientIdentity
from tests.pki.authority import Authority, Leaf


@dataclass(frozen=True)
class Agreed:
    """What both sides agreed on."""

    version: str
    suite: str
    compression: str | None
    client: str | None
    """The commonName of the client, as the server saw it."""


def server_side(
    leaf: Leaf,
    folder: Path,
    *,
    clients_of: Authority | None = None,
    newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    suites: str | None = None,
) -> ssl.SSLContext:
    """Return the context of a server; one with `clients_of` asks for certificates of that authority."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        made.minimum_version = ssl.TLSVersion.TLSv1
        made.maximum_version = newest
    made.set_ciphers(suites or "ALL:@SECLEVEL=0")
    made.load_cert_chain(*leaf.write(folder, "server"))
    if clients_of is not None:
        made.verify_mode = ssl.CERT_REQUIRED
        made.load_verify_locations(cadata=clients_of.root_pem)
    return made


def shown_by(leaf: Leaf, folder: Path) -> ClientIdentity:
    """Return the files of a client's certificate."""
    chain, key = leaf.write(folder, "client")
    return ClientIdentity(chain, key, f"{leaf.certificate.serial_number:x}")


class TlsServer:
    """Sends each client a line with the name in its certificate.

    It has a thread of its own, for asyncio's servers end a handshake that fails without a word; real ones say why.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run, name="tls-server", daemon=True)

    async def __aenter__(self) -> int:
        """Return the port."""
        self._thread.start()
        return int(self._listener.getsockname()[1])

    async def __aexit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        await asyncio.to_thread(self._thread.join, 5)  # the loop has to close the client's end

    def _run(self) -> None:
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            with plain, contextlib.suppress(OSError):
                plain.settimeout(5)
                self._serve(plain)
                plain.shutdown(socket.SHUT_WR)
                while plain.recv(4096):  # else what we said last might get lost
                    pass

    def _serve(self, plain: socket.socket) -> None:
        into, out = ssl.MemoryBIO(), ssl.MemoryBIO()
        wrapped = self._context.wrap_bio(into, out, server_side=True)
        try:
            _do(wrapped.do_handshake, plain, into, out)
            certificate = wrapped.getpeercert() or {}
            names = [value for part in certificate.get("subject", ()) for key, value in part if key == "commonName"]
            wrapped.write(f"{''.join(names)}\n".encode())
        except ssl.SSLError:
            pass
        plain.sendall(out.read())


def _do(step: Callable[[], None], plain: socket.socket, into: ssl.MemoryBIO, out: ssl.MemoryBIO) -> None:
    while True:
        try:
            return step()
        except ssl.SSLWantReadError:
            plain.sendall(out.read())
            if not (received := plain.recv(65536)):
                into.write_eof()
            into.write(received)


async def shake(port: int, context: ssl.SSLContext, host: str) -> Agreed:
    """Connect to the server as if it were `host`; raise what comes instead."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=host)
    try:
        line = await reader.readline()
        suite, version, _ = writer.get_extra_info("cipher")
        compression = writer.get_extra_info("compression")
        return Agreed(version, suite, compression, line.decode().strip() or None)
    finally:
        writer.transport.abort()
