"""Everything that this server holds of its visitors: the one list. What is not here may not exist.

The policy, /privacy.json and the keys that a log line may have are made from it. `tests/privacy/` walks what can be
reached from a live visitor, every event's fields and every log key, and fails on whatever is not declared below.

A field is named as `module.Class.field`, without `omefree.`; an event's as `find.criteria.interests`.
"""

from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

Lang: TypeAlias = Literal["en", "fr"]
LANGS: tuple[Lang, ...] = ("en", "fr")

# Article 6(1) of the GDPR: (b) to give you the service you ask for, (f) to keep it working for everybody.
Ground: TypeAlias = Literal["service", "protection"]


class Words(NamedTuple):
    """A text for people in every language of the app."""

    en: str
    fr: str

    def say(self, lang: Lang) -> str:
        return self.en if lang == "en" else self.fr


class Datum(Struct, frozen=True, kw_only=True):
    """One thing that is held. `fields` and `events`: where in the code; `{...}` in a text is a live setting."""

    id: str
    what: Words
    purpose: Words
    how_long: Words
    seen_by: Words
    ground: Ground = "service"
    fields: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


UNTIL_GONE = Words(
    "until you leave; after an unexpected break, {gone_s} s at most",
    "jusqu’à ton départ ; après une coupure, {gone_s} s au plus",
)
NOBODY = Words("nobody", "personne")
PARTNER = Words("the person you talk to", "la personne à qui tu parles")

DATA: tuple[Datum, ...] = (
    Datum(
        id="session",
        what=Words(
            "a random number for your visit, and for your connection",
            "un numéro tiré au hasard pour ta visite, et un pour ta connexion",
        ),
        purpose=Words("to know which connection is yours", "savoir quelle connexion est la tienne"),
        how_long=UNTIL_GONE,
        seen_by=NOBODY,
    ),
    Datum(
        id="token",
        what=Words(
            "a hash of the token with which your page comes back after a break",
            "une empreinte du jeton avec lequel ta page revient après une coupure",
        ),
        purpose=Words("to give you your place back", "te rendre ta place"),
        how_long=UNTIL_GONE,
        seen_by=Words(
            "nobody; the token itself is in your page’s memory alone",
            "personne ; le jeton lui-même n’est que dans la mémoire de ta page",
        ),
    ),
    Datum(
        id="criteria",
        what=Words(
            "what you search for: video or text, your interests, languages, patience, since when",
            "ce que tu cherches : vidéo ou texte, tes centres d’intérêt, langues, patience, depuis quand",
        ),
        purpose=Words("to find you somebody", "te trouver quelqu’un"),
        how_long=Words(
            "until you are matched, stop or leave; after an unexpected break, {gone_s} s at most",
            "jusqu’à la rencontre, l’arrêt ou ton départ ; après une coupure, {gone_s} s au plus",
        ),
        seen_by=Words(
            "the person you meet sees the interests and languages that you share, no others",
            "la personne rencontrée voit les centres d’intérêt et les langues que vous partagez, pas les autres",
        ),
    ),
    Datum(
        id="chat",
        what=Words(
            "who talks with whom, under a random number; what you share; whether addresses are hidden",
            "qui parle avec qui, sous un numéro tiré au hasard ; ce que vous partagez ; si les adresses sont cachées",
        ),
        purpose=Words("to pass your words on to the right person", "transmettre tes mots à la bonne personne"),
        how_long=Words("until the chat ends", "jusqu’à la fin de la conversation"),
        seen_by=PARTNER,
    ),
    Datum(
        id="sealed",
        what=Words(
            "what you say and what sets up a call, sealed: we can’t read it",
            "ce que tu dis et ce qui établit un appel, scellé : on ne peut pas le lire",
        ),
        purpose=Words("to pass it on", "le transmettre"),
        how_long=Words(
            "as long as passing it on takes; it is stored nowhere",
            "le temps de le transmettre ; ce n’est enregistré nulle part",
        ),
        seen_by=Words(
            "the person you talk to, whose browser opens it", "la personne à qui tu parles, dont le navigateur l’ouvre"
        ),
    ),
    Datum(
        id="typing",
        what=Words("that you are typing", "le fait que tu écris"),
        purpose=Words("to show it to the other", "le montrer à l’autre"),
        how_long=Words("as long as passing it on takes", "le temps de le transmettre"),
        seen_by=PARTNER,
    ),
    Datum(
        id="last",
        what=Words(
            "which chat was your last, when and how it ended, and whether you want it again",
            "quelle conversation était la dernière, quand et comment elle a fini, et si tu veux la reprendre",
        ),
        purpose=Words(
            "so that you can report it, or find the same person again",
            "te laisser la signaler, ou retrouver la même personne",
        ),
        how_long=Words(
            "until your next chat has ended or you leave; after two minutes it is of no more use",
            "jusqu’à la fin de la suivante ou ton départ ; après deux minutes elle ne sert plus",
        ),
        seen_by=NOBODY,
    ),
    Datum(
        id="apart",
        what=Words(
            "the numbers of your last 8 partners, for 60 s each, and of those whom you reported",
            "les numéros de tes 8 derniers partenaires, 60 s chacun, et de ceux que tu as signalés",
        ),
        purpose=Words(
            "so that you don’t meet them again at once, or at all",
            "éviter de les retrouver tout de suite, ou tout court",
        ),
        how_long=Words(
            "until one of you two leaves; then your number goes from their list, too",
            "jusqu’au départ de l’un de vous deux ; ton numéro quitte alors aussi leur liste",
        ),
        seen_by=NOBODY,
        ground="protection",
    ),
    Datum(
        id="quotas",
        what=Words(
            "how much you did in the last seconds: counters", "ce que tu as fait ces dernières secondes : des compteurs"
        ),
        purpose=Words("so that nobody floods the others", "empêcher que quelqu’un n’inonde les autres"),
        how_long=UNTIL_GONE,
        seen_by=NOBODY,
        ground="protection",
    ),
    Datum(
        id="address",
        what=Words(
            "a keyed hash of your network (IP) address, and how many connections came from there; the address itself is read, hashed and dropped",
            "une empreinte à clé de ton adresse réseau (IP), et combien de connexions en viennent ; l’adresse elle-même est lue, hachée et oubliée",
        ),
        purpose=Words(
            "so that one machine doesn’t take all the places",
            "empêcher qu’une seule machine ne prenne toutes les places",
        ),
        how_long=Words(
            "until {quota_ttl_s} s after your last connection; the key is random, lies in memory alone and changes every 24 hours",
            "jusqu’à {quota_ttl_s} s après ta dernière connexion ; la clé est tirée au hasard, n’est qu’en mémoire et change toutes les 24 heures",
        ),
        seen_by=NOBODY,
        ground="protection",
    ),
    Datum(
        id="connection",
        what=Words(
            "what a connection needs: its heartbeat, what waits to be sent, the name under which you reached this server",
            "ce qu’il faut à une connexion : son battement, ce qui attend d’être envoyé, le nom sous lequel tu as joint ce serveur",
        ),
        purpose=Words("to keep the connection up", "maintenir la connexion"),
        how_long=Words("as long as the connection", "le temps de la connexion"),
        seen_by=NOBODY,
    ),
    Datum(
        id="fashion",
        what=Words(
            "how often interests were named lately: 4,096 counters under a checksum, for everybody together",
            "combien de fois des centres d’intérêt ont été cités récemment : 4 096 compteurs sous une somme de contrôle, pour tout le monde ensemble",
        ),
        purpose=Words(
            "so that a rare interest in common counts for more",
            "donner plus de poids à un centre d’intérêt rare en commun",
        ),
        how_long=Words(
            "they halve every 5 minutes; after 20 nothing is left of you",
            "ils sont divisés par deux toutes les 5 minutes ; après 20 il ne reste rien de toi",
        ),
        seen_by=NOBODY,
    ),
    Datum(
        id="online",
        what=Words("how many are connected: one number", "combien de gens sont connectés : un nombre"),
        purpose=Words("to tell you whether anybody is there", "te dire s’il y a du monde"),
        how_long=Words("as long as this server runs", "tant que ce serveur tourne"),
        seen_by=Words("everybody", "tout le monde"),
    ),
)
