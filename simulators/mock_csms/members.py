"""Members: the types that the members of an object may have, be it from a file or from a request; pure."""

from collections.abc import Mapping
from typing import Any

Payload = Mapping[str, Any]
"""An object as JSON has it, names in camelCase."""

Types = Mapping[str, tuple[type, ...]]
"""The types of each member that is known."""


def misfit(values: Mapping[str, Any], types: Types) -> str | None:
    """Return what is wrong with the first member that has another type, None if there is none.

    `types` knows all `values`. To Python True is a number; here it is one only where a bool may stand.
    """
    for name, value in values.items():
        kinds = types[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            expected = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
            return f"{name}: {expected} expected, got {value!r}"
    return None
