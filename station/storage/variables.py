"""What the CSMS changed in the device model, and nothing else of it."""

from station.core.variables import Address
from station.storage.database import Database

ACTUAL = "Actual"
NONE = -1
COLUMNS = "component, component_instance, evse_id, connector_id, variable, variable_instance, attribute"


class Variables:
    """Texts by address; names are kept in the form that equals for equal addresses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, attribute: str = ACTUAL) -> dict[Address, str]:
        """Return every text that was saved."""
        rows = self._database.execute(
            "SELECT component, variable, variable_instance, component_instance, evse_id, connector_id, value"
            " FROM variables WHERE attribute = ?",
            (attribute,),
        )
        return {_address(*row[:-1]): row[-1] for row in rows}

    def save(self, address: Address, text: str, *, attribute: str = ACTUAL) -> None:
        """Keep a text, instead of the one before."""
        self._database.execute(
            f"INSERT INTO variables ({COLUMNS}, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
            f" ON CONFLICT ({COLUMNS}) DO UPDATE SET value = excluded.value",
            (*_key(address, attribute), text),
        )

    def delete(self, address: Address, *, attribute: str = ACTUAL) -> None:
        """Forget a text, so that the default counts again."""
        self._database.execute(
            f"DELETE FROM variables WHERE ({COLUMNS}) = (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            _key(address, attribute),
        )


def _key(address: Address, attribute: str) -> tuple[str | int, ...]:
    key = address.key
    return (
        key.component,
        key.component_instance or "",
        NONE if key.evse_id is None else key.evse_id,
        NONE if key.connector_id is None else key.connector_id,
        key.variable,
        key.instance or "",
        attribute,
    )


def _address(
    component: str, variable: str, instance: str, component_instance: str, evse_id: int, connector_id: int
) -> Address:
    return Address(
        component,
        variable,
        instance or None,
        component_instance or None,
        None if evse_id == NONE else evse_id,
        None if connector_id == NONE else connector_id,
    )
