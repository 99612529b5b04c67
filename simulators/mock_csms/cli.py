"""The command `mock-csms`: run the CSMS, or ask a running one."""

import argparse
import asyncio
import http.client
import json
import signal
import ssl
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from simulators.mock_csms.errors import MockCsmsError, SettingsError
from simulators.mock_csms.messages import Message
from simulators.mock_csms.settings import (
    CLIENT_CNS,
    DEFAULT_API_PORT,
    DEFAULT_PORT,
    EC,
    KEY_TYPES,
    Settings,
    load,
    settings,
)

if TYPE_CHECKING:
    from simulators.mock_csms.server import MockCsms

PING_INTERVAL_S = 30.0

_ALIKE = (
    "host", "port", "api_port", "tls_port", "mutual_tls_port", "password", "heartbeat_interval_s", "call_timeout_s",
    "ca_dir", "ca_key", "ca_intermediate", "client_cn", "client_organization",
)  # fmt: skip
"""Options that are members of the settings as they are."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 well, 1 refused, 2 unusable settings or arguments."""
    options = _parser().parse_args(argv)
    try:
        return int(options.command(options))
    except MockCsmsError as error:
        print(f"mock-csms: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"mock-csms: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mock-csms", description="A CSMS for trying OCPP 2.0.1 stations.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="run the CSMS until SIGINT or SIGTERM"))
    asks = {
        "stations": ("list the stations", ()),
        "messages": ("show the frames of a station", ("station",)),
        "transactions": ("show the transactions of a station", ("station",)),
        "call": ("send a request to a station and show its answer", ("station", "action", "payload")),
    }
    for name, (text, arguments) in asks.items():
        ask = commands.add_parser(name, help=text)
        ask.add_argument("--api", default=f"http://127.0.0.1:{DEFAULT_API_PORT}", help="the CSMS's control API")
        for argument in arguments:
            optional: dict[str, Any] = {"nargs": "?", "default": "{}"} if argument == "payload" else {}
            ask.add_argument(argument, metavar=argument.upper(), **optional)
        ask.set_defaults(command=_ask, name=name)
    return parser


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument("--config", type=Path, metavar="FILE", help="TOML file; options on the command line win")
    run.add_argument("--host", help="address to listen on for stations (127.0.0.1)")
    run.add_argument("--port", type=int, help=f"port for stations ({DEFAULT_PORT}; 0: a free one)")
    run.add_argument("--api-port", type=int, help=f"port of the control API, on loopback ({DEFAULT_API_PORT})")
    run.add_argument("--password", help="basic authentication: the password of all stations")
    run.add_argument("--user", action="append", default=[], metavar="ID:PASSWORD", help="that of one station")
    run.add_argument("--token", action="append", default=[], metavar="UID=STATUS", help="'*' is every other token")
    run.add_argument("--meter-key", action="append", default=[], metavar="[SERIAL=]HEX", help="public key, DER")
    run.add_argument("--interval", type=int, dest="heartbeat_interval_s", metavar="S", help="of heartbeats (300)")
    run.add_argument("--price", type=float, dest="price_per_kwh", metavar="KWH", help="tell what a transaction costs")
    run.add_argument("--call-timeout", type=float, dest="call_timeout_s", metavar="S", help="for answers (30)")
    run.add_argument(
        "--tls-port", type=int, metavar="PORT", help="listen for security profile 2, too (0: a free one)"
    )
    run.add_argument("--mutual-tls-port", type=int, metavar="PORT", help="and for security profile 3")
    run.add_argument("--tls-name", action="append", default=[], metavar="NAME", help="in server certificates")
    run.add_argument("--ca-dir", metavar="DIR", help="keep the certificate authority here, else it is new each time")
    run.add_argument("--ca-key", choices=KEY_TYPES, help=f"of the authority ({EC})")
    run.add_argument("--ca-intermediate", action="store_true", default=None, help="sign with one below the root")
    run.add_argument("--client-cn", choices=tuple(CLIENT_CNS), help="what the CN of a station has to be (either)")
    run.add_argument("--client-organization", metavar="TEXT", help="what its O has to contain")
    run.add_argument("--serial", action="append", default=[], metavar="ID=SERIAL", help="serial number of a station")
    run.add_argument("--tls-cert", type=Path, metavar="FILE", help="PEM certificate chain: TLS on --port, too")
    run.add_argument("--tls-key", type=Path, metavar="FILE", help="PEM key of the certificate")
    run.add_argument("--tls-client-ca", type=Path, metavar="FILE", help="ask stations for a certificate of this CA")
    run.add_argument("--quiet", action="store_true", help="no line per message on stderr")
    run.set_defaults(command=_run)


def settings_from(options: argparse.Namespace) -> Settings:
    """Return the settings of the options, laid over those of the configuration file."""
    values: dict[str, Any] = {
        "port": DEFAULT_PORT,
        "api_port": DEFAULT_API_PORT,
        "ping_interval_s": PING_INTERVAL_S,
        **(load(options.config) if options.config else {}),
    }
    for key in _ALIKE:
        if getattr(options, key) is not None:
            values[key] = getattr(options, key)
    values["users"] = {**values.get("users", {}), **_pairs(options.user, ":", "--user ID:PASSWORD")}
    values["tokens"] = {**values.get("tokens", {}), **_pairs(options.token, "=", "--token UID=STATUS")}
    values["serials"] = {**values.get("serials", {}), **_pairs(options.serial, "=", "--serial ID=SERIAL")}
    values["tls_names"] = options.tls_name or values.get("tls_names", [])
    keys = [text if "=" in text.rstrip("=") else f"*={text}" for text in options.meter_key]
    values["meter_keys"] = {**values.get("meter_keys", {}), **_pairs(keys, "=", "--meter-key SERIAL=HEX")}
    return settings(values, source=str(options.config or "options"))


def _pairs(texts: Sequence[str], separator: str, form: str) -> Mapping[str, str]:
    pairs = [text.partition(separator) for text in texts]
    if any(not key or not found for key, found, _ in pairs):
        raise SettingsError(f"{form} expected")
    return {key: value for key, _, value in pairs}


def _run(options: argparse.Namespace) -> int:
    chosen = settings_from(options)
    tls = _tls(options)
    asyncio.run(_serve(chosen, tls=tls, quiet=options.quiet))
    return 0


def _tls(options: argparse.Namespace) -> ssl.SSLContext | None:
    if options.tls_cert is None:
        if options.tls_key or options.tls_client_ca:
            raise SettingsError("--tls-key and --tls-client-ca need --tls-cert")
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(options.tls_cert, options.tls_key)
        if options.tls_client_ca:
            context.load_verify_locations(options.tls_client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as error:
        raise SettingsError(f"{options.tls_cert}: certificate, key or CA cannot be used: {error}") from error
    return context


async def _serve(chosen: Settings, *, tls: ssl.SSLContext | None, quiet: bool) -> None:
    from simulators.mock_csms.narrate import line, notice
    from simulators.mock_csms.server import MockCsms, unheard, utc_now

    def tell(station: str, what: Message | str) -> None:
        text = notice(station, what, at=utc_now()) if isinstance(what, str) else line(station, what)
        print(text, file=sys.stderr, flush=True)

    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with MockCsms(chosen, tls=tls, say=unheard if quiet else tell) as csms:
        print(json.dumps(_ready(csms)), flush=True)
        await stopped.wait()


def _ready(csms: "MockCsms") -> dict[str, Any]:
    """Return what a CSMS that is ready says of itself; without TLS there is no root to make."""
    ready: dict[str, Any] = {"ready": True, "ocpp": csms.url, "api": csms.api_url, "profiles": dict(csms.urls)}
    if csms.settings.tls_port is not None or csms.settings.mutual_tls_port is not None:
        file = csms.authority.root_file
        ready |= {"root": csms.authority.root_pem, "rootFile": file and str(file)}
    return ready


def _ask(options: argparse.Namespace) -> int:
    """Ask a running CSMS; 1 if it or the station refuses."""
    station = f"/stations/{quote(getattr(options, 'station', ''), safe='')}"
    match options.name:
        case "stations":
            status, answer = _request(options.api, "GET", "/stations")
        case "call":
            try:
                payload = json.loads(options.payload)
            except ValueError as error:
                raise SettingsError(f"the payload is no JSON: {error}") from error
            body = {"action": options.action, "payload": payload}
            status, answer = _request(options.api, "POST", f"{station}/calls", body)
        case name:
            status, answer = _request(options.api, "GET", f"{station}/{name}")
    print(json.dumps(answer, indent=2, ensure_ascii=False))
    return 0 if status == 200 and not (isinstance(answer, dict) and "error" in answer) else 1


def _request(api: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    address = urlsplit(api)
    if address.scheme != "http" or not address.hostname:
        raise SettingsError(f"--api {api}: http://127.0.0.1:PORT expected")
    connection = http.client.HTTPConnection(address.hostname, address.port or DEFAULT_API_PORT)
    try:
        connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    except ConnectionRefusedError as error:
        raise SettingsError(f"no mock CSMS answers at {api}; start one with: mock-csms run") from error
    except (ValueError, http.client.HTTPException) as error:
        raise SettingsError(f"{api} does not answer as a mock CSMS does: {error}") from error
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
