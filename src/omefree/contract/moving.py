"""What nodes say when a visitor moves from one to another (chat/moving.py), and all that is held of it: its estate."""

from msgspec import Struct, field

from omefree.contract.codes import EndReason, Mode, PauseReason
from omefree.contract.item import Item


class Part(Struct, array_like=True, gc=False):
    """A part of an estate."""


class Searching(Part):
    """Its search. `age`: for how long, in seconds. `seal`: version and commitment."""

    mode: Mode
    interests: dict[str, str]
    languages: list[str]
    patience: float | None
    age: float
    hide: bool
    seal: tuple[int, str] | None


class Other(Part):
    """The partner of a chat: empty if its session is over. `home` is its node, `life` as in `estate`; the rest as in
    `yes` (nodes.py).
    """

    visitor: str
    home: str
    proven: bool
    votes: int
    voter: bytes
    life: int = 0


class Chatting(Part):
    """Its half of a chat: of the polite peer if `role`. `frame` is its `matched`; `here`: its partner is connected.

    `heir`: what the partner's home has left for its own death, the tokens and the `matched` of the partner.
    """

    chat: str
    role: bool
    mode: Mode
    relay_only: bool
    frame: bytes
    age: float
    partner: Other
    here: bool
    heir: tuple[list[bytes], bytes]


class Talked(Part):
    """Its last chat. `age`: since its end. `asks`: its partner asks for it. `lasted`: if it can still be reported."""

    chat: str
    role: bool
    mode: Mode
    relay_only: bool
    age: float
    reason: EndReason | None
    again: bool
    reported: bool
    partner: Other
    asks: bool
    lasted: float | None


class Reportable(Part):
    """A half of it that its partner can still report, `age` seconds after its end. The rest is what the partner gave to
    it (guard/record.py).
    """

    chat: str
    role: bool
    age: float
    partner: str
    home: str
    visit: float
    address: float
    proved: bool


class Recorded(Part):
    """The record of its visit, as guard/record.py has it. Times are ages: negative for what is to come."""

    score: float
    until: float
    level: int
    reason: PauseReason
    open: tuple[Mode, ...]
    given: float
    chats: float
    good: int
    visits: float
    bad: float
    votes: bytes
    reported_at: float


class Take(Item, tag="take"):
    """New home to the home that a token names: this token was shown at `to`; give me its visitor.

    `token` is the SHA-256 of a resume token, here and everywhere. Whoever has given the visitor away passes it on;
    `hops`: how often that was done.
    """

    token: bytes
    to: str
    hops: int = 0


class Nothing(Item, tag="nothing"):
    """The answer: the sender does not know this token. `young`: it is so new that another process may have made it."""

    token: bytes
    young: bool


class Estate(Item, tag="estate"):
    """The answer: all that is held of the visitor. From now on it is the receiver's, and the sender has nothing of it.

    `token` was asked for; `tokens` are valid. `met` and `reported`: whom it must not meet. `known`: the nodes where its
    id is held. `buckets`: tokens and age of each quota. `refusals`: their ages.

    `life`: how often its partner's home has given it in place of its own home. If that was only slow, there are two of
    one visitor, and the one of the later life is right.
    """

    token: bytes
    tokens: list[bytes]
    visitor: str
    searching: Searching | None = None
    chatting: Chatting | None = None
    talked: Talked | None = None
    reportable: list[Reportable] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    reported: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    buckets: dict[str, tuple[float, float]] = field(default_factory=dict)
    refusals: list[float] = field(default_factory=list)
    record: Recorded | None = None
    life: int = 0


class Orphan(Item, tag="orphan"):
    """New home to all: `home`, which this token names, is silent or new. The home of its visitor's partner answers
    `estate`, or knows better where the visitor is.
    """

    token: bytes
    home: str
    to: str


class Heir(Item, tag="heir"):
    """Home to the partner's home, whose visitor has the half `role`: the partner's valid tokens, and its `matched`.

    So the chat can go on if the sender dies. An empty `frame`: as before, only the tokens have changed. `life`: of the
    partner, as in `estate`.
    """

    chat: str
    role: bool
    tokens: list[bytes]
    frame: bytes
    life: int = 0


class Moves(Item, tag="moves"):
    """Old home to each node that knows of a visitor: it lives at `to` from now on. Nothing more of it comes from here.
    Or `orphaned`: that home is silent, and this is said to all by whoever has given the estate in its stead.

    `chat` is its chat with the half `role` of the receiver, empty if there is none. `holds`: the ids that it holds.
    """

    visitor: str
    to: str
    chat: str
    role: bool
    holds: list[str]
    orphaned: bool = False


class Moved(Item, tag="moved"):
    """New home to the partner's home: the partner of the half `role` lives here. It counts if `moves` never comes, but
    not for an earlier `life` (`estate`) than that of the partner.
    """

    chat: str
    role: bool
    life: int = 0


class Mark(Item, tag="mark"):
    """Partner's home, by the old home, to the new one: what comes after this for the half `role` comes straight."""

    chat: str
    role: bool
