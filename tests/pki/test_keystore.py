"""The key store: what is tried first, what is dropped when, who may read it."""

import os
import stat

import pytest
from ocpp.v201.enums import CertificateSigningUseEnumType as SigningUse
from ocpp.v201.enums import InstallCertificateUseEnumType as RootUse
from structlog.testing import capture_logs

from station.errors import StorageError
from station.pki import chains
from station.pki.csr import KeyKind, Subject, make_key, request_for
from station.pki.keystore import CSMS, STATION, KeyStore
from tests.fakes_clock import START
from tests.pki.authority import Authority

V2G = SigningUse.v2g_certificate


class Shop:
    """A key store with a root, and what it told when something was discarded."""

    def __init__(self, folder, *, check=False):
        self.folder, self.check, self.now, self.discarded = folder / "certificates", check, START, []
        self.root = Authority("Root")
        self.store = self.again()

    def again(self):
        """The store after a restart."""
        self.store = KeyStore(
            self.folder,
            now=lambda: self.now,
            additional_root_check=self.check,
            on_discarded=self.discarded.append,
        )
        return self.store

    def install(self, *roots, use=CSMS):
        for root in roots:
            chain = (root.certificate,) if root.issuer is root else (root.certificate, root.issuer.certificate)
            self.store.inventory.add_root(use, chain)

    def renew(self, use=STATION, *, root=None, **options):
        """Have a new key signed, and return the serial number of the certificate."""
        root = root or self.root
        key = make_key(KeyKind.EC)
        self.store.put_pending_key(use, key)
        pem = root.sign_csr(request_for(key, Subject("S-1", "CSO")), **options)
        bundle = chains.parse(pem)
        top = root
        while top.issuer is not top:
            top = top.issuer
        self.store.inventory.complete(use, (*bundle, top.certificate))
        return f"{bundle[0].serial_number:x}"

    def roots(self):
        return [material.roots for material in self.store.tls_materials(with_client=False)]

    def serials(self):
        return [material.client.serial for material in self.store.tls_materials(with_client=True) if material.client]


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


@pytest.fixture
def strict(tmp_path):
    return Shop(tmp_path, check=True)


# Who may read it


@pytest.mark.ocpp("A02.FR.05", "A03.FR.05")
def test_nobody_else_can_read_folders_or_files_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        shop = Shop(tmp_path)
        shop.install(shop.root)
        shop.renew()
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in shop.folder.rglob("*")}
    assert {mode for name, mode in modes.items() if "." in name} == {0o600}
    assert {mode for name, mode in modes.items() if "." not in name} == {0o700}
    assert stat.S_IMODE(shop.folder.stat().st_mode) == 0o700


def test_permissions_that_somebody_loosened_are_mended_and_told(shop):
    shop.renew()
    key = next(shop.folder.rglob("*.key"))
    key.chmod(0o644)
    shop.folder.chmod(0o755)
    with capture_logs() as logs:
        shop.again()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(shop.folder.stat().st_mode) == 0o700
    assert [entry["mended"] for entry in logs if entry["event"] == "permissions_mended"] == ["700", "600"]


def test_a_link_in_the_store_is_told_and_what_it_leads_to_is_left_alone(shop, tmp_path):
    shop.install(shop.root)
    elsewhere = tmp_path / "elsewhere.pem"
    elsewhere.write_text(Authority("Linked").root_pem)
    elsewhere.chmod(0o644)
    (shop.folder / "CSMSRootCertificate" / "0007.pem").symlink_to(elsewhere)
    with capture_logs() as logs:
        shop.again()
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o644
    assert [entry["event"] for entry in logs] == ["link_in_key_store"]


def test_a_link_in_the_place_of_a_new_key_is_not_written_through(shop, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("before")
    folder = shop.folder / "ChargingStationCertificate"
    folder.mkdir()
    (folder / "0001.key.new").symlink_to(victim)
    shop.store.put_pending_key(STATION, "a key")
    assert victim.read_text() == "before"
    assert (folder / "0001.key").read_text() == "a key"
    assert not (folder / "0001.key").is_symlink()


def test_a_store_that_is_only_looked_at_changes_nothing(shop):
    shop.renew()
    unfinished = shop.folder / "ChargingStationCertificate" / "0009.pem.new"
    unfinished.write_text("half")
    unfinished.chmod(0o644)
    KeyStore(shop.folder, now=lambda: START, read_only=True)
    assert unfinished.exists()
    shop.again()
    assert not unfinished.exists()


def test_a_folder_that_cannot_be_used_is_told_with_its_path(tmp_path):
    (tmp_path / "certificates").write_text("")
    with pytest.raises(StorageError, match="certificates cannot be used"):
        Shop(tmp_path)


# Roots


def test_an_empty_store_offers_a_connection_without_anything(shop):
    (material,) = shop.store.tls_materials(with_client=True)
    assert (material.roots, material.client) == ((), None)
    assert not shop.store.has_csms_root()
    assert not shop.store.has_client()
    assert shop.store.entries() == 0


def test_all_roots_count_together_unless_they_are_checked_one_by_one(shop):
    other = Authority("Other")
    shop.install(shop.root, other)
    assert shop.roots() == [(other.root_pem, shop.root.root_pem)]
    shop.install(Authority("Maker"), use=RootUse.manufacturer_root_certificate)
    assert len(shop.roots()[0]) == 2
    assert shop.store.entries() == 3


def test_what_is_installed_is_there_after_a_restart_the_newest_first(shop):
    others = [Authority(str(number)) for number in range(12)]
    shop.install(*others)
    shop.again()
    assert shop.roots() == [tuple(other.root_pem for other in reversed(others))]


@pytest.mark.ocpp("M05.FR.17")
def test_a_root_that_is_there_already_is_replaced(shop):
    other = Authority("Other")
    shop.install(shop.root, other, shop.root)
    assert shop.roots() == [(shop.root.root_pem, other.root_pem)]
    assert shop.store.entries() == 2


@pytest.mark.ocpp("M05.FR.12", "M05.FR.14", "M05.FR.16")
def test_a_checked_root_is_tried_first_and_the_old_one_is_its_fallback(strict):
    new = Authority("New", signed_by=strict.root)
    strict.install(strict.root, new)
    assert strict.roots() == [(new.root_pem,), (strict.root.root_pem,)]


@pytest.mark.ocpp("M05.FR.13", "M05.FR.09")
def test_the_old_root_goes_when_the_new_one_has_worked(strict):
    new = Authority("New", signed_by=strict.root)
    strict.install(strict.root, new)
    first, _ = strict.store.tls_materials(with_client=False)
    strict.store.worked(first)
    assert strict.roots() == [(new.root_pem,)]
    (left,) = strict.store.inventory.all()
    assert list(left.with_issuers()) == [(new.certificate, strict.root.certificate)]


@pytest.mark.ocpp("M05.FR.12", "M05.FR.14")
def test_both_stay_while_only_the_fallback_works(strict):
    new = Authority("New", signed_by=strict.root)
    strict.install(strict.root, new)
    _, second = strict.store.tls_materials(with_client=False)
    strict.store.worked(second)
    assert strict.roots() == [(new.root_pem,), (strict.root.root_pem,)]


@pytest.mark.ocpp("M05.FR.09", "M05.FR.10")
def test_a_third_root_takes_the_place_of_the_one_that_never_worked(strict):
    second, third = (Authority(name, signed_by=strict.root) for name in ("Second", "Third"))
    strict.install(strict.root, second, third)
    assert strict.roots() == [(third.root_pem,), (strict.root.root_pem,)]
    assert strict.store.inventory.root_to_replace(CSMS).certificate == strict.root.certificate


def test_roots_from_before_the_check_was_switched_on_are_tried_until_one_works(shop):
    others = [Authority(str(number)) for number in range(3)]
    shop.install(shop.root, *others)
    shop.check = True
    shop.again()
    materials = shop.store.tls_materials(with_client=False)
    assert len(materials) == 4
    shop.store.worked(materials[2])
    assert shop.roots() == [(others[2].root_pem,), (others[0].root_pem,)]


@pytest.mark.ocpp("A05.FR.02")
def test_a_root_that_has_expired_is_no_valid_one(shop):
    shop.root = Authority("Root", days=10)
    shop.install(shop.root)
    assert shop.store.has_csms_root()
    shop.now = shop.root.certificate.not_valid_after_utc.replace(year=2028)
    assert not shop.store.has_csms_root()


# From a file


def test_the_operators_root_is_installed_at_the_first_start_only(shop, tmp_path):
    shop.store.install_root_from_file(shop.root.write(tmp_path))
    shop.store.install_root_from_file(Authority("Other").write(tmp_path))
    shop.store.install_root_from_file(tmp_path / "missing.pem")
    assert shop.roots() == [(shop.root.root_pem,)]


def test_a_file_may_hold_several_roots_and_the_clock_may_not_be_set(shop, tmp_path):
    file, other = shop.root.write(tmp_path), Authority("Other")
    file.write_text(shop.root.root_pem + other.root_pem)
    shop.now = START.replace(year=1970)
    shop.store.install_root_from_file(file)
    assert set(shop.roots()[0]) == {shop.root.root_pem, other.root_pem}


def test_a_file_that_cannot_be_used_is_told_with_the_reason(strict, tmp_path):
    file = tmp_path / "root.pem"
    with pytest.raises(StorageError, match=r"root\.pem cannot be installed: No such file"):
        strict.store.install_root_from_file(file)
    for text, why in (
        ("nothing", "no PEM"),
        ("Ä", "root.pem"),
        (strict.root.issue("leaf").pem, "no certificate of an authority"),
        (strict.root.sub().pem, "did not sign itself"),
        (strict.root.root_pem + Authority("Other").root_pem, "allows one"),
    ):
        file.write_text(text)
        with pytest.raises(StorageError, match=why):
            strict.store.install_root_from_file(file)
    assert strict.store.entries() == 0


# Client certificates


@pytest.mark.ocpp("A02.FR.08", "A02.FR.09", "A02.FR.28", "A03.FR.09", "A03.FR.24")
def test_the_renewed_certificate_is_tried_first_and_the_old_one_after_it(shop):
    old = shop.renew()
    new = shop.renew()
    assert shop.serials() == [new, old]
    assert shop.again().has_client()
    assert shop.serials() == [new, old]


@pytest.mark.ocpp("A02.FR.10", "A03.FR.10")
def test_the_old_one_goes_when_the_renewed_one_has_worked(shop):
    shop.renew()
    new = shop.renew()
    shop.store.worked(shop.store.tls_materials(with_client=True)[0])
    assert shop.serials() == [new]
    assert shop.discarded == []


@pytest.mark.ocpp("A02.FR.10", "A02.FR.29", "A03.FR.10", "A03.FR.25")
def test_the_renewed_one_goes_and_is_told_when_only_the_old_one_works(shop):
    old = shop.renew()
    shop.renew()
    shop.store.worked(shop.store.tls_materials(with_client=True)[1])
    assert shop.serials() == [old]
    assert len(shop.discarded) == 1
    assert old in shop.discarded[0]
    assert len(list(shop.folder.rglob("*.key"))) == 1


def test_a_connection_without_a_client_certificate_says_nothing_about_them(shop):
    shop.renew()
    shop.renew()
    shop.store.worked(shop.store.tls_materials(with_client=False)[0])
    assert len(shop.serials()) == 2


def test_only_the_last_that_worked_is_kept_as_fallback(shop):
    first = shop.renew()
    shop.renew()
    third = shop.renew()
    assert shop.serials() == [third, first]


def test_a_certificate_that_was_replaced_while_a_connection_was_made_changes_nothing(shop):
    shop.renew()
    shop.renew()
    material = shop.store.tls_materials(with_client=True)[0]
    third = shop.renew()
    shop.store.worked(material)
    assert shop.serials()[0] == third
    assert len(shop.serials()) == 2


def test_roots_vary_slowest_over_what_is_tried(strict):
    new = Authority("New", signed_by=strict.root)
    strict.install(strict.root, new)
    serials = [strict.renew(), strict.renew()]
    tried = [(one.roots[0], one.client.serial) for one in strict.store.tls_materials(with_client=True)]
    assert tried == [(root.root_pem, serial) for root in (new, strict.root) for serial in reversed(serials)]


def test_the_files_of_a_client_can_be_loaded_by_ssl_and_have_no_root_in_them(shop):
    import ssl

    sub = shop.root.sub()
    shop.install(shop.root)
    shop.renew(root=sub)
    client = shop.store.tls_materials(with_client=True)[0].client
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(client.chain_file, client.key_file)
    assert client.chain_file.read_text().count("BEGIN CERTIFICATE") == 2


@pytest.mark.ocpp("A05.FR.03")
def test_an_expired_client_certificate_is_still_tried_but_is_no_valid_one(shop):
    serial = shop.renew(days=10)
    shop.now = START.replace(year=2028)
    assert not shop.store.has_client()
    assert shop.serials() == [serial]


def test_a_pending_key_survives_a_restart_and_a_newer_one_replaces_it(shop):
    first, second = make_key(KeyKind.EC), make_key(KeyKind.EC)
    shop.store.put_pending_key(STATION, first)
    assert shop.again().pending_key(STATION) == first
    shop.store.put_pending_key(STATION, second)
    assert shop.again().pending_key(STATION) == second
    assert not shop.store.has_client()
    assert shop.store.entries() == 0
    shop.store.drop_pending_key(STATION)
    assert shop.again().pending_key(STATION) is None


def test_a_certificate_that_somebody_damaged_does_not_stop_the_others(shop):
    shop.install(shop.root, Authority("Other"))
    old = shop.renew()
    shop.renew()
    shop.store.tls_materials(with_client=True)[0].client.chain_file.write_text("rust")
    max((shop.folder / "CSMSRootCertificate").iterdir()).write_bytes(b"\xff")
    with capture_logs() as logs:
        assert shop.serials() == [old]
        assert shop.roots() == [(shop.root.root_pem,)]
        assert shop.store.has_csms_root()
    assert {entry["event"] for entry in logs} == {"certificate_unreadable"}


# V2G chains


@pytest.mark.ocpp("A02.FR.15", "A03.FR.15")
def test_of_two_v2g_chains_of_one_root_the_newest_is_kept(shop):
    other = Authority("Other V2G")
    of_other = shop.renew(V2G, root=other.sub())
    shop.renew(V2G)
    newest = shop.renew(V2G)
    assert [own.serial for own in shop.store.inventory.own(V2G)] == [newest, of_other]
    assert shop.serials() == []
