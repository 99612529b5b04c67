"""Where the CSMS is, what protects the line to it, and what is said about keys and vendors."""

import pytest

from station.settings import SecuritySettings
from tests.settings.files import MINIMAL, PASSWORD, changed

URL = 'url = "ws://127.0.0.1:9000/ocpp"'
SECURE_URL = 'url = "wss://csms.example/ocpp"'
SECRET = f'password = "{PASSWORD}"'


def csms(**keys):
    """Return a file whose section about the CSMS has these lines instead of its own."""
    lines = "\n".join(f"{key} = {value}" for key, value in keys.items())
    return changed(f"{URL}\n{SECRET}", lines)


def test_what_is_not_said_about_the_line_has_its_default(read):
    settings = read(MINIMAL)
    assert (settings.csms.proxy, settings.csms.lenient, settings.csms.root_certificate) == (None, False, None)
    assert not settings.csms.system_roots
    assert settings.security == SecuritySettings(client_key="ec-p256", additional_root_check=False)
    assert dict(settings.vendors) == {}


def test_everything_that_is_said_about_the_line_is_taken(read, tmp_path):
    (tmp_path / "root.pem").write_text("-----BEGIN CERTIFICATE-----")
    text = csms(
        url='"wss://csms.example/ocpp"',
        security_profile=3,
        proxy='"http://us:er@10.0.0.1:3128"',
        lenient="true",
        root_certificate='"root.pem"',
        system_roots="true",
    )
    settings = read(
        text
        + '[security]\nclient_key = "rsa-3072"\nadditional_root_check = true\n'
        + '[vendors]\n"com.example" = "example_station.hooks:answer"\norg.example.a = "other:hook"\n'
    )
    assert settings.csms.proxy == "http://us:er@10.0.0.1:3128"
    assert settings.csms.lenient
    assert settings.csms.root_certificate == tmp_path / "root.pem"
    assert settings.csms.system_roots
    assert settings.security == SecuritySettings(client_key="rsa-3072", additional_root_check=True)
    assert dict(settings.vendors) == {"com.example": "example_station.hooks:answer", "org.example.a": "other:hook"}
    assert "us:er" not in repr(settings)


@pytest.mark.parametrize(
    ("profile", "url", "password"),
    [(1, URL, SECRET), (2, SECURE_URL, SECRET), (3, SECURE_URL, ""), (3, SECURE_URL, SECRET)],
)
@pytest.mark.ocpp("A00.FR.004")
def test_each_security_profile_is_possible(read, profile, url, password):
    text = changed(f"{URL}\n{SECRET}", f"{url}\n{password}\nsecurity_profile = {profile}")
    assert read(text).csms.security_profile == profile


def test_profile_0_is_possible_when_it_is_meant(read):
    text = csms(url='"ws://127.0.0.1:9000"', security_profile=0, allow_plain_without_password="true")
    assert read(text).csms.password is None


@pytest.mark.parametrize(
    ("profile", "url", "told"),
    [
        (1, SECURE_URL, "csms.security_profile: 1 is for ws://; a password over wss:// is profile 2"),
        (2, URL, "csms.url: is not encrypted; security profile 2 needs wss://"),
        (3, URL, "csms.url: is not encrypted; security profile 3 needs wss://"),
        (
            0,
            SECURE_URL + "\nallow_plain_without_password = true",
            "csms.security_profile: 0 is for ws://; over wss:// use 2 with a password or 3 with a certificate",
        ),
        (4, URL, "csms.security_profile: 4 is not one of 0, 1, 2, 3"),
    ],
)
def test_a_profile_and_an_address_that_contradict_each_other_are_told(problems, profile, url, told):
    text = changed(URL, f"{url}\nsecurity_profile = {profile}")
    assert problems(text) == [told]


@pytest.mark.parametrize(("profile", "url"), [(1, URL), (2, SECURE_URL)])
def test_a_profile_that_needs_a_password_says_so(problems, profile, url):
    text = changed(f"{URL}\n{SECRET}", f"{url}\nsecurity_profile = {profile}")
    assert problems(text) == [
        f"csms.password: is missing; security profile {profile} needs password or password_file"
    ]


UNREADABLE = "is no URL; check the port, and percent-encode what is special in user and password"


@pytest.mark.parametrize(
    ("proxy", "told"),
    [
        ("http://proxy", "is not allowed; write http://host:port or http://user:password@host:port"),
        ("https://proxy:3128", "is not allowed; write http://host:port or http://user:password@host:port"),
        ("http://user:s3cret@proxy", "is not allowed; write http://host:port or http://user:password@host:port"),
        ("http://proxy:3128/path", "is not allowed; write http://host:port or http://user:password@host:port"),
        ("http://proxy:x", "'http://proxy:x' is no URL: Port could not be cast to integer value as 'x'"),
        ("http://user:s3cret@proxy:99999", UNREADABLE),
        ("http://user:s3#cret@proxy:3128", UNREADABLE),
        ("http://user@proxy:3128", "is not allowed; write http://host:port or http://user:password@host:port"),
        ("http://proxy:3128//path", "is not allowed; write http://host:port or http://user:password@host:port"),
        ("http://proxy:3128#part", "is not allowed; write http://host:port or http://user:password@host:port"),
    ],
)
def test_a_proxy_that_cannot_be_one_is_told_without_its_password(problems, proxy, told):
    assert problems(changed(URL, f'{URL}\nproxy = "{proxy}"')) == [f"csms.proxy: {told}"]


def test_a_root_certificate_that_is_missing_is_told(problems, tmp_path):
    (told,) = problems(changed(URL, f'{URL}\nroot_certificate = "root.pem"'))
    assert told.startswith(f"csms.root_certificate: {tmp_path}/root.pem cannot be read: No such file or directory; ")


def test_a_root_certificate_that_is_something_else_is_told(problems, tmp_path):
    (tmp_path / "root.pem").write_text("-----BEGIN PRIVATE KEY-----")
    assert problems(changed(URL, f'{URL}\nroot_certificate = "root.pem"')) == [
        f"csms.root_certificate: {tmp_path}/root.pem holds no certificate; it has to be in PEM, as text"
    ]


def test_a_kind_of_key_that_does_not_exist_is_told(problems):
    assert problems(MINIMAL + '[security]\nclient_key = "ec-p25"\n') == [
        "security.client_key: 'ec-p25' is not one of ec-p256, rsa-3072; did you mean ec-p256?"
    ]


@pytest.mark.parametrize("hook", ['"hooks"', '"a.b:"', '":x"', '"a-b:c"', "7", '["a:b"]'])
def test_a_hook_that_names_nothing_is_told(problems, hook):
    (told,) = problems(MINIMAL + f'[vendors]\n"com.example" = {hook}\n')
    assert told.startswith("vendors.com.example: ")
    assert told.endswith("names no hook; write 'package.module:attribute'")


def test_a_vendor_id_that_is_too_long_is_told(problems):
    vendor = "x" * 256
    assert problems(MINIMAL + f'[vendors]\n{vendor} = "a:b"\n') == [
        f"vendors.{vendor}: has 256 characters; a vendorId has 1 to 255"
    ]
