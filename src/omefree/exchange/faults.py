"""A sentence for everything that can be wrong with an engine, or with a node that wants to join the others."""

from omefree.errors import EngineFault
from omefree.exchange.address import Address

RIGHTS = (
    "resetchannels &of:* resetkeys ~of:* nocommands +hello +auth +ping +subscribe +ssubscribe +publish "
    "+spublish +eval +time +hgetall +hget +hset +hdel +get +set +pexpire +config|get +cluster|slots +command"
)
"""The ACL rules of a user that can do what nodes need, and nothing else (`ACL SETUSER`)."""

_SENTENCES: dict[EngineFault, str] = {
    "unreachable": "nothing answers there; is it running, and is the address right?",
    "certificate": "its TLS certificate is not trusted here; SSL_CERT_FILE can name the file of its authority",
    "own_certificate": "it wants a certificate of ours that it trusts; exchange_cert and exchange_key name one",
    "password": "it refuses this user and password",
    "sentinel_password": "the sentinels refuse us; exchange_sentinel is their user and password",
    "old": "{detail} is too old: Valkey 8 or Redis 7 is needed, or later",
    "no_rights": "its user may not do what nodes need; docs/scaling.md has the rules to give to `ACL SETUSER`",
    "read_only": "it is a replica, which takes no writes; the address must be the primary's, or that of the sentinels",
    "full": "its memory is full (maxmemory); nodes need less than 1 MB of it",
    "loading": "it is still reading its data; try again in a moment",
    "in_cluster": "it is one of a Cluster: use valkey+cluster:// in place of valkey://",
    "no_cluster": "it is no Cluster: use valkey:// in place of valkey+cluster://",
    "no_service": "the sentinels there know no primary of the name {detail}",
    "engine": "it answers with an error ({detail})",
    "taken": "another node of the name {detail} is running; each needs a name of its own (--node), or none",
    "secret": "the nodes there have another exchange_secret; all nodes of a cluster need the same one",
    "version": "the nodes there run a version of OmeFree too far from this one; upgrade one version at a time",
}


def sentence(address: Address, fault: EngineFault, detail: str = "") -> str:
    """One line for the operator: what is wrong, and what helps. `detail` is a version, a name or an error's code."""
    return f"exchange: {address}: {_SENTENCES[fault].format(detail=detail)}"
