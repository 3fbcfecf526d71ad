"""What this server holds that is nothing of a visitor, and why: the other half of `inventory.DATA`.

Every field of every object that can be reached from the running server is in exactly one of the two, and so is every
field of every event. `test_inventory.py` finds the fields by itself. It fails on whatever is in neither list, or in
both.
"""

from itertools import chain

from omefree.privacy.inventory import DATA, under
from tests.privacy.between import BETWEEN

# The reason, and the fields that it holds for.
MACHINERY: dict[str, tuple[str, ...]] = {
    "leads to another part of the server, whose own fields are declared": (
        *under("chat.counter.Counter", "_alarms _clock _hours"),
        *under(
            "chat.presence.Presence",
            "_alarms _farewell _places clock counter operator options pairing reports reunions safety",
        ),
        *under("chat.farewell.Farewell", "_alarms _clock"),
        *under("chat.safety.Safety", "_clock _reports counters orders records"),
        *under("chat.presence.ResumeWindow", "_presence"),
        *under("chat.operator.Operator", "_here forgive_records"),
        *under("chat.pairing.Pairing", "_clock _exchange _options fading _safety"),
        *under("chat.reports.Reports", "_clock _exchange _pairing _safety"),
        *under("chat.reunions.Reunions", "_clock _exchange _pairing _safety"),
        *under("chat.visitor_socket.VisitorSocket", "_services _now _quotas"),
        *under("matching.lobby.Lobby", "_apart _index _rarity"),
        *under("engine.alarms.Alarms", "_clock"),
        *under("engine.engine.Engine", "_new_handler alarms clock gate options"),
        *under(
            "engine.http_connection.HttpProtocol",
            "app app_state config connections engine gather loop parsers polling server_state tasks",
        ),
        *under("engine.connection.Connection", "_gather _parsers"),
        *under("engine.port.PortServer", "_engine _on_started _redirects config lifespan server_state servers"),
        *under("engine.wiping_reader.WipingReader", "_protocol _transport"),
        "engine.parser.Parsers._frame_bytes_max",
        *under("engine.polling.Polling", "_engine"),
        *under("engine.polling.Post", "_engine"),
        *under("engine.polling.PollingTransport", "_engine"),
        *under("engine.session.Session", "_engine"),
        *under("engine.sockets.Namespaces", "_namespaces"),
        *under("engine.websocket.WebSocketTransport", "_engine"),
        *under("exchange.memory.MemoryExchange", "_clock _listener _lobby"),
        *under("matching.local.LocalLobby", "_exclusions _lobby"),
        *under("http.gate.HttpGate", "_clock _listener _proxies _shared"),
        *under("guard.record.Records", "_paused present voter"),
        *under("http.headers.SecurityHeaders", "_app _outer"),
        *under("listening.Sockets", "page redirect stun"),
        *under("net.stun.Endpoint", "_loop _sockets"),  # that listen: a request's sender is answered, not kept
        *under("guard.counters.Counters", "_waits hours total_waits"),
        *under("http.pages.Pages", "_catalogue _languages _lost _pages _policy _status _templates"),
        *under("http.pages.Status", "figures pages"),
        *under("clock.Fresh", "_clock _made _make"),
        *under("metrics.endpoint.Endpoint", "_servers _text"),
        *under("metrics.lateness.Lateness", "_clock"),
        *under("metrics.reading.Parts", "engine gate lateness node presence"),
        *under("operator.obeying.Operating", "_ask _engine _gate _presence _watch"),
        *under("server.Repeat", "_alarms _work"),
        *under("ending.Ending", "_draining _gate _node _presence _reloads _server _worker"),
        *under("draining.Draining", "_clock _house _timer"),
    ),
    **BETWEEN,
    "when something is to happen next, or is planned": (
        *under("chat.counter.Counter", "_is_news _next_at alarm"),
        *under("chat.farewell.Farewell", "_moved_at alarm"),
        *under("chat.presence.ResumeWindow", "alarm"),
        "guard.record.Records._since",
        *under("matching.lobby.Lobby", "_now"),
        *under("matching.rarity.Rarity", "_halve_at"),
        *under("matching.wakes.Wakes", "_heap"),
        *under("engine.alarms.Alarms", "_handle _order _wakes_at"),
        "engine.gather.Gather._is_planned",
        *under("engine.http_connection.HttpProtocol", "_idle_s alarm timeout_keep_alive timeout_keep_alive_task"),
        *under("engine.port.PortServer", "last_notified"),
        *under("engine.polling.PollingTransport", "alarm"),
        *under("engine.polling.Post", "alarm"),
        *under("engine.session.Session", "alarm"),
        *under("engine.sockets.Namespaces", "alarm"),
        *under("engine.websocket.WebSocketTransport", "alarm"),
        *under("clock.Timer", "_clock _handle _work when"),
        *under("exchange.memory.MemoryExchange", "_timer _turn"),
        *under("http.gate.HttpGate", "_key_since_s _pruned_s"),
        *under("metrics.lateness.Lateness", "_due"),
        *under("server.Repeat", "_every_s alarm"),
        *under("draining.Draining", "_asked_at _ends_at _inhabited_at _moves_at _refuge_at"),
    ),
    "counts for everybody together, or numbers things in their order": (
        "metrics.endpoint.Endpoint._open",
        "metrics.lateness.Lateness.seconds",
        "guard.record.Records.refused",
        *under("matching.lobby.Lobby", "_serial examined"),
        *under("matching.wakes.Wakes", "_serial"),
    ),
    "a state of the server, or of how far a request has been read": (
        *under("chat.presence.Presence", "closing draining leaving orders"),
        "draining.Draining.phase",
        *under("ending.Ending", "_is_told _siblings_stay _signal"),
        "chat.orders.ServerOrders.state",
        "operator.file.Watch._seen",  # the stamp of the control file
        *under("process.resources.Memory", "_is_short _looked_s"),
        "process.signals.Signals._waiting",
        *under("http.gate.HttpGate", "_is_closed _was_short places"),
        "operator.desk.Desk._server",
        *under("engine.http_connection.PollCycle", "disconnected is_whole keep_alive response_complete"),
        *under("engine.http_connection.HttpProtocol", "_head_bytes _in_head _unsent expect_100_continue scheme server"),
        *under("engine.port.PortServer", "_captured_signals force_exit should_exit started"),
        *under("engine.sockets.Namespaces", "_refusals"),
        "http.gate.HttpGate._said",  # the warnings that were given
        *under("engine.websocket.WebSocketTransport", "closing"),
    ),
    "an order of the operator's: which networks are shut out, whoever is there": (
        "guard.control.Blocked._networks",
        *under("guard.control.Orders", "blocked forgiven state"),
        "http.gate.HttpGate._blocked",
        "operator.obeying.Operating._orders",
    ),
    "set when the server starts, and the same for all": (
        *under("engine.polling.Polling", "headers path root"),
        *under("draining.Draining", "_drain_s _notice_s"),
        *under("ending.Ending", "_drain_s _notice_s"),
        "operator.file.Watch._path",
        "process.signals.Signals._answer",
        *under("process.resources.Memory", "_clock _groups _processes"),
        "http.gate.HttpGate._is_memory_short",
        "operator.desk.Desk._path",
        *under("chat.presence.Presence", "_limits quotas"),
        *under("guard.quota.KeyBuckets", "_full_s _quota"),
        *under("matching.lobby.Lobby", "_choose _hesitation_s"),
        *under(
            "engine.http_connection.HttpProtocol",
            "access_log access_logger asgi_version limit_concurrency logger root_path",
        ),
        *under("engine.http_connection.HttpProtocol", "ws_protocol_class"),
        *under("engine.port.PortServer", "limit_max_requests"),
        *under("engine.websocket.Assembler", "_limit"),
        *under("http.gate.HttpGate", "_allowed _at_once _max_connections _random_key _rate"),
        "clock.Fresh._every_s",
        *under("http.gate.AtOnce", "ipv4 of_48 of_64"),
        "http.status.Figures.since",
        "metrics.endpoint.Endpoint._content_type",
        *under("privacy.policy.Row", "given id value"),
        *under("words.catalogue.Catalogue", "_unparsed _words languages"),
        *under("words.catalogue.Words", "_locale messages policy_sha256 reviewed tag"),
        *under("http.proxies.Proxies", "_networks"),
        *under("net.stun.Endpoint", "port"),
        "listening.Sockets.file",
    ),
}

# Frozen, and made when the server starts: before anybody has come.
SETTINGS: frozenset[str] = frozenset(
    {
        "chat.options.ChatOptions",
        "config.Config",
        "contract.events.Limits",
        "contract.limits.Quota",
        "engine.options.EngineOptions",
        "http.static.File",
        "privacy.claims.Claim",
        "privacy.device.Kept",
        "privacy.inventory.Datum",
        "privacy.policy.Here",
        "privacy.policy.HostFacts",
        "privacy.policy.Policy",
        "privacy.services.HelpService",
        "privacy.services.Service",
    }
)

# Of these an object lives no longer than the call that makes it, or until a connection has begun as it should: the walk
# through the running server must find none.
PASSING: dict[str, str] = {
    "chat.presence.Version": "what a client speaks, until it is let in",
    **dict.fromkeys(
        (
            *under("exchange", "connection.Connection valkey.ValkeyWire"),
            *under("exchange", "address.Address line.Line"),
        ),
        "the connection to Valkey, through which sealed bytes pass: here an engine in memory stands for it",
    ),
    **dict.fromkeys(
        under("exchange.siblings", "Sibling SiblingWire Siblings"),
        "the way between workers of one machine, through which sealed bytes pass: crowd.py has none",
    ),
    **dict.fromkeys(
        (
            *under("chat.afterwards", "Proposal"),
            *under("exchange", "bus.Figures meeting.Meeting"),
            *under("nodes.effects", "Begin Broadcast Introduce Refused Send"),
            *under("nodes", "leadership.LeaseChange promise.Promise roster.Change stream.Received"),
            "guard.record.Vote",
        ),
        "what is decided between nodes, until it is done: a second at most, while a home waits for another's word",
    ),
    **dict.fromkeys(
        (*under("chat", "arrivals.Arriving remote.Early seats.Gate"), "engine.sockets.Arrival"),
        "a visitor that moves to another server: three seconds, until its place and all that was said have come",
    ),
    "exchange.acquaintances.Ties": "whom a visitor that moves must not meet, until that is on its way",
    "metrics.reading.Between": "how it is between servers, until /metrics is written",
    "http.app.Readiness": "the answer of /readyz, which is of the server alone",
    "guard.record.Gone": "the address keys of a reported partner that has left, until the report is counted",
    "exchange.introduction.Introduction": "a pair and the facts of its chat, until both are told",
    "matching.ticket.Pair": "two tickets, until both are told",
    "matching.ticket.Widened": "a visitor's id, until it is told",
    "engine.engine.Query": "what a request asks for, until its session is found",
    "engine.gate.Denial": "why a request is refused, until that is answered",
    "engine.tls.TlsPort": "a listening socket that speaks TLS: crowd.py has none",
    "engine.tls.Arrival": "a connection until it has agreed on TLS; then it is as one without, and this is gone",
    **dict.fromkeys(
        under("engine.handover", "WorkerConnection"),
        "a connection of one of several workers: as HttpProtocol, with the head that is being read; crowd.py has none",
    ),
    **dict.fromkeys(
        under("engine.handover", "Splice End Origin"),
        "a connection over TLS that a sibling serves, with its address, as long as it is open: crowd.py has none",
    ),
    "metrics.exposition.Listed": "the metrics, until their text is written",
    "engine.redirect.Redirect": "a request by plain HTTP where all is at https, until it is answered",
    "http.static.Asset": "a file of the list that is served, until that is written, at start",
    "http.static.Listing": "the same, all of them",
}

EVENT_MACHINERY: dict[str, tuple[str, ...]] = {
    "what the server is, and what it asks of everybody": (
        *under("welcome.args", "v server relay"),
        *under(
            "welcome.args.limits",
            "interests interest_chars languages signal_bytes message_bytes resume_window_s "
            "resume_window_chat_s pause_max_s",
        ),
        *under("welcome.args.limits.quotas", "rate_s burst"),
        *under("open", "upgrades pingInterval pingTimeout maxPayload"),
        *under("connect", "v"),
        *under("connect_error", "speaks"),
    ),
    "where to learn one's address, and credentials for the relay: their name is random, they last ten minutes": (
        *under("welcome.args.ice_servers", "urls username credential"),
        *under("matched.args.ice_servers", "urls username credential"),
        *under("ack.ice_servers", "urls username credential"),
        "ice",
    ),
    "the answer to an event, or why there is none": (
        *under("ack", "ok code message retry_after_s field"),
        *under("failed.args", "event code message retry_after_s field closes"),
        *under("connect_error", "code retry_after_s"),
        *under("moving.args", "after_s"),
    ),
}


def places(machinery: dict[str, tuple[str, ...]], data: list[tuple[str, tuple[str, ...]]]) -> dict[str, list[str]]:
    """Every declared name, and under which data or reasons: more than one is a mistake."""
    found: dict[str, list[str]] = {}
    for place, names in chain(data, machinery.items()):
        for name in names:
            found.setdefault(name, []).append(place)
    return found


def fields() -> dict[str, list[str]]:
    return places(MACHINERY, [(datum.id, datum.fields) for datum in DATA])


def events() -> dict[str, list[str]]:
    return places(EVENT_MACHINERY, [(datum.id, datum.events) for datum in DATA])
