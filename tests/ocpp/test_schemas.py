"""Reading the schemas of the library."""

from station.ocpp import schemas
from station.ocpp.schemas import Kind


def test_prose_is_left_out_and_a_property_of_such_a_name_is_not() -> None:
    text = str(schemas.load("TransactionEvent", Kind.REQUEST))
    assert "javaType" not in text
    assert "'description'" not in text
    slim = schemas._without_prose(
        {"properties": {"comment": {"type": "string", "comment": "x", "enum": ["default"]}}}
    )
    assert slim == {"properties": {"comment": {"type": "string", "enum": ["default"]}}}


def test_a_reference_is_followed_and_anything_else_is_its_own() -> None:
    schema = {"definitions": {"EVSEType": {"type": "object"}}}
    assert schemas.referred(schema, {"$ref": "#/definitions/EVSEType"}) == ("EVSEType", {"type": "object"})
    assert schemas.referred(schema, {"type": "string"}) == ("", {"type": "string"})
