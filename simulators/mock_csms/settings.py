"""Settings: what the mock CSMS is to be, as a frozen value, from a TOML file or from options."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

from simulators.mock_csms.errors import RequestError, SettingsError
from simulators.mock_csms.keys import BadKeyError, configured_key
from simulators.mock_csms.members import Types, misfit
from simulators.mock_csms.tokens import Info, checked

DEFAULT_PORT: Final = 9000
DEFAULT_API_PORT: Final = 9001

EC: Final = "ec-p256"
RSA: Final = "rsa-3072"
KEY_TYPES: Final = (EC, RSA)

CLIENT_CNS: Final[Mapping[str, tuple[str, ...]]] = {
    "either": ("identity", "serial"),
    "identity": ("identity",),
    "serial": ("serial",),
    "any": (),
}
"""What the CN of a station's certificate may be, by the value of the setting; nothing: whatever it likes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is embedded in a test by default: free ports, no API, everything accepted, nobody kept out."""

    host: str = "127.0.0.1"
    port: int = 0
    """Where stations connect to without TLS: security profile 1, or 0 without passwords. 0 takes a free port."""
    tls_port: int | None = None
    """For security profile 2; 0 takes a free port, None does not listen."""
    mutual_tls_port: int | None = None
    """For security profile 3; 0 takes a free port, None does not listen."""
    api_port: int | None = None
    """Of the control API, always on loopback; 0 takes a free port, None has no API."""
    password: str | None = field(default=None, repr=False)
    """Of all stations that have none of their own in `users`."""
    users: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Password by station. If there is any password, every station needs one."""
    heartbeat_interval_s: int = 300
    tokens: Mapping[str, Info] = field(default_factory=dict, repr=False)
    """Status or idTokenInfo by id token, compared without case; `*` is every other one."""
    meter_keys: Mapping[str, bytes] = field(default_factory=dict)
    """Public key (DER) by meter serial; `*` is every other one."""
    call_timeout_s: float = 30.0
    ping_interval_s: float | None = None
    """Between websocket pings of the CSMS; None sends none."""
    price_per_kwh: float | None = None
    """Tells stations in answers to TransactionEvents what a transaction costs so far; None does not."""
    messages_kept: int = 2000
    """Per station."""
    tls_names: tuple[str, ...] = ()
    """In server certificates, beside the loopback's; the first is the CN and stands in URLs. None: the host."""
    client_cn: str = "either"
    """What the CN of a station's certificate has to be: a key of CLIENT_CNS."""
    client_organization: str | None = None
    """What the O of a station's certificate has to contain."""
    serials: Mapping[str, str] = field(default_factory=dict)
    """Serial number by station; of others that of their last BootNotification counts."""
    ca_dir: Path | None = None
    """Where the root and its key are kept; None makes a new root each time."""
    ca_key: str = EC
    ca_intermediate: bool = False
    """Sign with an authority below the root, which comes along in the chains."""


_TYPES: Final[Types] = {
    "host": (str,),
    "port": (int,),
    "tls_port": (int,),
    "mutual_tls_port": (int,),
    "api_port": (int,),
    "password": (str,),
    "users": (dict,),
    "heartbeat_interval_s": (int,),
    "tokens": (dict,),
    "meter_keys": (dict,),
    "call_timeout_s": (int, float),
    "ping_interval_s": (int, float),
    "price_per_kwh": (int, float),
    "messages_kept": (int,),
    "tls_names": (list,),
    "client_cn": (str,),
    "client_organization": (str,),
    "serials": (dict,),
    "ca_dir": (str,),
    "ca_key": (str,),
    "ca_intermediate": (bool,),
}
assert set(_TYPES) == {field.name for field in fields(Settings)}

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {"client_cn": tuple(CLIENT_CNS), "ca_key": KEY_TYPES}


def load(path: Path) -> dict[str, Any]:
    """Return the members of a Settings that a TOML file gives; SettingsError names file, key and what is allowed."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{path}: no TOML: {error}") from error
    for key in values:
        if key not in _TYPES:
            raise SettingsError(f"{path}: {key} is unknown; allowed are {', '.join(_TYPES)}")
    if problem := misfit(values, _TYPES):
        raise SettingsError(f"{path}: {problem}")
    return values


def settings(values: Mapping[str, Any], *, source: str) -> Settings:
    """Return the settings of values as `load` gives them, keys and statuses checked."""
    ready = dict(values)
    ready["tokens"] = {
        token.upper(): _info(info, f"{source}: tokens") for token, info in ready.get("tokens", {}).items()
    }
    ready["meter_keys"] = {
        serial: _key(text, f"{source}: meter_keys.{serial}") for serial, text in ready.get("meter_keys", {}).items()
    }
    ready["tls_names"] = tuple(ready.get("tls_names", ()))
    if ready.get("ca_dir") is not None:
        ready["ca_dir"] = Path(ready["ca_dir"])
    _check(ready, source)
    return Settings(**ready)


def _check(ready: Mapping[str, Any], source: str) -> None:
    for table in ("users", "serials"):
        for station, text in ready.get(table, {}).items():
            if not isinstance(text, str):
                raise SettingsError(f"{source}: {table}.{station}: a text expected")
    for key, allowed in _CHOICES.items():
        if ready.get(key, allowed[0]) not in allowed:
            raise SettingsError(f"{source}: {key} is {ready[key]!r}; allowed are {', '.join(allowed)}")
    if not all(isinstance(name, str) for name in ready["tls_names"]):
        raise SettingsError(f"{source}: tls_names: a list of host names and IP addresses expected")
    for key in ("port", "tls_port", "mutual_tls_port", "api_port"):
        if ready.get(key) is not None and not 0 <= ready[key] <= 65535:
            raise SettingsError(f"{source}: {key} is {ready[key]}: 0 to 65535 expected")
    for key in ("heartbeat_interval_s", "call_timeout_s", "ping_interval_s", "price_per_kwh", "messages_kept"):
        if ready.get(key) is not None and not ready[key] > 0:
            raise SettingsError(f"{source}: {key} is {ready[key]}: more than 0 expected")


def _info(info: object, place: str) -> Info:
    try:
        return checked(info)
    except RequestError as error:
        allowed = f"; allowed are {', '.join(error.allowed)}" if error.allowed else ""
        raise SettingsError(f"{place}: {error}{allowed}") from error


def _key(text: object, place: str) -> bytes:
    try:
        return configured_key(str(text))
    except BadKeyError as error:
        raise SettingsError(f"{place}: {error}; give the key as hex digits of its DER form") from error
