"""Everything that this server holds of its visitors: the one list. What is not here may not exist.

The policy, /privacy.json and the keys that a log line may have (loggable.py) are made from it. `tests/privacy/` walks
what can be reached from a live visitor, every event's fields and every log key, and fails on whatever is declared
neither below nor as machinery, with a reason (fields.py).

A field is named as `module.Class.field`, without `omefree.`; an event's as `find.criteria.interests`.
"""

from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

Lang: TypeAlias = Literal["en", "fr"]
LANGS: tuple[Lang, ...] = ("en", "fr")

# Article 6(1) of the GDPR: (b) to give you the service you ask for, (f) to keep it working for everybody.
Ground: TypeAlias = Literal["service", "protection"]


class Words(NamedTuple):
    """A text for people in every language of the app."""

    en: str
    fr: str

    def say(self, lang: Lang) -> str:
        return self.en if lang == "en" else self.fr


class Datum(Struct, frozen=True, kw_only=True):
    """One thing that is held. `fields` and `events`: where in the code; `{...}` in a text is a live setting.

    `loggable`: whether a log line may tell it. Nothing of a visitor is.
    """

    id: str
    what: Words
    purpose: Words
    how_long: Words
    seen_by: Words
    ground: Ground = "service"
    fields: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    loggable: bool = False


def under(owner: str, names: str) -> tuple[str, ...]:
    """The fields of one class, or of one event: `under("matching.lobby.Lobby", "_now _serial")`."""
    return tuple(f"{owner}.{name}" for name in names.split())


UNTIL_GONE = Words(
    "until you leave; after an unexpected break, {gone_s} s at most",
    "jusqu’à ton départ ; après une coupure, {gone_s} s au plus",
)
NOBODY = Words("nobody", "personne")
PARTNER = Words("the person you talk to", "la personne à qui tu parles")

DATA: tuple[Datum, ...] = (
    Datum(
        id="session",
        what=Words(
            "a random number for your visit, and for your connection; whether you search, talk or neither",
            "un numéro tiré au hasard pour ta visite, et un pour ta connexion ; si tu cherches, si tu parles, ou ni l’un ni l’autre",
        ),
        purpose=Words("to know which connection is yours", "savoir quelle connexion est la tienne"),
        how_long=UNTIL_GONE,
        seen_by=NOBODY,
        fields=(
            *under("chat.counter.Counter", "_to_tell _visitors"),
            *under("chat.lounge.Lounge", "_windows visitors"),
            "chat.pairing.Pairing._visitors",
            "chat.reports.Reports._visitors",
            "chat.reunions.Reunions._visitors",
            "chat.lounge.ResumeWindow._visitor",
            "chat.seat.Seat.visitor",
            *under("chat.visitor.Visitor", "id state"),
            "matching.ticket.Ticket.visitor",
            *under("engine.engine.Engine", "farewells sessions"),
            "engine.engine.Query.sid",
            "engine.polling.PollingLink._sid",
            "engine.session.Session.sid",
            "engine.sockets.Socket.sid",
            "engine.websocket.WebSocketLink._sid",
        ),
        events=("connected.sid", "open.sid", "welcome.args.resumed.state"),
    ),
    Datum(
        id="token",
        what=Words(
            "a hash of the token with which your page comes back after a break",
            "une empreinte du jeton avec lequel ta page revient après une coupure",
        ),
        purpose=Words("to give you your place back", "te rendre ta place"),
        how_long=UNTIL_GONE,
        seen_by=Words(
            "nobody; the token itself is in your page’s memory alone",
            "personne ; le jeton lui-même n’est que dans la mémoire de ta page",
        ),
        fields=(
            "chat.lounge.Lounge._tokens",
            *under("chat.visitor.Visitor", "token token_before"),
        ),
        events=("connect.resume", "welcome.args.resume"),
    ),
    Datum(
        id="criteria",
        what=Words(
            "what you search for: video or text, your interests, languages, patience, since when, whether to hide your address; and a fingerprint of the key with which your page will seal",
            "ce que tu cherches : vidéo ou texte, tes centres d’intérêt, langues, patience, depuis quand, s’il faut cacher ton adresse ; et une empreinte de la clé avec laquelle ta page scellera",
        ),
        purpose=Words("to find you somebody", "te trouver quelqu’un"),
        how_long=Words(
            "until you are matched, stop or leave; after an unexpected break, {gone_s} s at most",
            "jusqu’à la rencontre, l’arrêt ou ton départ ; après une coupure, {gone_s} s au plus",
        ),
        seen_by=Words(
            "the person you meet sees the interests and languages that you share, no others, and the fingerprint",
            "la personne rencontrée voit les centres d’intérêt et les langues que vous partagez, pas les autres, et l’empreinte",
        ),
        fields=(
            *under("chat.visitor.Visitor", "seal ticket"),
            *under("contract.events.Seal", "commit v"),
            "matching.index.Index._shelves",
            *under("matching.index.Waiting", "hesitates_until is_open serial since slots ticket wake"),
            *under("matching.lobby.Lobby", "_due _stirred _waiting"),
            *under("matching.ticket.Ticket", "hide interests languages mode patience_s seal since"),
            *under("exchange.memory.MemoryExchange", "_decided _pending"),
        ),
        events=(
            *under("find.criteria", "from hide interests languages mode patience_s"),
            *under("find.criteria.seal", "commit v"),
            *under("searching.args", "since_s widened"),
        ),
    ),
    Datum(
        id="chat",
        what=Words(
            "who talks with whom, under a random number; what you share; whether addresses are hidden",
            "qui parle avec qui, sous un numéro tiré au hasard ; ce que vous partagez ; si les adresses sont cachées",
        ),
        purpose=Words("to pass your words on to the right person", "transmettre tes mots à la bonne personne"),
        how_long=Words("until the chat ends", "jusqu’à la fin de la conversation"),
        seen_by=PARTNER,
        fields=(
            *under("chat.halves.Half", "frame id mode partner relay_only"),
            "chat.visitor.Visitor.half",
        ),
        events=(
            *under("ended", "chat reason"),
            "failed.args.chat",
            "leave.chat",
            *under("matched.args", "chat common languages mode polite relay_only"),
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
        what=Words(
            "what you say and what sets up a call, sealed: we can’t read it",
            "ce que tu dis et ce qui établit un appel, scellé : on ne peut pas le lire",
        ),
        purpose=Words("to pass it on", "le transmettre"),
        how_long=Words(
            "as long as passing it on takes; it is stored nowhere",
            "le temps de le transmettre ; ce n’est enregistré nulle part",
        ),
        seen_by=Words(
            "the person you talk to, whose browser opens it", "la personne à qui tu parles, dont le navigateur l’ouvre"
        ),
        fields=(
            *under("engine.sockets.Connection", "_attachments _pending"),
            *under("engine.pieces.Pieces", "_parts size"),
            *under("engine.websocket.Assembler", "_count _kind _parts"),
            "engine.websocket.WebSocketLink._assembler",
        ),
        events=("message.data", "signal.data"),
    ),
    Datum(
        id="typing",
        what=Words("that you are typing", "le fait que tu écris"),
        purpose=Words("to show it to the other", "le montrer à l’autre"),
        how_long=Words("as long as passing it on takes", "le temps de le transmettre"),
        seen_by=PARTNER,
        events=("typing.on",),
    ),
    Datum(
        id="last",
        what=Words(
            "which chat was your last, when and how it ended, and whether you want it again",
            "quelle conversation était la dernière, quand et comment elle a fini, et si tu veux la reprendre",
        ),
        purpose=Words(
            "so that you can report it, or find the same person again",
            "te laisser la signaler, ou retrouver la même personne",
        ),
        how_long=Words(
            "until your next chat has ended or you leave; after two minutes it is of no more use",
            "jusqu’à la fin de la suivante ou ton départ ; après deux minutes elle ne sert plus",
        ),
        seen_by=NOBODY,
        fields=(
            *under("chat.halves.LastChat", "again ended_at id mode partner reason relay_only reported"),
            "chat.visitor.Visitor.last",
        ),
        events=("again.chat", "report.chat", "report.reason"),
    ),
    Datum(
        id="apart",
        what=Words(
            "the numbers of your last 8 partners, for 60 s each, and of those whom you reported",
            "les numéros de tes 8 derniers partenaires, 60 s chacun, et de ceux que tu as signalés",
        ),
        purpose=Words(
            "so that you don’t meet them again at once, or at all",
            "éviter de les retrouver tout de suite, ou tout court",
        ),
        how_long=Words(
            "until one of you two leaves; then your number goes from their list, too",
            "jusqu’au départ de l’un de vous deux ; ton numéro quitte alors aussi leur liste",
        ),
        seen_by=NOBODY,
        ground="protection",
        fields=(
            *under("matching.apart.Apart", "_ends _held _holders"),
            *under("matching.exclusions.Exclusions", "_cooldowns _lists"),
            *under("matching.exclusions._Lists", "holders met reported"),
            "matching.ticket.Ticket.apart",
            "matching.wakes.Wakes._kept",  # the lobby's has the ids of those whose patience runs
        ),
    ),
    Datum(
        id="quotas",
        what=Words(
            "how much you did in the last seconds: counters", "ce que tu as fait ces dernières secondes : des compteurs"
        ),
        purpose=Words("so that nobody floods the others", "empêcher que quelqu’un n’inonde les autres"),
        how_long=UNTIL_GONE,
        seen_by=NOBODY,
        ground="protection",
        fields=(
            *under("chat.visitor.Visitor", "buckets refusals"),
            *under("guard.quota.Bucket", "stamp tokens"),
            "guard.quota.Refusals._times",
            "engine.polling.PollingLink.limit",
        ),
    ),
    Datum(
        id="address",
        what=Words(
            "your network (IP) address, beside each connection that it has open; and a keyed hash of it, with how many connections came from there",
            "ton adresse réseau (IP), à côté de chaque connexion qu’elle a ouverte ; et une empreinte à clé de celle-ci, avec le nombre de connexions qui en viennent",
        ),
        purpose=Words(
            "to answer you; so that one machine doesn’t take all the places",
            "te répondre ; empêcher qu’une seule machine ne prenne toutes les places",
        ),
        how_long=Words(
            "the address until its connection closes; the hash until {quota_ttl_s} s after your last connection; its key is random, lies in memory alone and changes every 24 hours",
            "l’adresse jusqu’à la fermeture de sa connexion ; l’empreinte jusqu’à {quota_ttl_s} s après ta dernière connexion ; sa clé est tirée au hasard, n’est qu’en mémoire et change toutes les 24 heures",
        ),
        seen_by=NOBODY,
        ground="protection",
        fields=(
            "engine.gate.Guest.key",
            "engine.gate.Head.peer",
            *under("engine.glue.HttpProtocol", "client flow transport"),
            *under("engine.glue.Listener", "_transport _writer"),
            *under("http.gate.Entry", "bucket present touched_s"),
            *under("http.gate.HttpGate", "_entries _key"),
        ),
    ),
    Datum(
        id="request",
        what=Words(
            "what a browser sends with each request: the page asked for, the browser’s name, its languages, an address that a proxy adds",
            "ce qu’un navigateur envoie avec chaque requête : la page demandée, son nom, ses langues, une adresse qu’un proxy y ajoute",
        ),
        purpose=Words("to answer it", "y répondre"),
        how_long=Words(
            "until the connection that brought it closes, brings another or turns into the chat’s",
            "jusqu’à ce que la connexion qui l’a apportée se ferme, en apporte une autre ou devienne celle de la conversation",
        ),
        seen_by=NOBODY,
        fields=(
            "engine.engine.Query.transport",
            *under("engine.gate.Head", "headers method path tls"),
            *under("engine.glue.HttpProtocol", "cycle head headers parser pipeline scope url"),
        ),
    ),
    Datum(
        id="connection",
        what=Words(
            "what a connection needs: its heartbeat, what waits to be sent, the name under which you reached this server",
            "ce qu’il faut à une connexion : son battement, ce qui attend d’être envoyé, le nom sous lequel tu as joint ce serveur",
        ),
        purpose=Words("to keep the connection up", "maintenir la connexion"),
        how_long=Words("as long as the connection", "le temps de la connexion"),
        seen_by=NOBODY,
        fields=(
            *under("chat.seat.Seat", "_socket host send"),
            "chat.visitor.Visitor.seat",
            "engine.alarms.Alarms._slots",
            "engine.engine.Engine.lingering",
            "engine.gate.Guest.host",
            "engine.gather.Gather._frames",
            "engine.glue.Listener.link",
            *under("engine.polling.PollingLink", "posting queue queued_bytes session waiter"),
            *under("engine.session.Session", "_awaits_pong guest handler held held_bytes link probe"),
            *under("engine.sockets.Connection", "_others _session main"),
            *under("engine.sockets.Socket", "_answers _asked handler name session"),
            *under("engine.websocket.WebSocketLink", "_guest _wire send session"),
        ),
    ),
    Datum(
        id="fashion",
        what=Words(
            "how often interests were named lately: 4,096 counters under a checksum, for everybody together",
            "combien de fois des centres d’intérêt ont été cités récemment : 4 096 compteurs sous une somme de contrôle, pour tout le monde ensemble",
        ),
        purpose=Words(
            "so that a rare interest in common counts for more",
            "donner plus de poids à un centre d’intérêt rare en commun",
        ),
        how_long=Words(
            "they halve every 5 minutes; after 20 nothing is left of you",
            "ils sont divisés par deux toutes les 5 minutes ; après 20 il ne reste rien de toi",
        ),
        seen_by=NOBODY,
        fields=under("matching.rarity.Rarity", "_counts _log2 _log2_total _seconds _total"),
    ),
    Datum(
        id="online",
        what=Words("how many are connected: one number", "combien de gens sont connectés : un nombre"),
        purpose=Words("to tell you whether anybody is there", "te dire s’il y a du monde"),
        how_long=Words("as long as this server runs", "tant que ce serveur tourne"),
        seen_by=Words("everybody", "tout le monde"),
        fields=(
            *under("chat.counter.Counter", "_frame count"),
            "http.gate.HttpGate.connected",
        ),
        events=("online.count", "welcome.args.online"),
        loggable=True,
    ),
)


class Route(NamedTuple):
    """One thing that is answered over HTTP. `methods`: any other is refused."""

    path: str
    methods: tuple[str, ...]
    what: str


READ = ("GET", "HEAD")
ROUTES: tuple[Route, ...] = (
    Route("/{path:path}", READ, "the page: its files, read once at start, and 404 for every other path"),
    Route("/privacy", READ, "what is held and promised; /privacy.json is among the page's files"),
    Route("/terms", READ, "the house rules"),
    Route("/legal", READ, "who runs this server"),
    Route("/healthz", READ, "whether the server is well, its version, how many are here"),
    Route("/socket.io/", ("GET", "POST", "OPTIONS"), "the events below, by long-polling or WebSocket"),
)

# Every event, by what it is for. There is no other thing that a visitor can ask of this server.
EVENTS: dict[str, tuple[str, ...]] = {
    "introduce two people": ("find", "leave", "again", "report", "searching", "matched", "partner", "ended", "ice"),
    "pass on what they sealed, and that they are typing": ("signal", "message", "typing"),
    "count who is here": ("online",),
    "come and go": ("welcome", "moving", "failed"),
}
