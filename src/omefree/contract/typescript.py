"""Writes the contract as TypeScript: `python -m omefree.contract.typescript > web/src/contract.ts`.

A test compares that file with what this module makes, so the page cannot drift from the server.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

from omefree.contract import codes, events, limits

HEADER = "// Made from src/omefree/contract by `make contract`: edit that, not this.\n"
UNIONS: dict[str, Any] = {
    "Code": codes.Code,
    "Mode": codes.Mode,
    "EndReason": codes.EndReason,
    "ReportReason": codes.ReportReason,
    "PartnerState": codes.PartnerState,
    "PauseReason": codes.PauseReason,
    "Whose": codes.Whose,
    "Step": codes.Step,
}
OBJECTS: tuple[type[msgspec.Struct], ...] = (
    limits.Quota,
    events.Limits,
    events.Seal,
    events.Criteria,
    events.IceServer,
    events.Auth,
    events.Ok,
    events.IceOk,
    events.Pause,
    events.Refusal,
    events.Resumed,
    events.WelcomeArgs,
    events.SearchingArgs,
    events.MatchedArgs,
    events.MovingArgs,
    events.FailedArgs,
    events.ConnectErrorData,
)
# Objects that the page itself makes: it may leave out the fields that have a default.
FROM_PAGE = (events.Criteria, events.Auth)
ACKS = {events.Ice: "IceOk | Refusal"}


SCALARS: dict[type[inspect.Type], str] = {
    inspect.StrType: "string",
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.BoolType: "boolean",
    inspect.NoneType: "null",
}


def type_name(kind: inspect.Type) -> str:
    """The TypeScript type of a msgspec type. Raises TypeError for a type that the contract does not use yet."""
    match kind:
        case inspect.Metadata(type=inner, extra_json_schema=schema):
            return str(schema["const"]).lower() if schema else type_name(inner)
        case inspect.LiteralType(values=values):
            return literal(values)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            return f"readonly {type_name(item)}[]"
        case inspect.DictType(key_type=key, value_type=value):
            return f"Readonly<Record<{type_name(key)}, {type_name(value)}>>"
        case inspect.UnionType(types=types):
            return " | ".join(type_name(part) for part in types)
        case inspect.StructType(cls=cls):
            return str(cls.__name__)
        case _ if type(kind) in SCALARS:
            return SCALARS[type(kind)]
        case _:
            raise TypeError(f"no TypeScript for {kind}")


def literal(values: tuple[Any, ...]) -> str:
    """The name of the union that has these values; if none has, the values themselves."""
    for name, union in UNIONS.items():
        if set(values) == set(union.__args__):
            return name
    return " | ".join(json.dumps(value) for value in values)


def described(cls: type[msgspec.Struct]) -> inspect.StructType:
    """A struct's name, tag and fields, as msgspec knows them."""
    kind = inspect.type_info(cls)
    assert isinstance(kind, inspect.StructType)
    return kind


def interface(cls: type[msgspec.Struct]) -> Iterator[str]:
    """The lines of a struct's TypeScript interface."""
    kind = described(cls)
    optional = cls in FROM_PAGE or cls.__struct_config__.omit_defaults
    yield f"export interface {cls.__name__} {{"
    for field in kind.fields:
        may_be_unset = (field.default, field.default_factory) == (msgspec.NODEFAULT, msgspec.NODEFAULT)
        mark = "?" if (optional or may_be_unset) and not field.required else ""
        yield f"  readonly {field.encode_name}{mark}: {type_name(field.type)};"
    yield "}\n"


def signature(cls: type[msgspec.Struct], ack: str = "") -> str:
    """The line of an event in an interface of events. `ack` is the type of its reply; empty: it has none."""
    kind = described(cls)
    args = [f"{field.encode_name}: {type_name(field.type)}" for field in kind.fields]
    if ack:
        args.append(f"ack: (reply: {ack}) => void")
    return f"  {kind.tag}: ({', '.join(args)}) => void;"


def render() -> str:
    """The whole text of web/src/contract.ts."""
    lines = [HEADER, f"export const PROTOCOL_VERSION = {codes.PROTOCOL_VERSION};"]
    lines.append(f"export const LANGUAGES_MAX = {limits.LANGUAGES};\n")
    for name, union in UNIONS.items():
        lines.append(f"export type {name} =\n  | " + "\n  | ".join(map(json.dumps, union.__args__)) + ";\n")
    for cls in OBJECTS:
        lines.extend(interface(cls))
    lines.append("export interface VisitorEvents {")
    lines.extend(signature(cls, ACKS.get(cls, "Ok | Refusal")) for cls in events.VisitorEvent.__args__)
    lines.append("}\n\nexport interface ServerEvents {")
    lines.extend(signature(cls) for cls in events.ServerEvent.__args__)
    lines.append("}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
