"""A chain counts if every certificate in it is what it should be, and an installed root is at its top."""

import shutil
import subprocess
from datetime import timedelta

import pytest
from cryptography import x509

from station.pki import chains
from station.pki.errors import CertificateError
from tests.fakes_clock import START
from tests.pki.authority import Authority, pem_of

NAME = {"common_name": "S-1", "organization": "CSO"}


def refusal(leaf, *, now=START, client=True, **names):
    with pytest.raises(CertificateError) as caught:
        chains.check_leaf(leaf.certificate, now=now, client=client, **(NAME | names))
    return str(caught.value)


def path_of(leaf, *roots):
    return chains.path(leaf.certificate, chains.parse(leaf.chain_pem), [root.certificate for root in roots])


@pytest.mark.ocpp("A02.FR.06", "A03.FR.06", "A00.FR.505")
@pytest.mark.parametrize(("key", "pss"), [("ec", False), ("rsa", False), ("rsa", True)])
def test_a_chain_over_two_sub_cas_leads_to_the_root_whatever_the_keys(key, pss):
    root = Authority("Root", key, pss=pss)
    leaf = root.sub("Sub 1", "rsa", pss=pss).sub("Sub 2", "ec").issue("S-1", client=True)
    chain = path_of(leaf, Authority("Other"), root)
    assert chain == (leaf.certificate, *leaf.above, root.certificate)
    chains.check_path(chain, START)
    chains.check_leaf(chain[0], now=START, client=True, **NAME)


def test_the_order_of_a_bundle_does_not_matter_nor_does_what_else_is_in_it():
    root = Authority("Root")
    leaf = root.sub("Sub 1").sub("Sub 2").issue("S-1")
    bundle = [Authority("Stranger").certificate, *reversed(leaf.above), root.certificate, leaf.certificate]
    chain = chains.path(leaf.certificate, bundle, [root.certificate])
    assert chain == (leaf.certificate, *leaf.above, root.certificate)


@pytest.mark.parametrize("first", [0, 1])
def test_a_sub_ca_that_another_root_certified_too_leads_astray_in_no_order(first):
    root, elsewhere = Authority("Root"), Authority("Elsewhere")
    sub = root.sub()
    leaf = sub.issue("S-1")
    both = [sub.certificate, elsewhere.cross(sub)]
    bundle = [leaf.certificate, both[first], both[1 - first]]
    assert chains.path(leaf.certificate, bundle, [root.certificate]) == (
        leaf.certificate,
        sub.certificate,
        root.certificate,
    )


def test_authorities_that_certify_each_other_lead_nowhere_and_take_no_time():
    ring = [Authority(f"CA {number}") for number in range(4)]
    bundle = [one.cross(other) for one in ring for other in ring]
    with pytest.raises(CertificateError, match="no installed root leads to"):
        chains.path(ring[0].issue("S-1").certificate, bundle, [Authority("Root").certificate])


@pytest.mark.ocpp("A02.FR.06")
@pytest.mark.parametrize("first", [0, 1])
def test_of_two_periods_of_one_authority_the_present_one_counts(first):
    root = Authority("Root")
    sub = root.sub()
    leaf = sub.issue("S-1")
    roots = [root.certificate, root.again(days=-10)]
    subs = [sub.certificate, root.sub(days=-10).certificate]
    assert chains.signed_by(sub.certificate, roots[1])
    ways = ([leaf.certificate, subs[first], subs[1 - first]], [roots[first], roots[1 - first]])
    chain = chains.fit_path(leaf.certificate, *ways, now=START)
    assert chain == (leaf.certificate, sub.certificate, root.certificate)
    with pytest.raises(CertificateError, match=r"Root.* is valid from"):
        chains.fit_path(leaf.certificate, [sub.certificate], roots[1:], now=START)


@pytest.mark.ocpp("A02.FR.06")
def test_a_chain_that_ends_at_a_root_that_is_not_installed_is_refused():
    with pytest.raises(CertificateError, match="no installed root leads to"):
        path_of(Authority("Root").sub().issue("S-1"), Authority("Root"))


@pytest.mark.ocpp("A02.FR.06")
def test_a_certificate_that_only_names_its_issuer_is_not_signed_by_it():
    real, namesake = Authority("Root"), Authority("Root")
    leaf = namesake.issue("S-1")
    assert leaf.certificate.issuer == real.certificate.subject
    assert not chains.signed_by(leaf.certificate, real.certificate)
    assert chains.signed_by(leaf.certificate, namesake.certificate)


def test_a_chain_with_a_missing_sub_ca_is_refused():
    root = Authority("Root")
    leaf = root.sub("Sub 1").sub("Sub 2").issue("S-1")
    with pytest.raises(CertificateError, match=r"leads to .*S-1"):
        chains.path(leaf.certificate, leaf.above[1:], [root.certificate])


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"days": -1}, "is valid from"),
        ({"not_before": START + timedelta(hours=1)}, "is valid from"),
        ({"ca": False}, "no certificate of an authority"),
        ({"key": "weak"}, "192 bits"),
        ({"usage": False}, "may not sign certificates"),
        ({"critical": x509.NameConstraints([x509.DNSName("example")], None)}, "critical extension"),
    ],
)
@pytest.mark.ocpp("A02.FR.06", "A00.FR.501", "A00.FR.502", "A00.FR.503", "A00.FR.504", "A00.FR.512")
def test_a_sub_ca_that_is_not_fit_spoils_the_chain(options, why):
    root = Authority("Root")
    chain = path_of(root.sub("Sub", **options).issue("S-1", key="ec"), root)
    with pytest.raises(CertificateError, match=why):
        chains.check_path(chain, START)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="there is no openssl command")
@pytest.mark.ocpp("A00.FR.504")
def test_an_authority_that_is_signed_with_sha_1_is_refused(tmp_path):
    key, out = tmp_path / "key", tmp_path / "out"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha1", "-subj", "/CN=Old"]
    subprocess.run([*command, "-keyout", key, "-out", out], capture_output=True, check=True)
    (certificate,) = chains.parse(out.read_text())
    with pytest.raises(CertificateError, match="algorithm that is not allowed"):
        chains.check_authority(certificate, None)


def test_a_root_that_has_expired_spoils_the_chain():
    root = Authority("Root", days=10)
    chain = path_of(root.issue("S-1"), root)
    chains.check_path(chain, START)
    with pytest.raises(CertificateError, match="Root is valid from"):
        chains.check_path(chain, START + timedelta(days=11))


def test_the_length_that_an_authority_allows_is_kept():
    root = Authority("Root", path_length=1)
    chains.check_path(path_of(root.sub("1").issue("S-1"), root), START)
    with pytest.raises(CertificateError, match="allows 1 sub CAs only"):
        chains.check_path(path_of(root.sub("1").sub("2").issue("S-1"), root), START)


def test_more_sub_cas_than_messages_can_list_are_refused():
    authority = root = Authority("Root")
    for number in range(5):
        authority = authority.sub(str(number))
    with pytest.raises(CertificateError, match="more than 4 sub CAs"):
        chains.check_path(path_of(authority.issue("S-1"), root), START)


@pytest.mark.ocpp("A02.FR.06", "A02.FR.07")
def test_a_leaf_is_refused_outside_its_period():
    root = Authority("Root")
    assert "is valid from" in refusal(root.issue("S-1", days=1), now=START + timedelta(days=2))
    assert "is valid from" in refusal(root.issue("S-1", not_before=START + timedelta(seconds=1)))


@pytest.mark.ocpp("A00.FR.509", "A00.FR.511")
def test_a_leaf_for_another_station_or_operator_is_refused():
    root = Authority("Root")
    assert "CN=S-2, not S-1" in refusal(root.issue("S-2"))
    assert "O=Other, not CSO" in refusal(root.issue("S-1", organization="Other"))
    assert "O=nothing, not CSO" in refusal(root.issue("S-1", organization=None))


def test_a_leaf_that_is_an_authority_or_a_server_is_refused():
    root = Authority("Root")
    assert "one of an authority" in refusal(root.sub("S-1"))
    assert "extendedKeyUsage" in refusal(root.issue("S-1", server=True))
    assert "192 bits" in refusal(root.issue("S-1", key="weak"))


def test_a_v2g_leaf_may_be_a_server_because_to_the_vehicle_it_is_one():
    leaf = Authority("Root").issue("S-1", server=True)
    chains.check_leaf(leaf.certificate, now=START, client=False, **NAME)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN CERTIFICATE-----",
        Authority("Root").root_pem[:200],
        Authority("Root").root_pem.replace("M", "Ä"),
        "-----BEGIN CERTIFICATE-----\n\x00\n-----END CERTIFICATE-----",
    ],
)
def test_what_is_no_certificate_is_refused_with_a_reason(text):
    with pytest.raises(CertificateError, match="this is no"):
        chains.parse(text)


def test_a_bundle_without_end_is_refused_before_it_is_read():
    with pytest.raises(CertificateError, match="1 to 10 certificates"):
        chains.parse(Authority("Root").root_pem * 11)


def test_whatever_surrounds_the_certificates_is_passed_over():
    root = Authority("Root")
    assert chains.parse("subject=Root\n" + root.root_pem + "\n\n# end") == (root.certificate,)
    assert chains.pem_of(chains.parse(root.root_pem)) == root.root_pem == pem_of(root.certificate)
