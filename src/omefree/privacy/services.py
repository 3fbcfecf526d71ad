"""Services for help that /safety names: those that OmeFree ships, and the form of those that an operator adds. PURE.

The list is that of the design of 27 November 2026, and no other: docs/law.md says where it comes from. What each does is
told by the source beside it, which was read on CHECKED. No telephone number and no address of a service is shipped, since
those change and nobody would notice.
"""

from msgspec import Struct

CHECKED = "2026-11-29"  # the day on which the sources were read


class HelpService(Struct, frozen=True, kw_only=True):
    """A service that an operator names: its name, what it is for, and an https address."""

    name: str
    what: str
    url: str


class Service(Struct, frozen=True, kw_only=True):
    """A service that OmeFree names. `policy.help.<id>` says what it is for; `source` is where that was read."""

    id: str
    name: str
    source: str

    @property
    def what(self) -> str:
        """The key of the text that says what it is for, and where."""
        return f"policy.help.{self.id}"


SERVICES = (
    Service(id="ncmec", name="NCMEC", source="missingkids.org, “What is the CyberTipline?”, 2022"),
    Service(id="iwf", name="IWF", source="saferinternet.org.uk, “Report it, don’t ignore it”, 4 Feb 2017"),
    Service(id="point_de_contact", name="Point de contact", source="pointdecontact.net; iphonesoft.fr, 30 Dec 2025"),
    Service(id="3018", name="3018", source="bienvivreledigital.orange.fr, “3018”; 20minutes.fr, Feb 2023"),
    Service(id="stopncii", name="StopNCII", source="stopncii.org, FAQ"),
)
