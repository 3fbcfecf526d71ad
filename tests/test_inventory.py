"""Whatever holds a visitor's data has no room for more of it: Structs and slots, so an inventory can be complete."""

import pytest
from msgspec import Struct

from omefree.chat.lounge import ResumeWindow
from omefree.chat.seat import Seat
from omefree.chat.visitor import Chat, LastChat, Visitor
from omefree.core.index import Waiting
from omefree.core.quota import Bucket, Refusals
from omefree.core.ticket import Pair, Ticket
from omefree.engine.gate import Guest, Head
from omefree.engine.glue import Listener
from omefree.engine.polling import PollingLink
from omefree.engine.session import Session
from omefree.engine.sockets import Connection, Socket
from omefree.engine.websocket import Assembler, WebSocketLink
from omefree.http.gate import Entry

RECORDS: list[type] = [
    Assembler, Bucket, Chat, Connection, Entry, Guest, Head, LastChat, Listener, Pair, PollingLink, Refusals,
    ResumeWindow, Seat, Session, Socket, Ticket, Visitor, Waiting, WebSocketLink,
]  # fmt: skip


@pytest.mark.parametrize("record", RECORDS)
def test_a_record_lists_all_that_it_can_hold(record: type) -> None:
    assert record.__dictoffset__ == 0, "an attribute that nobody listed could be set"
    assert issubclass(record, Struct) or "__slots__" in vars(record)


def test_no_record_keeps_an_address() -> None:
    kept = [record for record in RECORDS if record is not Head]  # a head lives as long as its request
    names = {
        name for record in kept for name in getattr(record, "__struct_fields__", record.__dict__.get("__slots__", ()))
    }
    assert not names & {"ip", "peer", "client", "address", "headers", "scope"}
