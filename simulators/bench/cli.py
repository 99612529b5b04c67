"""`station-bench`: run a bench, or tell a running one what happens at the station."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from simulators.bench.errors import BenchError, SettingsError

_CONFIG = Path("config/bench.toml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code: 0 well, 1 failed, 2 settings or arguments wrong."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = options.command
    try:
        command(options)
    except SettingsError as error:
        print(f"station-bench: {error}", file=sys.stderr)
        return 2
    except BenchError as error:
        print(f"station-bench: {error}", file=sys.stderr)
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    try:
        from simulators.bench.run import run
    except ImportError as error:
        if error.name != "aiohttp":
            raise
        raise BenchError("aiohttp is missing: pip install 'bsm-station[simulators]'") from error
    run(options.config, port=options.port, ready_file=options.ready_file)


def _state(options: argparse.Namespace) -> None:
    from simulators.bench import client

    _show(client.get(_url(options), "/state"))


def _cable(options: argparse.Namespace) -> None:
    _post(options, f"/evses/{options.evse}/{options.name}", {"side": options.side})


def _vehicle(options: argparse.Namespace) -> None:
    names = ("wants_power", "max_current_a", "phases", "needs_ventilation")
    given = {name: getattr(options, name) for name in names}
    body = {name: value for name, value in given.items() if value is not None}
    _post(options, f"/evses/{options.evse}/vehicle", body)


def _fault(options: argparse.Namespace) -> None:
    body: dict[str, Any] = {"name": options.fault, "on": options.switch == "on"}
    if options.seconds is not None:
        body["seconds"] = options.seconds
    if options.code is not None:
        body["code"] = options.code
    _post(options, f"/evses/{options.evse}/faults", body)


def _swipe(options: argparse.Namespace) -> None:
    _post(options, f"/readers/{options.reader}/swipe", {"uid": options.uid})


def _bay(options: argparse.Namespace) -> None:
    _post(options, f"/evses/{options.evse}/bay", {"occupied": options.change == "occupied"})


def _cut(options: argparse.Namespace) -> None:
    _post(options, f"/lines/{options.line}/cut", {"on": options.switch == "on"})


def _type(options: argparse.Namespace) -> None:
    _post(options, f"/readers/{options.reader}/type", {"keys": options.keys})


def _place(options: argparse.Namespace) -> None:
    _post(options, f"/readers/{options.reader}/place", {"uid": options.uid})


def _remove(options: argparse.Namespace) -> None:
    _post(options, f"/readers/{options.reader}/remove", {})


def _reader_fault(options: argparse.Namespace) -> None:
    body = {"name": options.fault, "on": options.switch == "on"}
    _post(options, f"/readers/{options.reader}/faults", body)


def _input(options: argparse.Namespace) -> None:
    if options.level == "lost":
        _post(options, f"/inputs/{options.input}/lose", {})
    else:
        _post(options, f"/inputs/{options.input}", {"value": int(options.level)})


def _press(options: argparse.Namespace) -> None:
    _post(options, f"/readers/{options.reader}/press", {})


def _post(options: argparse.Namespace, path: str, body: dict[str, Any]) -> None:
    from simulators.bench import client

    _show(client.post(_url(options), path, body))


def _url(options: argparse.Namespace) -> str:
    from simulators.bench import client

    return options.url or client.default_url(options.config)


def _show(answer: object) -> None:
    print(json.dumps(answer, indent=2))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="station-bench", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: Callable[[argparse.Namespace], None], text: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(command=function, name=name)
        made.add_argument("--config", type=Path, default=_CONFIG, help=f"settings file ({_CONFIG})")
        if function is not _run:
            made.add_argument("--url", help="of the bench (STATION_BENCH_URL, else from --config)")
        return made

    _add_run(command("run", _run, "run the bench until SIGTERM or SIGINT"))
    command("state", _state, "show how everything stands")
    for name, text in (("plug", "plug in the cable"), ("unplug", "pull the cable")):
        made = command(name, _cable, text)
        made.add_argument("evse", type=int)
        made.add_argument("--side", default="both", help="both, station or vehicle")
    _add_vehicle(command("vehicle", _vehicle, "change what the vehicle wants or can"))
    bay = command("bay", _bay, "let a vehicle come into the parking bay, or leave it")
    bay.add_argument("evse", type=int)
    bay.add_argument("change", choices=("occupied", "left"))
    cut = command("cut", _cut, "cut a line between its clients and its devices, or mend it")
    cut.add_argument("line", type=int)
    cut.add_argument("switch", choices=("on", "off"))
    level = command("input", _input, "bring a level to an input of the station's computer, or take the input away")
    level.add_argument("input", help="its name in [gpio]")
    level.add_argument("level", choices=("0", "1", "lost"))
    _add_readers(command)
    _add_fault(command("fault", _fault, "put a fault on or take it off; a wrong name lists them all"))
    return parser


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument("--port", type=int, help="of the control API instead of the settings'; 0 takes a free one")
    run.add_argument("--ready-file", type=Path, help="write what is ready there instead of standard output")


def _add_readers(command: Callable[..., argparse.ArgumentParser]) -> None:
    swipe = command("swipe", _swipe, "present a card to a reader")
    swipe.add_argument("reader", type=int)
    swipe.add_argument("uid", help="hex digits, such as 04A2B3C4D5E680")
    place = command("place", _place, "leave a card at a reader, or take it away with `remove`")
    place.add_argument("reader", type=int)
    place.add_argument("uid", help="hex digits, such as 04A2B3C4D5E680")
    command("remove", _remove, "take the card away").add_argument("reader", type=int)
    fault = command("reader-fault", _reader_fault, "put a fault on a PN532 or take it off")
    fault.add_argument("reader", type=int)
    fault.add_argument("fault", metavar="name")
    fault.add_argument("switch", choices=("on", "off"))
    keypad = command("type", _type, "press keys of a keypad")
    keypad.add_argument("reader", type=int)
    keypad.add_argument("keys", help="digits, then # for a code or * for the number of an EVSE, such as 4711#")
    command("press", _press, "press a start button").add_argument("reader", type=int)


def _add_vehicle(vehicle: argparse.ArgumentParser) -> None:
    vehicle.add_argument("evse", type=int)
    vehicle.add_argument("--wants-power", action=argparse.BooleanOptionalAction)
    vehicle.add_argument("--max-current-a", type=float)
    vehicle.add_argument("--phases", type=int)
    vehicle.add_argument("--needs-ventilation", action=argparse.BooleanOptionalAction)


def _add_fault(fault: argparse.ArgumentParser) -> None:
    fault.add_argument("evse", type=int)
    fault.add_argument("fault", metavar="name")
    fault.add_argument("switch", choices=("on", "off"))
    fault.add_argument("--seconds", type=float, help="how late meter_late and controller_late answer")
    fault.add_argument("--code", type=int, help="what meter_exception and controller_exception answer")


if __name__ == "__main__":
    sys.exit(main())
