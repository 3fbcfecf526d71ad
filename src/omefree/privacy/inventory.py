"""The one list of everything that this server holds of its visitors. What is not here may not exist.

The policy, /privacy.json and the keys that a log line may have (loggable.py) are made from it. `tests/privacy/` walks
through what can be reached from a live visitor, every event's fields and every log key. It fails on whatever is declared
neither here nor, with a reason, as machinery in tests/privacy/fields.py.

A field is named as `module.Class.field`, without `omefree.`; an event's as `find.criteria.interests`.
"""

from typing import Literal, NamedTuple, TypeAlias, get_args

from msgspec import Struct

# Article 6(1) of the GDPR: (b) to give you the service you ask for, (f) to keep it working for everybody.
Ground: TypeAlias = Literal["service", "protection"]
GROUNDS: tuple[Ground, ...] = get_args(Ground)
Column: TypeAlias = Literal["what", "purpose", "how_long", "seen_by"]  # a column of the policy's table
COLUMNS: tuple[Column, ...] = get_args(Column)


class Datum(Struct, frozen=True, kw_only=True):
    """One thing that is held. `fields` and `events` say where it is in the code.

    Its texts are `policy.data.<id>.<column>`. `how_long` and `seen_by` may name a text that several data share.
    `loggable`: whether a log line may tell it. Nothing that belongs to one visitor is loggable.
    """

    id: str
    how_long: str = ""
    seen_by: str = ""
    ground: Ground = "service"
    fields: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    loggable: bool = False

    def key(self, column: Column) -> str:
        """The key of the text for a column."""
        common = {"how_long": self.how_long, "seen_by": self.seen_by}.get(column)
        return common or f"policy.data.{self.id}.{column}"


def under(owner: str, names: str) -> tuple[str, ...]:
    """The fields of one class or of one event, such as `under("matching.lobby.Lobby", "_now _serial")`."""
    return tuple(f"{owner}.{name}" for name in names.split())


UNTIL_GONE, NOBODY, PARTNER = "policy.data.until_gone", "policy.data.nobody", "policy.data.partner"

DATA: tuple[Datum, ...] = (
    Datum(
        id="session",
        how_long=UNTIL_GONE,
        seen_by=NOBODY,
        fields=(
            *under("chat.counter.Counter", "_to_tell _visitors"),
            *under("chat.farewell.Farewell", "_to_tell _visitors"),
            *under("chat.presence.Presence", "_windows visitors"),
            "chat.fading.Fading._visitors",
            "chat.pairing.Pairing._visitors",
            "chat.reports.Reports._visitors",
            "chat.reunions.Reunions._visitors",
            "chat.presence.ResumeWindow._visitor",
            "chat.visitor_socket.VisitorSocket.visitor",
            *under("chat.visitor.VisitorRecord", "id life state"),
            *under("chat.remote.Stranger", "home id"),
            "chat.remote.Strangers._strangers",
            *under("chat.seats.Seats", "_seats"),
            *under("chat.seats.Seat", "half partner visitor"),
            "exchange.acquaintances.Acquaintances._known_at",
            # Where it was before it moved to another server, for 33 s.
            *under("chat.departures.Departures", "_halves _visitors"),
            *under("chat.departures.Moved", "life to visitor"),
            "matching.ticket.Ticket.visitor",
            *under("engine.engine.Engine", "pending_closes sessions"),
            "engine.polling.PollingTransport._sid",
            "engine.session.Session.sid",
            "engine.sockets.Socket.sid",
            "engine.websocket.WebSocketTransport._sid",
        ),
        events=("connected.sid", "open.sid", "welcome.args.resumed.state"),
    ),
    Datum(
        id="token",
        how_long=UNTIL_GONE,
        fields=(
            "chat.presence.Presence._tokens",
            *under("chat.visitor.VisitorRecord", "token token_before"),
            *under("chat.arrivals.Arrivals", "_arriving _given_up"),
            "chat.departures.Departures._tokens",
            "chat.seats.Seats._heirs",
            "chat.seats.Seat.tokens",
        ),
        events=("connect.resume", "welcome.args.resume"),
    ),
    Datum(
        id="criteria",
        fields=(
            *under("chat.visitor.VisitorRecord", "seal ticket"),
            *under("contract.events.Seal", "commit v"),
            "matching.index.Index._partitions",
            *under("matching.index.Waiting", "hesitates_until is_open serial since counter_ids ticket wake"),
            *under("matching.lobby.Lobby", "_due _stirred _waiting"),
            *under("matching.ticket.Ticket", "hide interests languages mode patience_s seal since"),
            *under("exchange.memory.MemoryExchange", "_decided _pending"),
            "exchange.cluster.Cluster._untold",
            *under("nodes.home.Home", "_pending _searches"),
            *under("nodes.leader.Leader", "_homes _pending _waiting"),
            *under("nodes.leader._Home", "seen visitors xor"),
            *under("nodes.leader._Waiting", "home mark n ticket"),
            *under("nodes.pool.Search", "chat mark n ticket"),
            *under("nodes.promise.Promises", "_early _made _void"),
        ),
        events=(
            *under("find.criteria", "from hide interests languages mode patience_s"),
            *under("find.criteria.seal", "commit v"),
            *under("searching.args", "since_s widened"),
        ),
    ),
    Datum(
        id="chat",
        seen_by=PARTNER,
        fields=(
            *under("chat.halves.Half", "began_at frame id mode partner polite relay_only"),
            "chat.visitor.VisitorRecord.half",
            *under("chat.remote.RemotePartner", "chat early home is_connected is_reachable life role seal stranger"),
            *under("chat.seats.Seat", "frame gate given"),
        ),
        events=(
            *under("ended", "chat reason"),
            "failed.args.chat",
            "leave.chat",
            *under("matched.args", "chat common languages mode polite relay_only step_max"),
            *under("matched.args.seal", "commit v"),
            "message.chat",
            *under("partner", "chat state"),
            "signal.chat",
            "typing.chat",
            *under("welcome.args.resumed", "chat partner"),
        ),
    ),
    Datum(
        id="sealed",
        fields=(
            *under("engine.sockets.Namespaces", "_attachments _pending"),
            *under("engine.chunks.Chunks", "_parts size"),
            *under("engine.websocket.Assembler", "_count _kind _parts"),
            "engine.websocket.WebSocketTransport._assembler",
            # On its way to another node, sealed once more: until that has acknowledged it, or is dead.
            *under("exchange.links.Links", "_broadcasts _streams"),
            *under("exchange.wire.Publication", "channel data"),
            *under("nodes.stream.Stream", "_queue _unacked"),
            *under("nodes.stream._Sent", "items number"),
        ),
        events=("message.data", "signal.data"),
    ),
    Datum(
        id="typing",
        seen_by=PARTNER,
        events=("typing.on",),
    ),
    Datum(
        id="last",
        seen_by=NOBODY,
        fields=(
            *under("chat.halves.LastChat", "again ended_at id mode partner polite reason relay_only reported"),
            *under("chat.visitor.VisitorRecord", "halves last"),
            "chat.remote.RemotePartner.asks",
            *under("chat.afterwards.Afterwards", "_former _proposed _strangers"),
            "chat.remote.Stranger.former",
            *under("chat.afterwards.Former", "stranger visitor"),
            "chat.fading.Expiring._values",
        ),
        events=("again.chat", "report.chat", "report.reason"),
    ),
    Datum(
        id="apart",
        seen_by=NOBODY,
        ground="protection",
        fields=(
            *under("matching.apart.Apart", "_ends _held _holders"),
            *under("matching.exclusions.Exclusions", "_cooldowns _elsewhere _lists"),
            *under("matching.exclusions._Lists", "holders met reported"),
            "matching.ticket.Ticket.apart",
            "matching.wakes.Wakes._kept",  # in the lobby it has the ids of visitors whose patience runs
        ),
    ),
    Datum(
        id="quotas",
        how_long=UNTIL_GONE,
        seen_by=NOBODY,
        ground="protection",
        fields=(
            *under("chat.visitor.VisitorRecord", "buckets refusals"),
            *under("guard.quota.Bucket", "stamp tokens"),
            "guard.quota.Refusals.times",
            "engine.polling.PollingTransport.limit",
        ),
    ),
    Datum(
        id="record",
        seen_by=NOBODY,
        ground="protection",
        fields=(
            *under("chat.visitor.VisitorRecord", "key network record"),
            "chat.fading.Fading._noted",
            "chat.halves.LastChat.evidence",
            *under("chat.halves.Evidence", "credit elsewhere key lasted_s network"),
            *under("guard.record.Credit", "address proved visit"),
            *under("guard.record.Standing", "proven voter votes"),
            "chat.remote.RemotePartner.standing",
            "chat.afterwards.Afterwards._traces",
            *under("chat.afterwards.Trace", "credit key network since stranger visitor"),
            *under(
                "guard.record.Record", "bad chats given good level open reason reported_at score until visits votes"
            ),
            *under("guard.record.Records", "_keys"),
            "guard.quota.KeyBuckets._buckets",
        ),
        events=(
            *under("ack", "open reason whose"),
            *under("connect_error", "open reason whose"),
            *under("failed.args", "open reason whose"),
            *under("paused.pause", "open reason retry_after_s whose"),
            *under("welcome.args.paused", "open reason retry_after_s whose"),
        ),
    ),
    Datum(
        id="address",
        seen_by=NOBODY,
        ground="protection",
        fields=(
            *under("engine.gate.Admission", "blocked key network spare"),
            "engine.gate.Head.peer",
            *under("engine.http_connection.HttpProtocol", "client flow transport"),
            "engine.connection.Connection.transport",
            *under("http.gate.Entry", "bucket key present touched_s voter"),
            *under("http.gate.HttpGate", "_entries _key _shared_key"),
            "exchange.voting.VotingKey._key",
        ),
    ),
    Datum(
        id="request",
        seen_by=NOBODY,
        fields=(
            *under("engine.gate.Head", "headers method path tls"),
            *under(
                "engine.http_connection.HttpProtocol",
                "_delayed _reading _unserved cycle head headers parser pipeline scope url",
            ),
            *under("engine.http_connection.PollCycle", "_protocol changed content head query"),
        ),
    ),
    Datum(
        id="connection",
        seen_by=NOBODY,
        fields=(
            *under("chat.visitor_socket.VisitorSocket", "_socket host send"),
            "chat.visitor.VisitorRecord.socket",
            "engine.alarms.Alarms._slots",
            "engine.engine.Engine.lingering",
            "engine.gate.Admission.host",
            "engine.gather.Gather._frames",
            *under("engine.connection.Connection", "_parser websocket"),
            *under("engine.parser.Parser", "_at _has_grown _protocol _receiver _transport is_over view"),
            *under("engine.parser.Parsers", "_idle first"),
            *under("engine.polling.Post", "_guard _request _session _transport"),
            *under("engine.polling.PollingTransport", "_is_planned poll posting queue queued_bytes session"),
            *under("engine.session.Session", "_awaits_pong admission handler held held_bytes transport probe"),
            *under("engine.sockets.Namespaces", "_arrival _others _session main"),
            *under("engine.sockets.Socket", "_answers _asked handler name session"),
            *under("engine.websocket.WebSocketTransport", "_admission _writer send session"),
        ),
    ),
    Datum(
        id="fashion",
        seen_by=NOBODY,
        fields=under("matching.rarity.Rarity", "_counts _log2 _log2_total _seconds _total"),
    ),
    Datum(
        id="counters",
        ground="protection",
        fields=(
            *under("guard.counters.Counters", "_counts _day _wall total"),
            "guard.waits.Waits._counts",
            "engine.engine.Engine.denials",
            *under("http.status.Figures", "chats wait_s"),
        ),
    ),
    Datum(
        id="hours",
        fields=(*under("guard.hours.Hours", "_count _hour _most _wall"), "http.status.Figures.hours"),
    ),
    Datum(
        id="online",
        fields=(
            *under("chat.counter.Counter", "_elsewhere _frame count"),
            "http.status.Figures.online",
            "http.gate.HttpGate.connected",
        ),
        events=("online.count", "welcome.args.online"),
        loggable=True,
    ),
)


class Route(NamedTuple):
    """One path that the server answers over HTTP. It refuses all methods but `methods`."""

    path: str
    methods: tuple[str, ...]
    what: str


READ = ("GET", "HEAD")
ROUTES: tuple[Route, ...] = (
    Route("/{path:path}", READ, "the page: its files, read once at start, and 404 for every other path"),
    Route("/check", READ, "a page that tests whether this device can talk"),
    Route("/privacy", READ, "what is held and promised; /privacy.json is among the page's files"),
    Route("/terms", READ, "the house rules"),
    Route("/safety", READ, "what to do when something goes wrong, and who helps"),
    Route("/legal", READ, "who runs this server"),
    Route("/status", READ, "how many are here, today's hours and chats, how long one waits: sums of everybody"),
    Route("/healthz", READ, "whether the server is well, its version, how many are here"),
    Route("/readyz", READ, "whether visitors should be sent here, and whether it is cut off from other servers"),
    Route("/socket.io/", ("GET", "POST", "OPTIONS"), "the events below, by long-polling or WebSocket"),
)

# Every event, by its purpose. A visitor can ask nothing else of this server.
EVENTS: dict[str, tuple[str, ...]] = {
    "introduce two people": ("find", "leave", "again", "report", "searching", "matched", "partner", "ended", "ice"),
    "say that somebody may not search for a while": ("paused",),
    "pass on what they sealed, and that they are typing": ("signal", "message", "typing"),
    "count who is here": ("online",),
    "come and go": ("welcome", "moving", "failed"),
}
