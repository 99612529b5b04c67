"""`station certificates list`: what is installed, read beside a running station; keys are never shown."""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from ocpp.v201.enums import CertificateSigningUseEnumType as SigningUse

from station import logs
from station.commands.receipts.store import state_dir
from station.errors import StorageError
from station.pki.chains import current, name_of
from station.pki.inventory import Installed
from station.pki.keystore import FOLDER, KeyStore


def list_(options: argparse.Namespace) -> int:
    """Print each certificate: what it is for, whose it is, from when to when, and its fingerprint."""
    logs.configure("warning")
    folder, now = state_dir(options), datetime.now(UTC)
    if not folder.is_dir():
        raise StorageError(f"there is no folder {folder}; has the station ever run with this state_dir?")
    print("\n\n".join(_entries(folder / FOLDER, now)))
    return 0


def _entries(folder: Path, now: datetime) -> Iterator[str]:
    try:
        store = KeyStore(folder, now=lambda: now, read_only=True)
        found = store.inventory.all()
        waiting = [use.value for use in SigningUse if store.pending_key(use)]
    except OSError as error:
        raise StorageError(f"{folder} cannot be read: {error.strerror}; be root, or the station's user") from error
    for installed in found:
        yield "\n".join(_lines(installed, now))
    for use in waiting:
        yield f"{use}: a key waits for its certificate"
    if not (found or waiting):
        yield "no certificate is installed"


def _lines(installed: Installed, now: datetime) -> Iterator[str]:
    certificate = installed.certificate
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    doubt = "" if current(certificate, now) else "  NOT VALID NOW"
    yield f"{installed.file.parent.name}  {name_of(certificate)}"
    yield f"    valid        {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC{doubt}"
    yield f"    serial       {installed.serial}"
    yield f"    fingerprint  {certificate.fingerprint(hashes.SHA256()).hex(':').upper()}"
    for above in installed.chain[1:]:
        yield f"    signed by    {name_of(above)}"
