"""Writes docs/privacy.md: `python -m omefree.privacy.document > docs/privacy.md`. A test compares the two."""

import sys

from omefree.privacy.claims import CLAIMS, Claim
from omefree.words.catalogue import catalogue

HEADER = """# A policy that proves itself

<!-- Made from src/omefree/privacy/ by `make contract`: edit that, not this. -->

What `/privacy` says has two halves. `src/omefree/privacy/` holds the structure: `inventory.py` (each thing that is held)
and `claims.py` (each promise, and its proof). The texts are the part `[policy]` of each language in
`src/omefree/words/`. The pages `/privacy`, `/terms`, `/safety`, `/legal` and `/status`, and
`/privacy.json`, are made from these, from `device.py` (what the page keeps on the visitor's device) and from the settings of the server; nothing is written twice. Each claim's id is its anchor on the page
(`/privacy#no-logs`), and `/privacy#proof-no-logs` is its proof.

A claim is made only where it is true. `needs` says what a server must have: `turn` a TURN relay, `closed_memory` a
system that lets the process switch core dumps off and close its memory to other programs. What depends on settings
alone stands apart, under "On this server"; a setting that is missing is shown as missing.

## Each claim and its proof

`make test` runs them all. A test fails when its claim is false; `omefree audit` looks at a running server, on anybody's
machine. What has neither is a promise, and marked as one.

| claim | needs | what proves it | tests | checks of `omefree audit` |
|---|---|---|---|---|
"""

FOOTER = """
To run the proof of one claim alone: `make test ARGS=tests/privacy/test_policy.py`.

## The date

`DATED` in `policy.py` is the date of the last change of any text. Each language's file has the hash of that date and of
its own texts, `policy_sha256`. `tests/privacy/test_policy.py` fails when they do not fit together, and gives the new
hash: set the date to the day of the change first, then run it again for the hashes. `text_sha256` in `/privacy.json` is
made of the hashes of all languages, so two servers with the same hash say the same.

## `/privacy.json`, schema 1

Within a schema fields are added, never changed or removed.

| field | what |
|---|---|
| `schema` | 1 |
| `version` | of the software |
| `dated`, `text_sha256` | the date of the last change of the texts, and their hash |
| `claims` | those that are made here: `id`; `says` and `proof`, each `{"en": .., "fr": ..}` by language; `provable` (false: a promise); `tests` (paths in the source); `audit` (names of checks) |
| `data` | what is held: `id`; `what`, `purpose`, `how_long`, `seen_by`, each `{"en": .., "fr": ..}` by language; `ground` (`service`: GDPR article 6(1)(b); `protection`: 6(1)(f)); `fields` and `events`: where in the code and on the wire |
| `device` | what the page keeps on the visitor's device: `id`; `names`, as the browser's tools show them; `what`, `how_long`, `seen_by`, each `{"en": .., "fr": ..}` by language |
| `settings` | `operator`, `contact`, `authority_contact`, `hosting`, `accountable`, `youth_officer` (null: not given); `help_services` (those that the operator added: `name`, `what`, `url`); `open_to_others` (it listens for more than its own machine); `turn`; `processes` (now) and `exchange` (how several of them that are one chat speak: `single`, `unix`, `sentinel`, `cluster`; null: there is one process); `seal` (version); `connections` (at once, of one IPv4 address), `connections_64` and `connections_48` (of an IPv6 network), `connections_per_s` (of one IPv4 address or one /64); `quota_ttl_s`; `resume_s` and `resume_chat_s` (how long a visitor may come back, outside and in a chat), `gone_s` (after a break nothing is left, at most); `as_built` (the page's files are those of the build; null: they came without a list); `host`: `core_dumps_off`, `not_dumpable`, `memory_locked`, `freed_overwritten` (whatever is freed is filled with another byte at once) |
| `links` | the paths of the pages and of the list of files |

## `/assets.json`, and the list to hold it against

`{"version": "..", "files": [{"path": "/assets/..", "sha256": "<hex>", "bytes": 1234}, ..]}`: every file that is served,
hashed at start from what will be served. The build writes the same list, to the byte, into the package, as
`omefree/static/assets.json`. Two builds of the same source give the same bytes, on any path
(`tests/test_reproducible.py`, `make reproducible`), so anybody can make the list that a server should show:

```sh
make reproducible    # builds twice, compares, keeps the wheel in dist/
curl -s https://chat.example/assets.json | diff - <(unzip -p dist/omefree-*.whl omefree/static/assets.json)
```

The page names each script and stylesheet with its hash, too (Subresource Integrity). None of this forces a server that
lies: it could show one list and serve another page to you. `omefree audit` fetches every file and compares.
"""


def document() -> str:
    """The whole text of docs/privacy.md."""
    return HEADER + "".join(row(claim) for claim in CLAIMS) + FOOTER


def row(claim: Claim) -> str:
    """The row of a claim in the table."""
    tests = ", ".join(f"`tests/{name}`" for name in claim.tests)
    audit = ", ".join(f"`{name}`" for name in claim.audit)
    needs = f"`{claim.needs}`" if claim.needs else ""
    return f"| `{claim.id}` | {needs} | {catalogue().fallback.say(claim.proof)} | {tests} | {audit} |\n"


if __name__ == "__main__":
    sys.stdout.write(document())
