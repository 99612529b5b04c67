"""`station report` as a person calls it."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from simulators.bench.bench import Bench
from simulators.bench.settings import plain
from station.cli import UNUSABLE, main
from station.commands.report.run import whoever_asks
from tests.commands.doctor.place import PASSWORD, settings


async def report(folder: Path, *more: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "station", "report", "--config", str(settings(folder).path), "--no-csms", *more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=folder,
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@pytest.mark.realtime
async def test_it_writes_page_json_and_labels(tmp_path: Path) -> None:
    async with Bench(plain(tmp_path)):
        code, out, err = await report(tmp_path, "--output", "papers", "--installer", "Ada")
        assert (code, err) == (0, "")
        code, printed, _ = await report(tmp_path, "--json")
    html, document, labels = (tmp_path / line.partition(" ")[2] for line in out.splitlines())
    assert "Ada" in html.read_text()
    assert "DE*ABC*E1" in labels.read_text()
    told = json.loads(document.read_text())
    assert told["evses"][0]["meter"]["serial"] == "001BZR1521070001"
    assert told["checks"]
    assert json.loads(printed)["evses"] == told["evses"]
    assert PASSWORD not in html.read_text() + document.read_text() + printed


def test_settings_that_cannot_be_used_make_no_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--config", str(tmp_path / "none.toml")]) == UNUSABLE
    assert "cannot be read" in capsys.readouterr().err


def test_whoever_asks_behind_sudo_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ada")
    assert whoever_asks() == "ada"
