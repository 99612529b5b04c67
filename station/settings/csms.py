"""The section about the CSMS: where it is, and what the line to it is protected by."""

from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from station.core.datatypes import InvalidValueError, Password
from station.core.network import ENCRYPTED, WITH_PASSWORD
from station.secret import Secret
from station.settings.toml_reader import Table, remedy
from station.settings.values import CsmsSettings

PROFILES = (0, 1, 2, 3)
"""Security profiles; 0 is none at all."""
PEM = b"-----BEGIN CERTIFICATE-----"


def read_csms(table: Table, path: Path) -> CsmsSettings:
    """Return what the section says; relative files are beside `path`."""
    settings = CsmsSettings(
        url=_url(table),
        security_profile=table.integer("security_profile", 1, choices=PROFILES),
        password=_password(table, path),
        compression=table.flag("compression", default=True),
        proxy=_proxy(table),
        lenient=table.flag("lenient", default=False),
        root_certificate=_root_certificate(table, path),
        system_roots=table.flag("system_roots", default=False),
    )
    allow_plain = table.flag("allow_plain_without_password", default=False)
    if settings.security_profile == 0 and not allow_plain:
        table.wrong(
            "security_profile",
            "0 sends everything to whoever answers; use 1 with a password, or say that this is meant with"
            " allow_plain_without_password = true",
        )
    _check_profile(settings, table)
    table.close()
    return settings


def _check_profile(settings: CsmsSettings, table: Table) -> None:
    profile, scheme = settings.security_profile, settings.url.partition(":")[0]
    if profile in ENCRYPTED and scheme == "ws":
        table.wrong("url", f"is not encrypted; security profile {profile} needs wss://")
    elif profile == 1 and scheme == "wss":
        table.wrong("security_profile", "1 is for ws://; a password over wss:// is profile 2")
    elif profile == 0 and scheme == "wss":
        table.wrong("security_profile", "0 is for ws://; over wss:// use 2 with a password or 3 with a certificate")
    password_told = table.has("password") or table.has("password_file")
    if profile in WITH_PASSWORD and settings.password is None and not password_told:
        table.wrong("password", f"is missing; security profile {profile} needs password or password_file")


def _root_certificate(table: Table, path: Path) -> Path | None:
    """Return the file, at which only a look is taken here: whether it holds certificates at all."""
    name = table.text("root_certificate", "")
    if not name:
        return None
    file = path.parent / name
    try:
        if PEM not in file.read_bytes():
            table.wrong("root_certificate", f"{file} holds no certificate; it has to be in PEM, as text")
    except OSError as error:
        table.wrong(
            "root_certificate", f"{file} cannot be read: {error.strerror}; it has to hold a certificate in PEM"
        )
    return file


def _url(table: Table) -> str:
    url = table.text("url")
    parts = _split(url, "url", table)
    if parts is None:
        return url
    if parts.username is not None or parts.password is not None:
        table.wrong("url", "must not hold a user or password; the user is the identity, the password has its own key")
    elif parts.scheme not in ("ws", "wss") or not parts.hostname:
        table.wrong("url", f"{url!r} is not allowed; write ws://host:port/path or wss://host:port/path")
    elif parts.query or parts.fragment:
        table.wrong("url", f"{url!r} must end with its path, because the identity is appended to it")
    return url


def _proxy(table: Table) -> str | None:
    """Return the proxy's address; no problem ever shows it, because it may hold a password."""
    url = table.text("proxy", "")
    parts = _split(url, "proxy", table)
    if parts is None:
        return None
    more = parts.path not in ("", "/") or parts.query or parts.fragment or (parts.username and not parts.password)
    if parts.scheme != "http" or not parts.hostname or parts.port is None or more:
        table.wrong("proxy", "is not allowed; write http://host:port or http://user:password@host:port")
    return url


def _split(url: str, key: str, table: Table) -> SplitResult | None:
    """Return the parts of a URL; None if there is none or, which is noted, it cannot be taken apart."""
    if not url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.hostname, parts.port
    except ValueError as error:
        # With a user or password in it, the words of the error may be a piece of those.
        hushed = "is no URL; check the port, and percent-encode what is special in user and password"
        table.wrong(key, hushed if "@" in url else f"{url!r} is no URL: {error}")
        return None
    return parts


def _password(table: Table, path: Path) -> Secret | None:
    """Return the password; no problem ever shows it."""
    given = table.text("password", "", shortest=0)
    file = table.text("password_file", "")
    if given and file:
        table.wrong("password_file", "stands beside password; keep one of them")
    name = "password_file" if file else "password"
    if file:
        try:
            given = (path.parent / file).read_text("utf-8").rstrip("\r\n")
        except OSError as error:
            table.wrong(name, f"{path.parent / file} cannot be read: {error.strerror}{remedy(error)}")
            return None
        except UnicodeDecodeError:
            table.wrong(name, f"{path.parent / file} is no text; it has to hold the password and nothing else")
            return None
    elif not table.has(name):
        return None
    try:
        return Password().parse(given)
    except InvalidValueError as error:
        table.wrong(name, f"{error}; 16 to 64 printable characters are allowed")
        return None
