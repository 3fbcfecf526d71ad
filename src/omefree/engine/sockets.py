"""The Socket.IO layer over Engine.IO sessions: namespaces, events, acknowledgements.

Source: the Socket.IO protocol, revision 5. A handler gets an event as the frame that came, so that a relay can pass on
the very same bytes. `wire.socketio.decode_args` decodes the arguments of an event.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import msgspec

from omefree.engine.session import CloseReason, Session
from omefree.errors import CloseCode, NamespaceRefused, ProtocolError
from omefree.wire import socketio
from omefree.wire.engineio import Binary
from omefree.wire.socketio import DEFAULT_NAMESPACE, Packet

SID_BYTES = 15
REFUSALS_MAX = 10  # refused CONNECTs in one session; an honest client asks once
PLAIN_EVENT = b"42["
ASKING_EVENT = re.compile(rb"42(\d{1,15})\[")  # asks for an acknowledgement; the number is as in wire.socketio.HEAD


class SocketHandler(Protocol):
    """Decides what a namespace does with one socket. A ProtocolError that it raises closes the connection."""

    def opened(self) -> None:
        """The client knows that it is connected to the namespace: now events may be sent."""

    def event(self, frame: bytes, at: int, ack: int | None) -> None:
        """Takes an event. `frame[at:]` is its JSON array, not decoded; `ack` None: it asks for no acknowledgement."""

    def binary_event(self, args: list[Any], ack: int | None) -> None:
        """Takes an event with attachments, decoded."""

    def closed(self, reason: CloseReason) -> None:
        """The socket is over, and nothing can be sent any more."""


class Arrival:
    """A socket about which its namespace decides later. Until then its CONNECT has no answer, so nothing else comes."""

    __slots__ = ("_decide", "gone_for")

    def __init__(self) -> None:
        self.gone_for: CloseReason | None = None  # the client has left before the answer
        self._decide: Callable[[SocketHandler | NamespaceRefused], None] | None = None

    def wait(self, decide: Callable[[SocketHandler | NamespaceRefused], None]) -> None:
        """Called by the engine: `decide` lets the socket in, or refuses it."""
        self._decide = decide

    def answer(self, decision: SocketHandler | NamespaceRefused) -> None:
        """Lets the socket in, with its handler, or refuses it. Does nothing if the client has left."""
        decide, self._decide = self._decide, None
        if decide is not None:
            decide(decision)

    def gone(self, reason: CloseReason) -> None:
        """Called by the engine: the client has left."""
        self.gone_for, self._decide = reason, None


Namespace = Callable[["Socket", bytes], SocketHandler | Arrival]
"""Takes a new socket and its auth (JSON, or empty). Raises NamespaceRefused to refuse it."""


class Socket:
    """One client in one namespace."""

    __slots__ = ("_answers", "_asked", "handler", "name", "session", "sid")

    def __init__(self, session: Session, name: str, sid: str) -> None:
        self.session = session
        self.name = name
        self.sid = sid
        self.handler: SocketHandler
        self._asked = 0
        self._answers: dict[int, Callable[[list[Any]], None]] | None = None

    def send(self, frame: bytes) -> None:
        """Sends a whole frame, which must be of this namespace."""
        self.session.send(frame)

    def emit(self, name: str, *args: Any, answer: Callable[[list[Any]], None] | None = None) -> None:
        """Sends an event; arguments may hold bytes. `answer` gets the arguments of the acknowledgement."""
        self._send_args(socketio.EVENT, [name, *args], None if answer is None else self._ask(answer))

    def acknowledge(self, ack: int, *args: Any) -> None:
        """Acknowledges an event that asked for it with the number `ack`."""
        self._send_args(socketio.ACK, list(args), ack)

    def disconnect(self) -> None:
        """Leaves the namespace and closes the whole session."""
        self.send(socketio.encode(socketio.DISCONNECT, self.name))
        self.session.close(CloseReason.SERVER)

    def expects(self, ack: int) -> bool:
        """Whether this acknowledgement was asked for. No other is worth decoding."""
        return ack in (self._answers or {})

    def answered(self, ack: int, args: list[Any]) -> None:
        """Handles an acknowledgement that came. If nothing waits for it, it is dropped."""
        answer = (self._answers or {}).pop(ack, None)
        if answer is not None:
            answer(args)

    def _ask(self, answer: Callable[[list[Any]], None]) -> int:
        if self._answers is None:
            self._answers = {}
        self._asked += 1
        self._answers[self._asked] = answer
        return self._asked

    def _send_args(self, kind: int, args: list[Any], ack: int | None) -> None:
        for frame in socketio.encode_args(kind, self.name, args, ack):
            self.send(frame)


class Namespaces:
    """The sockets of one Engine.IO session, one for each namespace that the client is in."""

    __slots__ = ("_arrival", "_attachments", "_namespaces", "_others", "_pending", "_refusals", "_session", "alarm",
                 "main")  # fmt: skip

    def __init__(self, namespaces: Mapping[str, Namespace], session: Session) -> None:
        self._namespaces = namespaces
        self._session = session
        self.main: Socket | None = None  # of the default namespace, the only one of most clients
        self._others: dict[str, Socket] | None = None
        self._pending: tuple[Packet, bytes] | None = None  # a binary packet whose attachments are still to come
        self._attachments: list[bytes] | None = None
        self._arrival: Arrival | None = None  # whoever is neither let in nor refused yet
        self._refusals = 0
        self.alarm = 0
        self._await_connect()

    def message(self, packet: bytes) -> None:
        """Handles an Engine.IO message. Raises ProtocolError if it is no Socket.IO packet, or not allowed now."""
        if type(packet) is Binary:
            self._attach(packet)
        elif self._pending is not None:
            raise ProtocolError("attachments are missing")
        elif self.main is not None and packet.startswith(PLAIN_EVENT):
            self.main.handler.event(packet, 2, None)
        elif self.main is not None and (head := ASKING_EVENT.match(packet)):
            self.main.handler.event(packet, head.end() - 1, int(head[1]))
        else:
            self._packet(socketio.decode(packet), packet)

    def closed(self, reason: CloseReason) -> None:
        """Ends all sockets, because the session is over."""
        self._session.alarms.cancel(self)
        if self._arrival is not None:
            self._arrival.gone(reason)
            self._arrival = None
        for socket in self._sockets():
            end(socket, reason)
        self.main = self._others = self._pending = self._attachments = None

    def wake(self, now: float) -> None:
        """Closes the session: the client joined no namespace in time."""
        self._session.close(CloseReason.PROTOCOL)

    def _await_connect(self) -> None:
        self._session.alarms.set(self, self._session.clock.time() + self._session.options.connect_timeout_s)

    def _sockets(self) -> list[Socket]:
        main = [] if self.main is None else [self.main]
        return main + list((self._others or {}).values())

    def _find(self, name: str) -> Socket:
        socket = self.main if name == DEFAULT_NAMESPACE else (self._others or {}).get(name)
        if socket is None:
            raise ProtocolError("not connected to this namespace")
        return socket

    def _packet(self, packet: Packet, frame: bytes) -> None:
        match packet.kind:
            case socketio.CONNECT:
                self._connect(packet.namespace, frame[packet.at :])
            case socketio.DISCONNECT:
                self._disconnect(packet.namespace)
            case socketio.EVENT:
                self._find(packet.namespace).handler.event(frame, packet.at, packet.ack)
            case socketio.ACK:
                self._answered(packet, frame[packet.at :], None)
            case socketio.BINARY_EVENT | socketio.BINARY_ACK if self._session.options.binary:
                self._find(packet.namespace)
                self._pending, self._attachments = (packet, frame[packet.at :]), []
            case _:
                raise ProtocolError("not a packet for a server")

    def _connect(self, name: str, auth: bytes) -> None:
        namespace = self._namespaces.get(name)
        if namespace is None:
            self._refuse(name, NamespaceRefused("Invalid namespace"))
            return
        if self._arrival is not None or any(socket.name == name for socket in self._sockets()):
            raise ProtocolError("connected already")
        socket = Socket(self._session, name, secrets.token_urlsafe(SID_BYTES))
        try:
            decision = namespace(socket, auth)
        except NamespaceRefused as error:
            self._refuse(name, error)
            return
        if isinstance(decision, Arrival):
            self._arrival = decision
            decision.wait(partial(self._decided, socket))
        else:
            self._let_in(socket, decision)

    def _decided(self, socket: Socket, decision: SocketHandler | NamespaceRefused) -> None:
        self._arrival = None
        if not isinstance(decision, NamespaceRefused):
            self._let_in(socket, decision)
            return
        try:
            self._refuse(socket.name, decision)
        except ProtocolError as error:
            self._session.fail(error)

    def _let_in(self, socket: Socket, handler: SocketHandler) -> None:
        name = socket.name
        socket.handler = handler
        self._add(name, socket)
        socket.send(socketio.encode(socketio.CONNECT, name, msgspec.json.encode({"sid": socket.sid})))
        if self._session.transport is not None:  # None: the peer was too slow even for that packet
            socket.handler.opened()

    def _add(self, name: str, socket: Socket) -> None:
        self._session.alarms.cancel(self)
        if name == DEFAULT_NAMESPACE:
            self.main = socket
        else:
            self._others = {**(self._others or {}), name: socket}

    def _refuse(self, name: str, error: NamespaceRefused) -> None:
        self._refusals += 1
        if self._refusals > REFUSALS_MAX:
            raise ProtocolError("refused too often", CloseCode.POLICY)
        body: dict[str, Any] = {"message": str(error)}
        if error.data is not None:
            body["data"] = error.data
        self._session.send(socketio.encode(socketio.CONNECT_ERROR, name, msgspec.json.encode(body)))

    def _disconnect(self, name: str) -> None:
        if self._arrival is not None:
            self._session.close(CloseReason.CLIENT)
            return
        socket = self._find(name)
        if name == DEFAULT_NAMESPACE:
            self.main = None
        elif self._others is not None:
            del self._others[name]
        if not self._sockets():
            self._await_connect()
        end(socket, CloseReason.CLIENT)

    def _attach(self, data: Binary) -> None:
        if self._pending is None or self._attachments is None:
            raise ProtocolError("an attachment of nothing")
        packet, body = self._pending
        self._attachments.append(data)
        if len(self._attachments) < packet.attachments:
            return
        attachments, self._pending, self._attachments = self._attachments, None, None
        if packet.kind == socketio.BINARY_ACK:
            self._answered(packet, body, attachments)
        else:
            args = socketio.decode_event(body, attachments)
            self._find(packet.namespace).handler.binary_event(args, packet.ack)

    def _answered(self, packet: Packet, body: bytes, attachments: list[bytes] | None) -> None:
        socket = self._find(packet.namespace)
        if packet.ack is not None and socket.expects(packet.ack):
            socket.answered(packet.ack, socketio.decode_args(body, attachments))


def end(socket: Socket, reason: CloseReason) -> None:
    """Tells the handler that its socket is over, and drops it: the two hold each other."""
    handler = socket.handler
    del socket.handler
    handler.closed(reason)
