"""The policy: the claims, the inventory and a server's settings in, the document and its JSON out. PURE."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct, structs

from omefree.contract.limits import PING_INTERVAL_S, PING_TIMEOUT_S, RESUME_WINDOW_S
from omefree.privacy import claims, inventory, texts
from omefree.privacy.claims import CLAIMS, Claim
from omefree.privacy.inventory import DATA, Datum, Words

SCHEMA = 1  # of /privacy.json (docs/privacy.md)
PRIVACY, TERMS, LEGAL = "/privacy", "/terms", "/legal"
POLICY_JSON, ASSETS_JSON = "/privacy.json", "/assets.json"

Entry = TypeVar("Entry", Claim, Datum)

GONE_S = PING_INTERVAL_S + PING_TIMEOUT_S + RESUME_WINDOW_S  # from the last sign of life until nothing is left


class HostFacts(Struct, frozen=True, kw_only=True):
    """What the system let the process do for its memory when it started. The defaults claim nothing."""

    core_dumps_off: bool = False
    not_dumpable: bool = False
    memory_locked: bool = False
    freed_overwritten: bool = False


class Here(Struct, frozen=True, kw_only=True):
    """The settings of one server, as far as its pages tell them. An empty text was not set."""

    version: str
    operator: str = ""
    contact: str = ""
    authority_contact: str = ""  # `contact` if the operator named no other
    hosting: str = ""
    open_to_others: bool = False
    turn: bool = False
    processes: int = 1
    seal: int  # the sealing's version
    connections: int  # of one address at once
    connections_per_s: float  # new ones of one address
    quota_ttl_s: float  # how long an address's counters outlive its last connection, at most
    as_built: bool | None = None  # whether the page's files are the build's; None: it has no list
    host: HostFacts = HostFacts()

    @property
    def unreachable(self) -> bool:
        """Open to others, and nobody knows whom to write to."""
        return self.open_to_others and not self.contact

    @property
    def has(self) -> Mapping[str, bool]:
        """What a claim can need."""
        return {"turn": self.turn, "closed_memory": self.host.core_dumps_off and self.host.not_dumpable}

    @property
    def values(self) -> Mapping[str, str]:
        """What fills the holes of the texts."""
        given = structs.asdict(self) | {"gone_s": GONE_S, "resume_s": RESUME_WINDOW_S}
        return {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in given.items()}


class Row(NamedTuple):
    """One setting for people. `given`: as the operator wrote it; without both texts it is missing."""

    id: str
    label: Words
    value: Words | None = None
    given: str = ""


class Policy(Struct, frozen=True, kw_only=True):
    """What the pages show: every hole of every text is filled."""

    claims: tuple[Claim, ...]
    data: tuple[Datum, ...]
    operator: tuple[Row, ...]
    settings: tuple[Row, ...]
    here: Here


def policy(here: Here) -> Policy:
    """The policy of one server: of the claims, those that are true on it."""
    values = here.values
    return Policy(
        claims=tuple(filled(claim, values) for claim in CLAIMS if claim.needs is None or here.has[claim.needs]),
        data=tuple(filled(datum, values) for datum in DATA),
        operator=operator_rows(here),
        settings=setting_rows(here),
        here=here,
    )


def filled(entry: Entry, values: Mapping[str, str]) -> Entry:
    """The entry with the holes of its texts filled."""
    changes = {field: fill(value, values) for field, value in structs.asdict(entry).items() if isinstance(value, Words)}
    return structs.replace(entry, **changes)


def fill(words: Words, values: Mapping[str, str]) -> Words:
    """Raises KeyError for a hole that nothing fills."""
    return Words(*(text.format_map(values) for text in words))


def operator_rows(here: Here) -> tuple[Row, ...]:
    return (
        Row("operator", texts.OPERATOR, given=here.operator),
        Row("contact", texts.CONTACT, given=here.contact),
        Row("authority_contact", texts.AUTHORITY_CONTACT, given=here.authority_contact),
        Row("hosting", texts.HOSTING, given=here.hosting),
    )


def setting_rows(here: Here) -> tuple[Row, ...]:
    host = here.host
    shown = (
        ("as_built", texts.SOFTWARE, texts.AS_BUILT[here.as_built]),
        ("seal", texts.SEALING, texts.SEALING_VERSION),
        ("turn", texts.RELAY, texts.TURN[here.turn]),
        ("processes", texts.PROCESSES, texts.ONE_PROCESS),
        ("resume_s", texts.RESUME, texts.RESUME_TIME),
        ("connections", texts.QUOTAS, texts.QUOTA_VALUES),
        ("core_dumps_off", texts.CORE_DUMPS, texts.CORE_DUMPS_OFF[host.core_dumps_off]),
        ("not_dumpable", texts.DUMPABLE, texts.YES_NO[host.not_dumpable]),
        ("memory_locked", texts.SWAP, texts.YES_NO[host.memory_locked]),
        ("freed_overwritten", texts.FREED, texts.YES_NO[host.freed_overwritten]),
    )
    return tuple(Row(id_, label, fill(value, here.values)) for id_, label, value in shown)


def as_json(policy: Policy) -> dict[str, Any]:
    """/privacy.json. docs/privacy.md documents it; a field is added, never changed, without a new SCHEMA."""
    return {
        "schema": SCHEMA,
        "version": policy.here.version,
        "dated": texts.DATED,
        "text_sha256": text_sha256(),
        "claims": [claim_json(claim) for claim in policy.claims],
        "data": [datum_json(datum) for datum in policy.data],
        "settings": settings_json(policy.here),
        "links": {"privacy": PRIVACY, "terms": TERMS, "legal": LEGAL, "assets": ASSETS_JSON},
    }


def claim_json(claim: Claim) -> dict[str, Any]:
    return {
        "id": claim.id,
        "says": claim.says._asdict(),
        "proof": claim.proof._asdict(),
        "provable": claim.provable,
        "tests": [f"tests/{name}" for name in claim.tests],
        "audit": list(claim.audit),
    }


def datum_json(datum: Datum) -> dict[str, Any]:
    said = {name: getattr(datum, name)._asdict() for name in ("what", "purpose", "how_long", "seen_by")}
    return {"id": datum.id, **said, "ground": datum.ground, "fields": list(datum.fields), "events": list(datum.events)}


def settings_json(here: Here) -> dict[str, Any]:
    """What was not set is null."""
    told = {name: None if value == "" else value for name, value in structs.asdict(here).items() if name != "version"}
    return told | {"host": structs.asdict(here.host), "gone_s": GONE_S, "resume_s": RESUME_WINDOW_S}


def commands(claim: Claim) -> tuple[str, ...]:
    """What somebody can type to see the claim proved; none for a promise."""
    tests = " ".join(f"tests/{name}" for name in claim.tests)
    made = (f'make test ARGS="{tests}"' if " " in tests else f"make test ARGS={tests}",) if tests else ()
    return (*made, "omefree audit URL") if claim.audit else made


def text_sha256() -> str:
    """The hash of the date and of every text in both languages, which a test binds to the date."""
    said = [texts.DATED]
    for module in (inventory, claims, texts):
        for name, value in sorted(vars(module).items()):
            if name.isupper() and name not in ("DATED", "TEXT_SHA256", "LANGS"):
                said += [name, *strings(value)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def strings(value: object) -> Iterator[str]:
    """Every text in it, and what names or sorts it; not what only points at code."""
    match value:
        case Words():
            yield from value
        case Struct():
            for held in structs.asdict(value).values():
                yield from [held] if isinstance(held, str) else strings(held)
        case tuple():
            for held in value:
                yield from strings(held)
        case dict():
            for key, held in value.items():
                yield str(key)
                yield from strings(held)
        case _:
            pass  # a number, or nothing
