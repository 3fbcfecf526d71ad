"""Short ways to write tickets and crowds."""

from collections.abc import Callable

from omefree.contract.codes import Mode
from omefree.matching.exclusions import Exclusions
from omefree.matching.lobby import Lobby
from omefree.matching.local import LocalLobby
from omefree.matching.ticket import Pair, Ticket, Widened

HESITATION_S = 5.0  # longer than the server has it if it is not told otherwise: there is more to go wrong


def ticket(
    visitor: str,
    *interests: str,
    since: float = 0.0,
    mode: Mode = "text",
    languages: str = "",
    patience_s: float | None = None,
    hide: bool = False,
    seal: int | None = None,
    apart: tuple[tuple[str, float], ...] = (),
) -> Ticket:
    """Make a ticket; `languages` are separated by blanks."""
    return Ticket(
        visitor,
        mode,
        {key: key.title() for key in interests},
        frozenset(languages.split()),
        patience_s,
        since,
        hide,
        seal,
        apart,
    )


def names(found: Pair | Widened | None) -> str:
    """Say in short what came out: `"ab"` a pair, `"a+"` widened, `""` nothing."""
    if found is None:
        return ""
    return found.a.visitor + found.b.visitor if isinstance(found, Pair) else found.visitor + "+"


def first(_: int) -> int:
    return 0


class Crowd:
    """A lobby and its time. After each call it does all that is due then."""

    def __init__(self, choose: Callable[[int], int] = first, hesitation_s: float = HESITATION_S) -> None:
        self.lobby = LocalLobby(Lobby(choose, hesitation_s), Exclusions())
        self.now = 0.0

    def join(self, visitor: str, *interests: str, mode: Mode = "text", languages: str = "",
             patience_s: float | None = None, seal: int | None = None) -> str:  # fmt: skip
        """Let a visitor search from now on; return what came of it."""
        joining = ticket(visitor, *interests, since=self.now, mode=mode, languages=languages, patience_s=patience_s,
                         seal=seal)  # fmt: skip
        return names(self.lobby.join(joining, self.now))

    def settle(self) -> list[str]:
        """Do what is due by now."""
        done: list[str] = []
        while (wake := self.lobby.next_wake()) is not None and wake <= self.now:
            done += map(names, self.lobby.advance(self.now))
        return done

    def wait(self, seconds: float) -> list[str]:
        """Let time pass, waking the lobby when it asks to be."""
        end = self.now + seconds
        done: list[str] = []
        while (wake := self.lobby.next_wake()) is not None and wake <= end:
            self.now = max(self.now, wake)
            done += map(names, self.lobby.advance(self.now))
        self.now = end
        return done

    def next(self, a: str, b: str) -> None:
        """End the chat of these two."""
        self.lobby.met(a, b, self.now)
