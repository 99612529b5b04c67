"""A station without TLS never loads X.509: it costs half the memory that the whole daemon may have."""

import subprocess
import sys

import pytest

SCRIPT = """
import datetime, pathlib, sys
import station.ocpp.blocks.certificate_management, station.ocpp.blocks.certificate_status
import station.ocpp.blocks.certificates
from station.pki.keystore import KeyStore
store = KeyStore(pathlib.Path(sys.argv[1]), now=lambda: datetime.datetime.now(datetime.UTC))
store.tls_materials(with_client=True)
assert not store.has_csms_root() and not store.has_client() and store.entries() == 0
print(*(name for name in sys.modules if name.startswith("cryptography")))
"""


@pytest.mark.realtime
def test_a_store_that_is_empty_does_without_it(tmp_path):
    done = subprocess.run([sys.executable, "-c", SCRIPT, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
