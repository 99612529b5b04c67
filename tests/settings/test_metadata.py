"""A configuration whose metadata the meter could not sign is refused before anybody charges."""

import pytest

from station.core.metadata import TooLong
from station.errors import SettingsError
from station.settings import load
from tests.settings.files import MINIMAL, SECOND_EVSE

LONG_NAMED = MINIMAL + SECOND_EVSE.replace("DE*ABC*E2", "DE*ABC*E" + "2" * 33)
"""The second EVSE has a name of 41 characters."""
REMEDY = 'shorten it or set too_long = "hash"'


@pytest.fixture
def read(tmp_path):
    def read(written):
        file = tmp_path / "station.toml"
        file.write_text(f"{LONG_NAMED}[metadata]\n{written}\n")
        return load(file)

    return read


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        (
            f'meta1 = "{"x" * 105}{{id_token}}"',
            f"metadata.meta1: can become 141 characters long, the meter takes 140; {REMEDY}",
        ),
        (
            f'meta2 = "{"x" * 60}{{evse_id}}"',
            f"metadata.meta2: can become 101 characters long, the meter takes 100; {REMEDY}",
        ),
        (
            'meta3 = "{card}"',
            "metadata.meta3: does not know {card}; allowed are {id_token}, {id_token_type}, {id_level}, {id_flags},"
            " {evse_id}, {version}, {transaction_id}",
        ),
        ("meta1 = 'a|b'", "metadata.meta1: may not contain '|'; use printable ASCII without \" \\ |"),
    ],
)
def test_what_the_meter_could_not_sign_along_is_told(read, tmp_path, written, problem):
    with pytest.raises(SettingsError) as caught:
        read(written)
    assert str(caught.value) == f"{tmp_path}/station.toml: {problem}"


def test_what_fits_at_every_evse_may_be_signed_along(read):
    settings = read(f'meta1 = "{"x" * 104}{{id_token}}"\nmeta2 = "{"x" * 59}{{evse_id}}"')
    assert settings.metadata.meta1.startswith("xxx")


def test_what_may_be_shortened_may_be_long(read):
    assert read(f'meta1 = "{"x" * 200}"\ntoo_long = "hash"').metadata.too_long is TooLong.HASH
