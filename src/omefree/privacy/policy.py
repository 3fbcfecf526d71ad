"""The policy: makes the pages' content and its JSON from the claims, the inventory and a server's settings. PURE."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from msgspec import Struct, structs

from omefree.contract.limits import PING_INTERVAL_S, PING_TIMEOUT_S, RESUME_WINDOW_S
from omefree.privacy.claims import CLAIMS, Claim
from omefree.privacy.device import DEVICE, DEVICE_COLUMNS, Kept
from omefree.privacy.inventory import COLUMNS, DATA, Datum
from omefree.privacy.services import HelpService
from omefree.words.catalogue import Catalogue, Words
from omefree.words.text import Text

SCHEMA = 1  # of /privacy.json (docs/privacy.md)
# In the order of their links.
PRIVACY, TERMS, SAFETY, LEGAL, STATUS = PAGES = ("/privacy", "/terms", "/safety", "/legal", "/status")
POLICY_JSON, ASSETS_JSON = "/privacy.json", "/assets.json"

PART = "policy."  # the part of the words that is dated as a whole
DATED = "2026-12-01"
OPERATOR = ("operator", "contact", "authority_contact", "hosting")  # shown as missing if they are
OPTIONAL = ("accountable", "youth_officer")  # shown if they are given
ANSWERS = {True: "yes", False: "no", None: "unknown"}


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
    accountable: str = ""  # who answers for safety
    youth_officer: str = ""
    help_services: tuple[HelpService, ...] = ()  # the operator's own, for /safety
    open_to_others: bool = False
    turn: bool = False
    processes: int = 1
    exchange: str = ""  # how several servers that are one chat speak: `single`, `cluster` .. (exchange/address.py)
    seal: int  # the sealing's version
    connections: int  # allowed for one IPv4 address at once
    connections_64: int  # for one household's IPv6 addresses, a /64
    connections_48: int  # for an IPv6 network, a /48
    connections_per_s: float  # new connections allowed for one address, or one /64
    resume_s: float  # how long a visitor may come back after a break
    resume_chat_s: float = RESUME_WINDOW_S  # the same in a chat; the default: an older version has one window
    quota_ttl_s: float  # longest time that an address's counters outlive its last connection
    as_built: bool | None = None  # whether the page's files are the build's; None: it has no list
    host: HostFacts = HostFacts()

    @property
    def unreachable(self) -> bool:
        """Open to others, and nobody knows whom to write to."""
        return self.open_to_others and not self.contact

    @property
    def gone_s(self) -> float:
        """From a visitor's last sign of life until nothing of it is left, at most."""
        return PING_INTERVAL_S + PING_TIMEOUT_S + max(self.resume_s, self.resume_chat_s)

    @property
    def has(self) -> Mapping[str, bool]:
        """What the server has of the things that a claim can need."""
        return {"turn": self.turn, "closed_memory": self.host.core_dumps_off and self.host.not_dumpable}

    @property
    def values(self) -> Mapping[str, str]:
        """The values for the placeholders in the texts."""
        given = structs.asdict(self) | {"gone_s": self.gone_s}
        return {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in given.items()}


class Row(NamedTuple):
    """One setting for people.

    `value` is the key of a text; `given` is what the operator wrote. With neither, the setting is missing.
    """

    id: str
    value: str | None = None  # a key of the words
    given: str = ""

    @property
    def label(self) -> str:
        """The key of the text that names the setting."""
        return f"policy.row.{self.id}"


class Policy(Struct, frozen=True, kw_only=True):
    """What the pages show: keys of texts, whose placeholders `here.values` fills."""

    claims: tuple[Claim, ...]
    data: tuple[Datum, ...]
    device: tuple[Kept, ...]
    operator: tuple[Row, ...]
    settings: tuple[Row, ...]
    here: Here


def policy(here: Here) -> Policy:
    """The policy of one server, with those claims that are true on it."""
    return Policy(
        claims=tuple(claim for claim in CLAIMS if claim.needs is None or here.has[claim.needs]),
        data=DATA,
        device=DEVICE,
        operator=operator_rows(here),
        settings=setting_rows(here),
        here=here,
    )


def operator_rows(here: Here) -> tuple[Row, ...]:
    """The rows about the operator, as the operator wrote them. Not every law asks for those of OPTIONAL."""
    rows = [Row(name, given=getattr(here, name)) for name in (*OPERATOR, *OPTIONAL)]
    return tuple(row for row in rows if row.given or row.id in OPERATOR)


def setting_rows(here: Here) -> tuple[Row, ...]:
    """The rows about the settings and the host."""
    host = here.host
    values = {
        "as_built": f"as_built.{ANSWERS[here.as_built]}",
        "seal": "seal",
        "turn": f"turn.{ANSWERS[here.turn]}",
        "processes": "processes_many" if here.exchange else "processes",
        "resume_s": "resume_s",
        "connections": "connections",
        "core_dumps_off": f"core_dumps_off.{ANSWERS[host.core_dumps_off]}",
        "not_dumpable": ANSWERS[host.not_dumpable],
        "memory_locked": ANSWERS[host.memory_locked],
        "freed_overwritten": ANSWERS[host.freed_overwritten],
    }
    return tuple(Row(id_, f"policy.value.{value}") for id_, value in values.items())


def as_json(policy: Policy, catalogue: Catalogue) -> dict[str, Any]:
    """The content of /privacy.json (docs/privacy.md).

    Within a SCHEMA a field may be added, but never changed.
    """
    values = policy.here.values

    def said(key: str) -> dict[str, str]:
        return catalogue.everywhere(Text(key, values))

    return {
        "schema": SCHEMA,
        "version": policy.here.version,
        "dated": DATED,
        "text_sha256": text_sha256(catalogue),
        "claims": [
            {
                "id": claim.id,
                "says": said(claim.says),
                "proof": said(claim.proof),
                "provable": claim.provable,
                "tests": [f"tests/{name}" for name in claim.tests],
                "audit": list(claim.audit),
            }
            for claim in policy.claims
        ],
        "data": [
            {
                "id": datum.id,
                **{column: said(datum.key(column)) for column in COLUMNS},
                "ground": datum.ground,
                "fields": list(datum.fields),
                "events": list(datum.events),
            }
            for datum in policy.data
        ],
        "device": [
            {
                "id": kept.id,
                "names": list(kept.names),
                **{column: said(kept.key(column)) for column in DEVICE_COLUMNS},
            }
            for kept in policy.device
        ],
        "settings": settings_json(policy.here),
        "links": {**{path[1:]: path for path in PAGES}, "assets": ASSETS_JSON},
    }


def settings_json(here: Here) -> dict[str, Any]:
    """The settings for /privacy.json. One that was not set is null."""
    told = {name: None if value == "" else value for name, value in structs.asdict(here).items() if name != "version"}
    told["help_services"] = [structs.asdict(service) for service in here.help_services]
    return told | {"host": structs.asdict(here.host), "gone_s": here.gone_s}


def commands(claim: Claim) -> tuple[str, ...]:
    """What somebody can type to see the claim proved; empty for a promise."""
    tests = " ".join(f"tests/{name}" for name in claim.tests)
    made = (f'make test ARGS="{tests}"' if " " in tests else f"make test ARGS={tests}",) if tests else ()
    return (*made, "omefree audit URL") if claim.audit else made


def text_sha256(catalogue: Catalogue) -> str:
    """The hash of the date and of the policy's texts in all languages. Equal hashes mean equal texts."""
    return sha256_of([dated_sha256(catalogue.words(tag)) for tag in catalogue.languages])


def dated_sha256(words: Words) -> str:
    """The hash of the date and of the policy's texts in one language.

    A test compares it with the hash in the language's file.
    """
    return sha256_of([DATED, {key: text for key, text in words.messages.items() if key.startswith(PART)}])


def sha256_of(value: object) -> str:
    """The SHA-256 of a value's JSON, with sorted keys, in hex."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
