"""What nodes of one cluster say to each other: items. A batch carries them (batches.py).

Each item is an array, whose first element is its name. The rules of change: a field is only ever appended, with a
default; an item that this version does not know is dropped and counted. So a node of version v speaks to v - 1 and to
v + 1.

`role` says whose half of a chat an item is for: True for the half of the polite peer. `visitor` is a session's id, `n`
the number of its search at its home, `home` the tag of a node. Ages and times that are left are in seconds: a moment
never crosses from one clock to another.
"""

from hashlib import blake2b
from typing import TypeAlias

from msgspec import field

from omefree.contract.codes import ReportReason, Step
from omefree.contract.item import Item
from omefree.contract.moving import Estate, Heir, Mark, Moved, Moves, Nothing, Orphan, Take

# --- a search: its home and the leader of its pool -----------------------------------------------------------------


class Announce(Item, tag="announce"):
    """Home to leader: forget the tickets that you have of me; a `join` for each that waits follows."""

    pool: str
    epoch: int


class Join(Item, tag="join"):
    """Home to leader: this visitor searches. It replaces a ticket with a smaller `n`.

    `keys` are compared interests, not their spelling. `age` is how long it has searched. `apart`: whom it must not
    meet, and for how many seconds more; None: while both sessions last.
    """

    pool: str
    epoch: int
    visitor: str
    n: int
    keys: list[str]
    languages: list[str]
    patience: float | None
    age: float
    hide: bool
    seal: int | None
    apart: list[tuple[str, float | None]]


class Quit(Item, tag="quit"):
    """Home to leader: the search number `n` of this visitor is over."""

    pool: str
    epoch: int
    visitor: str
    n: int


class Pair(Item, tag="pair"):
    """Leader to each of two homes: a proposal. `partner` searches at the node `home`. It is void in another epoch."""

    pool: str
    epoch: int
    chat: str
    polite: bool
    visitor: str
    n: int
    partner: str
    home: str
    common: list[str]


class Pair2(Item, tag="pair2"):
    """Leader to the home of both: a proposal that needs no handshake. `a` is the polite one if `polite`."""

    pool: str
    epoch: int
    chat: str
    polite: bool
    a: str
    na: int
    b: str
    nb: int
    common: list[str]


class Widened(Item, tag="widened"):
    """Leader to home: the patience of this search has run out; it waits on, open to anyone."""

    pool: str
    epoch: int
    visitor: str
    n: int


class Count(Item, tag="count"):
    """Leader to home, each second: how many tickets of it wait, and the XOR of their `ticket_mark`.

    `seen`: how many `join` and `quit` of this home have come since its `announce`. Only if the home has sent as many
    can it compare the rest.
    """

    pool: str
    epoch: int
    seen: int
    tickets: int
    xor: int


class Lead(Item, tag="lead"):
    """Leader to all: it leads this pool in this epoch. Repeated twice a second, and said at once when it begins."""

    pool: str
    epoch: int


class Bye(Item, tag="bye"):
    """To all: the sender leaves, and others lead what it has led. Whoever hears it asks the registry at once.

    It is said when the leaderships are given away, and again when the lease is.
    """


class Seen(Item, tag="seen"):
    """Home to a leader of the past: a higher epoch of this pool has been seen."""

    pool: str
    epoch: int


# --- a promise: home to home ---------------------------------------------------------------------------------------


class Yes(Item, tag="yes"):
    """The sender's visitor is promised to this chat. The rest is what the partner's home needs to begin it.

    `seal`: version and commitment. `proven`, `votes` and `voter` are for the record of reports (guard/record.py):
    `voter` is the visitor's network, hashed under the key of `voting`.
    """

    chat: str
    hide: bool
    languages: list[str]
    seal: tuple[int, str] | None
    step_max: Step
    proven: bool
    votes: int
    voter: bytes


class No(Item, tag="no"):
    """The sender's visitor is not in this chat: a promise to it is void, and the chat is over if it has begun."""

    chat: str


class Reunite(Item, tag="reunite"):
    """A proposal and the sender's `yes` in one, and the answer to it: both visitors of the chat `old` ask for each
    other again.

    `role` is that of the one asked, in the chat `old`; `polite` whether it is the polite peer in the new chat.
    """

    old: str
    role: bool
    chat: str
    polite: bool
    step_max: Step
    proven: bool
    votes: int
    voter: bytes


# --- a chat: home to home ------------------------------------------------------------------------------------------


class Say(Item, tag="say"):
    """A frame for the half `role`, as it came from the partner."""

    chat: str
    role: bool
    frame: bytes


class Typing(Item, tag="typing"):
    """As `say`, but it may be dropped under load."""

    chat: str
    role: bool
    frame: bytes


class Here(Item, tag="here"):
    """The partner of the half `role` is connected (`here`), or its connection has broken."""

    chat: str
    role: bool
    here: bool


class Over(Item, tag="over"):
    """The chat of the half `role` is over, or is not known to the sender. An unknown reason counts as `lost`.

    With the reason `elsewhere` it goes on: whoever has this half in an earlier `life` (`estate`) has a ghost of its
    visitor, who lives elsewhere.
    """

    chat: str
    role: bool
    reason: str
    life: int = 0


class Have(Item, tag="have"):
    """After a new beginning of the stream: each chat that the sender has with the receiver, for which half, and whether
    the partner of that half is connected. The receiver answers `over` for each that it does not have. `ages`: for how
    long, in the same order.
    """

    chats: list[tuple[str, bool, bool]]
    ages: list[float] = field(default_factory=list)


class Again(Item, tag="again"):
    """The other visitor of this chat, which is over, asks for the visitor that had the half `role`."""

    chat: str
    role: bool


class Unagain(Item, tag="unagain"):
    """The other visitor no longer asks."""

    chat: str
    role: bool


class Report(Item, tag="report"):
    """The visitor that has or had the half `role` was reported, by `voter`.

    `weight` is 0 to 1, `votes` how many votes that network has (guard/record.py).
    """

    chat: str
    role: bool
    reason: ReportReason
    weight: float
    votes: int
    voter: bytes


class Voting(Item, tag="voting"):
    """A leader to all: the random key under which voters are hashed. It lives in memory alone."""

    age: float
    key: bytes


class Gone(Item, tag="gone"):
    """To each node that knows of them: the sessions of these visitors are over."""

    visitors: list[str]


# --- a visitor that has moved to another node (moving.py) ----------------------------------------------------------

Relayed: TypeAlias = (
    Say | Typing | Here | Over | Again | Unagain | Reunite | Report | Gone | Moves | Moved | Mark | Heir
)  # fmt: skip


class Passed(Item, tag="passed"):
    """Old home to new home: what has still come to the old one from the node `origin`, in order."""

    origin: str
    item: Relayed


AnyItem: TypeAlias = (
    Announce | Join | Quit | Pair | Pair2 | Widened | Count | Lead | Bye | Seen | Yes | No | Reunite | Say | Typing
    | Here | Over | Have | Again | Unagain | Report | Voting | Gone
    | Take | Nothing | Estate | Orphan | Heir | Moves | Moved | Mark | Passed
)  # fmt: skip


def ticket_mark(visitor: str, n: int) -> int:
    """Returns the 64 bits that stand for a ticket in `count`."""
    return int.from_bytes(blake2b(f"{n} {visitor}".encode(), digest_size=8).digest(), "little")
