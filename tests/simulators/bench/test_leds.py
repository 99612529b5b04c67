"""LEDs of the kernel, as files."""

from pathlib import Path

from simulators.bench.leds import MOST, ClassLeds


def test_an_led_is_lit_by_what_had_it_until_it_is_taken(tmp_path: Path) -> None:
    leds = ClassLeds(tmp_path / "leds", ["a", "b"])
    leds.open()
    assert leds.lit == {"a", "b"}
    (tmp_path / "leds/a/brightness").write_text("0\n")
    assert leds.brightness("a") == MOST
    (tmp_path / "leds/a/trigger").write_text("none\n")
    assert leds.brightness("a") == 0
    assert leds.lit == {"b"}
    leds.close()
    assert list((tmp_path / "leds").iterdir()) == []
