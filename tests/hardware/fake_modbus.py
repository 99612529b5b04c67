"""A unit on a Modbus line made of three tables; notes every request."""

from station.errors import LineRefusedError, LineSilentError


class Unit:
    """`holding`, `inputs` and `coils` by address; what is not in them is refused."""

    def __init__(self, *, holding=None, inputs=None, coils=None):
        self.holding, self.inputs, self.coils = holding or {}, inputs or {}, coils or {}
        self.requests = []
        self.silent = False

    @property
    def writes(self):
        return [request[1:] for request in self.requests if request[0].startswith("write")]

    def _note(self, table, *request):
        self.requests.append(request)
        if self.silent:
            raise LineSilentError("cp line: no answer of unit 1")
        _, address, rest = request
        count = len(rest) if isinstance(rest, list) else 1 if isinstance(rest, bool) else rest
        if not table.keys() >= set(range(address, address + count)):
            raise LineRefusedError(f"address {address}", code=2)
        return [table[at] for at in range(address, address + count)]

    async def read_registers(self, address, count):
        return self._note(self.holding, "read_registers", address, count)

    async def read_inputs(self, address, count):
        return self._note(self.inputs, "read_inputs", address, count)

    async def read_coils(self, address, count):
        return self._note(self.coils, "read_coils", address, count)

    async def write_registers(self, address, values):
        self._note(self.holding, "write_registers", address, values)
        self.holding |= dict(enumerate(values, address))

    async def write_coil(self, address, on):
        self._note(self.coils, "write_coil", address, on)
        self.coils[address] = on
