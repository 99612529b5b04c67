"""Where reports and labels are written."""

from pathlib import Path
from typing import Final

from station.commands.report.document import as_json
from station.commands.report.facts import Report
from station.commands.report.labels import sheet
from station.commands.report.page import as_html
from station.errors import StationError

LABELS: Final = "labels.html"


def write(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write the report and the labels; return the files. A report of another moment is never overwritten."""
    name = f"commissioning-{report.made_at:%Y%m%dT%H%M%SZ}"
    contents = {
        f"{name}.html": as_html(report),
        f"{name}.json": as_json(report),
        LABELS: sheet(report.outlets, identity=report.identity),
    }
    files = tuple(folder / file for file in contents)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in zip(files, contents.values(), strict=True):
            file.write_text(content, "utf-8")
    except OSError as error:
        raise StationError(f"{error.filename or folder} cannot be written: {error.strerror}") from error
    return files
