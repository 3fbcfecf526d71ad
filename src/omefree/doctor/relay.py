"""Rules: STUN and TURN. PURE."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from omefree.doctor.finding import Finding, bad, good, unseen, warning
from omefree.net.peers import denial, denied
from omefree.net.urls import IceUrl

MADE = "omefree deploy coturn > /etc/turnserver.conf"
REFUSED = {  # RFC 8656, section 19, and RFC 8489, section 14.8
    401: "coturn does not take OmeFree's credentials: the two have different secrets, or clocks",
    403: "coturn forbids it",
    438: "coturn does not take its own nonce",
    441: "coturn says that these are another visitor's credentials",
    442: "coturn relays no UDP",
    486: "coturn says that these credentials have all their places",
    508: "coturn has no free port",
    300: "coturn sends visitors to another server",
}
SHOWN = 4  # networks in a finding; the mending line covers all


class StunFacts(Struct, frozen=True):
    """What a question to a STUN server brought.

    `asked`: the address that was asked; `from_here`: it is one of this machine's. `mapped`: our address, as the server
    says; `source`: where the answer came from.
    """

    url: IceUrl
    asked: str = ""
    mapped: str = ""
    source: str = ""
    from_here: bool = False
    fault: str = ""


class TurnFacts(Struct, frozen=True):
    """What an allocation at one TURN URL brought.

    `code` is TURN's error if it was refused, `fault` why nothing came. `asked`: the address that was asked; `relayed`:
    the one at the relay. `carries`: whether data went through two places there. `open`: it serves whoever comes,
    without credentials. `granted`: the peers that must be refused, and were not; None: it could not be tried.
    """

    url: IceUrl
    asked: str = ""
    relayed: str = ""
    code: int = 0
    fault: str = ""
    carries: bool = False
    open: bool = False
    granted: tuple[str, ...] | None = None


def findings(stun: Sequence[StunFacts], turn: Sequence[TurnFacts], off: str = "") -> list[Finding]:
    """Every finding about STUN and TURN. `off` says why nobody could be asked which servers there are; else empty."""
    found = [told_address(it) for it in stun] or [unseen("stun", off) if off else no_stun(bool(turn))]
    return found + (list(relays(turn)) or [unseen("turn", off) if off else no_turn()])


def no_stun(has_turn: bool) -> Finding:
    """The server names no STUN server."""
    if has_turn:
        return good("stun", "none of its own: the TURN server tells visitors their addresses")
    return bad(
        "stun",
        "the server names none: no call between two homes gets through",
        "stun_port = 3478, and UDP 3478 free and open in the firewall",
    )


def told_address(it: StunFacts) -> Finding:
    """Whether a STUN server answers, from where it was asked."""
    if not it.mapped:
        where = it.url.place
        return bad(
            "stun",
            f"{where} does not answer" + (f": {it.fault}" if it.fault else ""),
            f"open it: `ufw allow {it.url.port}/udp`; and stun_host must not be an address that others cannot reach",
        )
    if it.source != it.asked:
        return bad(
            "stun",
            f"{it.url.place} was asked at {it.asked} and answers from {it.source}: browsers drop that",
            f'let STUN listen on that address itself: stun_host = "{it.asked}"',
        )
    if it.from_here:
        return good("stun", f"{it.url.place} answers; ask from another machine, too, to see the firewall")
    return good("stun", f"{it.url.place} answers")


def no_turn() -> Finding:
    """The server names no TURN server."""
    return warning(
        "turn",
        "there is no relay: some calls get through no other way, and nobody can hide an address",
        f"docs/turn.md; {MADE}",
    )


def relays(turn: Sequence[TurnFacts]) -> Iterator[Finding]:
    """Yields the finding of each way to the relay, and one about what it must refuse; nothing without a relay."""
    yield from map(allocation, turn)
    if turn:
        yield peers(turn)


def allocation(it: TurnFacts) -> Finding:
    """Whether a visitor gets a place at the relay, and whether it carries."""
    where = it.url.place
    if it.code:
        return bad("turn", f"{where}: {REFUSED.get(it.code, f'TURN error {it.code}')}", refusal(it.code))
    if it.fault:
        way = "udp" if it.url.transport == "udp" else "tcp"
        return bad(
            "turn",
            f"{where} does not answer: {it.fault}",
            f"`systemctl status coturn`, and open it: `ufw allow {it.url.port}/{way}`",
        )
    if it.open:
        return bad("turn", f"{where} relays for whoever comes, without credentials", f"no no-auth line: {MADE}")
    if denied(it.relayed) and not denied(it.asked):
        return bad("turn", f"{where} tells others the address {it.relayed}, where nobody reaches it", external(it))
    return carried(it)


def carried(it: TurnFacts) -> Finding:
    """Whether what goes in comes out."""
    if not it.carries:
        return bad(
            "turn",
            f"{it.url.place} gives places, and nothing passes between two of them: calls of two who hide fail",
            f"open UDP 49152-65535; behind NAT also `external-ip` as public/private: {MADE}",
        )
    return good("turn", f"{it.url.place} gives a place, and data passes")


def refusal(code: int) -> str:
    """The line that mends an error of TURN."""
    lines = {
        401: f"the same secret on both sides: {MADE}; and `timedatectl set-ntp true` on both",
        486: "user-quota and total-quota: " + MADE,
        508: "min-port and max-port further apart, or a larger total-quota: " + MADE,
    }
    return lines.get(code, MADE)


def external(it: TurnFacts) -> str:
    """The line that makes coturn tell its public address."""
    return f"omefree deploy coturn --external-ip PUBLIC/{it.relayed} > /etc/turnserver.conf"


def peers(turn: Sequence[TurnFacts]) -> Finding:
    """Whether the relay refuses to reach into private networks."""
    tried = [it.granted for it in turn if it.granted is not None]
    if not tried:
        return unseen("turn-peers", "without a place at the relay, nobody can try what it refuses")
    granted = list(dict.fromkeys(peer for each in tried for peer in each))
    if granted:
        shown = ", ".join(granted[:SHOWN]) + (", ..." if len(granted) > SHOWN else "")
        return bad("turn-peers", f"through the relay, strangers reach {shown}", closing(granted))
    return good("turn-peers", "the relay reaches into no private network, by IPv4 or IPv6")


def closing(granted: Sequence[str]) -> str:
    """The lines of coturn that close what was open."""
    lines = [denial(network) for network in dict.fromkeys(map(denied, granted)) if network]
    return f"{'; '.join(lines[:SHOWN])}{'; ...' if len(lines) > SHOWN else ''}; all of them: {MADE}"
