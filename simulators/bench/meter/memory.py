"""What a meter is born with or woke up with: its key and its counters."""

from pathlib import Path

from simulators.bench.errors import BenchError
from simulators.bench.meter import kept
from simulators.bench.meter.kept import Kept
from simulators.bench.meter.key import MeterKey, kept_key, new_key


class Memory:
    """Key and counters, in a folder if there is one, else for this run only."""

    def __init__(self, folder: Path | None, *, serial: str, energy_wh: float) -> None:
        self._file: Path | None = None
        self.key: MeterKey
        self.kept = Kept(total_wh=energy_wh)
        self.woke_up = False
        """It has run before: this start is a power-up."""
        if folder is None:
            self.key = new_key()
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BenchError(f"{folder}: the state folder cannot be made ({error.strerror})") from error
        self._file = folder / f"meter-{serial}.json"
        self.key = kept_key(folder / f"meter-{serial}.pem")
        self.woke_up = self._file.exists()
        self.kept = kept.load(self._file, default=self.kept)

    def save(self) -> None:
        """Keep the counters for the next run."""
        if self._file is not None:
            kept.save(self._file, self.kept)
