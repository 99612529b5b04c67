"""`station certificates list`, as a person uses it beside a station that runs."""

import os

import pytest
from ocpp.v201.enums import CertificateSigningUseEnumType as SigningUse
from ocpp.v201.enums import InstallCertificateUseEnumType as RootUse

from station.cli import UNUSABLE, main
from station.pki.csr import KeyKind, make_key
from station.pki.keystore import STATION
from tests.pki.authority import Authority
from tests.pki.test_keystore import Shop


def listed(folder, capsys):
    capsys.readouterr()
    assert main(["certificates", "list", "--state-dir", str(folder)]) == 0
    return capsys.readouterr().out


def test_everything_that_is_installed_is_listed_with_its_period_and_fingerprint(tmp_path, capsys):
    shop = Shop(tmp_path)
    shop.root = Authority.now("Root")
    shop.install(shop.root)
    shop.install(Authority("Maker", at=shop.root.at, days=-1), use=RootUse.manufacturer_root_certificate)
    serial = shop.renew(root=shop.root.sub("Sub"))
    root, maker, own = listed(tmp_path, capsys).split("\n\n")
    assert root.startswith("CSMSRootCertificate  ")
    assert "NOT VALID NOW" not in root + own
    assert "NOT VALID NOW" in maker
    assert serial in own
    assert [line.split("CN=")[1] for line in own.splitlines() if "signed by" in line] == ["Sub", "Root"]
    from cryptography.hazmat.primitives import hashes

    assert shop.root.certificate.fingerprint(hashes.SHA256()).hex(":").upper() in root


@pytest.mark.ocpp("A02.FR.05")
def test_keys_are_never_shown_but_that_one_waits_is(tmp_path, capsys):
    shop = Shop(tmp_path)
    shop.renew()
    shop.store.put_pending_key(SigningUse.v2g_certificate, make_key(KeyKind.EC))
    text = listed(tmp_path, capsys)
    assert "V2GCertificate: a key waits for its certificate" in text
    for file in shop.folder.rglob("*.key"):
        body = file.read_text().splitlines()[1:-1]
        assert not any(line in text for line in body)
    assert "BEGIN" not in text


def test_where_nothing_is_installed_that_is_said_and_nothing_is_made(tmp_path, capsys):
    assert listed(tmp_path, capsys) == "no certificate is installed\n"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path, capsys):
    assert main(["certificates", "list", "--state-dir", str(tmp_path / "none")]) == UNUSABLE
    assert f"there is no folder {tmp_path}/none" in capsys.readouterr().err


def test_looking_changes_nothing_not_even_what_seems_to_be_left_over(tmp_path, capsys):
    shop = Shop(tmp_path)
    shop.renew()
    left = shop.folder / STATION.value / "0002.pem.new"
    left.write_text("half")
    listed(tmp_path, capsys)
    assert left.exists()


def test_who_may_not_read_the_folder_is_told_what_to_do(tmp_path, capsys, monkeypatch):
    Shop(tmp_path).renew()

    def denied(*_arguments):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", denied)
    monkeypatch.setattr(os, "scandir", denied)
    assert main(["certificates", "list", "--state-dir", str(tmp_path)]) == UNUSABLE
    assert "be root, or the station's user" in capsys.readouterr().err
