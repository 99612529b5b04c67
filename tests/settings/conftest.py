"""Settings files that are read, and what is wrong with them."""

import pytest

from station.errors import SettingsError
from station.settings import load


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "station.toml"
        path.write_text(text)
        return load(path)

    return read


@pytest.fixture
def problems(read, tmp_path):
    def problems(text):
        with pytest.raises(SettingsError) as caught:
            read(text)
        lines = str(caught.value).splitlines()
        start = f"{tmp_path}/station.toml: "
        assert all(line.startswith(start) for line in lines)
        return [line.removeprefix(start) for line in lines]

    return problems
