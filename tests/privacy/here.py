"""Settings of a server, from which tests make policies."""

from omefree.privacy.policy import Here, HostFacts
from omefree.privacy.services import HelpService

CLOSED = HostFacts(core_dumps_off=True, not_dumpable=True, memory_locked=True)
BARE = Here(
    version="1.2.3",
    seal=1,
    connections=512,
    connections_64=64,
    connections_48=512,
    connections_per_s=10.0,
    resume_s=15.0,
    resume_chat_s=120.0,
    quota_ttl_s=10.0,
)
FULL = Here(
    version="1.2.3",
    operator="The operator",
    contact="contact@chat.example",
    authority_contact="https://chat.example/authorities",
    hosting="A host, 1 Street",
    accountable="The accountable person",
    youth_officer="The youth-protection officer",
    help_services=(HelpService(name="A service", what="Listens at night", url="https://help.example/chat"),),
    open_to_others=True,
    turn=True,
    seal=1,
    connections=1024,
    connections_64=128,
    connections_48=1024,
    connections_per_s=20.0,
    resume_s=15.0,
    resume_chat_s=120.0,
    quota_ttl_s=10.0,
    as_built=True,
    host=CLOSED,
)
