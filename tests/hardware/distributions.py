"""Packages of others, as pip would have installed them."""

from pathlib import Path


def install(folder: Path, monkeypatch, *, group: str, name: str, target: str, code: str | None = None) -> None:
    """Put a distribution with one entry point on the path; without `code` its module is missing."""
    module = target.partition(":")[0]
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {target}\n")
    if code is not None:
        (folder / f"{module}.py").write_text(code)
    monkeypatch.syspath_prepend(str(folder))
