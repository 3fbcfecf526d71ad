"""What is promised, and the command that fails when it is not so."""

from typing import Literal

from msgspec import Struct

from omefree.privacy.inventory import Words


class Claim(Struct, frozen=True, kw_only=True):
    """`audit`: the checks of `omefree audit` that look at it from outside or on the host, by name.

    `tests`: files under tests/ that prove it. With neither, it is a promise and marked as one. `needs`: what a server
    must have for the claim to be made on it: a TURN relay, or a system that lets the process close its memory.
    """

    id: str
    says: Words
    proof: Words
    tests: tuple[str, ...] = ()
    audit: tuple[str, ...] = ()
    needs: Literal["turn", "closed_memory"] | None = None

    @property
    def provable(self) -> bool:
        return bool(self.tests or self.audit)


CLAIMS: tuple[Claim, ...] = (
    Claim(
        id="no-account",
        says=Words(
            "No registration: no name, no mail address, no phone number. There is no field for one.",
            "Pas d’inscription : ni nom, ni adresse mail, ni numéro de téléphone. Il n’y a aucun champ pour cela.",
        ),
        proof=Words(
            "Every address that this server answers and every field of every event is listed and compared with the list below.",
            "Chaque adresse à laquelle ce serveur répond et chaque champ de chaque événement est relevé et comparé à la liste ci-dessous.",
        ),
        tests=("privacy/test_inventory.py",),
        audit=("entry",),
    ),
    Claim(
        id="ram-only",
        says=Words(
            "All that we hold of you lies in this server’s memory, in no file and no database.",
            "Tout ce qu’on détient sur toi est dans la mémoire de ce serveur, dans aucun fichier et aucune base de données.",
        ),
        proof=Words(
            "A whole run of chats with the file system read-only, and a look at every file that the process has open for writing: there is none.",
            "Toute une série de conversations avec un système de fichiers en lecture seule, et un regard sur chaque fichier que le processus a ouvert en écriture : il n’y en a aucun.",
        ),
        tests=("privacy/test_files.py",),
        audit=("ram-only",),
    ),
    Claim(
        id="gone-at-leave",
        says=Words(
            "When you leave, all of it is dropped; after an unexpected break within {gone_s} seconds. Your number also leaves the lists of those you met. One thing outlives you, for at most {quota_ttl_s} seconds: a counter under a keyed hash of your network address. While its key lives, whoever held this server’s memory could try addresses against it.",
            "Quand tu pars, tout est effacé ; après une coupure imprévue, en {gone_s} secondes au plus. Ton numéro quitte aussi les listes de ceux que tu as croisés. Une seule chose te survit, {quota_ttl_s} secondes au plus : un compteur sous une empreinte à clé de ton adresse réseau. Tant que sa clé existe, qui détiendrait la mémoire de ce serveur pourrait y essayer des adresses.",
        ),
        proof=Words(
            "After a leave no object and no list of the process names the visitor; a scan of its whole memory says how many freed bytes still show a planted word, under a ceiling that is written down, and none of tokens and texts.",
            "Après un départ, aucun objet ni aucune liste du processus ne désigne plus le visiteur ; une lecture de toute sa mémoire dit combien d’octets libérés montrent encore un mot planté, sous un plafond écrit noir sur blanc, et aucun pour les jetons et les textes.",
        ),
        tests=("privacy/test_gone.py",),
        audit=("leave", "token", "search", "gone-at-leave"),
    ),
    Claim(
        id="text-unread",
        says=Words(
            "Between two of our pages this server passes on texts and call set-up that it cannot read, and stores none. It does see that you type, when and how much you say, your interests and your network address.",
            "Entre deux de nos pages, ce serveur transmet des textes et l’établissement des appels sans pouvoir les lire, et n’en garde rien. Il voit en revanche que tu écris, quand et combien tu dis, tes centres d’intérêt et ton adresse réseau.",
        ),
        proof=Words(
            "A scan of the whole memory of the server, during and after a chat, for a planted text and a planted address: neither is there. With the sealing off the same scan finds both.",
            "Une lecture de toute la mémoire du serveur, pendant et après une conversation, à la recherche d’un texte et d’une adresse plantés : ni l’un ni l’autre. Sans le scellement, la même lecture trouve les deux.",
        ),
        tests=("test_memory.py",),
        audit=("seal", "mixing", "relay", "text-unread"),
    ),
    Claim(
        id="only-this",
        says=Words(
            "This server does these things and no others: it introduces two people, passes on what they sealed and that they are typing, and counts who is here.",
            "Ce serveur fait ceci et rien d’autre : présenter deux personnes, transmettre ce qu’elles ont scellé et le fait qu’elles écrivent, et compter les présents.",
        ),
        proof=Words(
            "Its addresses and events are enumerated, and equal the list.",
            "Ses adresses et ses événements sont énumérés, et égaux à la liste.",
        ),
        tests=("privacy/test_inventory.py",),
        audit=("routes", "events", "cross-talk"),
    ),
    Claim(
        id="media-direct",
        says=Words(
            "Video and sound go from browser to browser and never pass this server.",
            "L’image et le son vont de navigateur à navigateur et ne passent jamais par ce serveur.",
        ),
        proof=Words(
            "The server has no port open that could take media, and in a real call between two networks the way that was chosen names none of the server’s addresses.",
            "Le serveur n’a aucun port ouvert qui pourrait les recevoir, et dans un vrai appel entre deux réseaux le chemin choisi ne désigne aucune adresse du serveur.",
        ),
        tests=("privacy/test_media.py",),
        audit=("ice", "media-direct"),
    ),
    Claim(
        id="turn-sealed",
        says=Words(
            "Where two networks let no direct call through, or one of you hides its address, a relay run for this server passes the call on. It is encrypted between your two browsers, and the relay cannot see or hear it.",
            "Quand deux réseaux ne laissent passer aucun appel direct, ou que l’un de vous cache son adresse, un relais tenu pour ce serveur transmet l’appel. Il est chiffré entre vos deux navigateurs : le relais ne peut ni le voir ni l’entendre.",
        ),
        proof=Words(
            "Browsers know no call that is not encrypted (DTLS-SRTP), and the certificate’s fingerprint travels sealed.",
            "Les navigateurs ne connaissent pas d’appel non chiffré (DTLS-SRTP), et l’empreinte du certificat voyage scellée.",
        ),
        tests=("e2e/test_attacks.py", "e2e/test_call_attacks.py"),
        needs="turn",
    ),
    Claim(
        id="no-tracking",
        says=Words(
            "No cookie, no analytics, no pixel, no advertising, and no request to anybody else. Your browser keeps two settings, language and appearance, for itself.",
            "Pas de cookie, pas de mesure d’audience, pas de pixel, pas de publicité, et aucune requête vers qui que ce soit d’autre. Ton navigateur garde deux réglages, la langue et l’apparence, pour lui-même.",
        ),
        proof=Words(
            "The network log of a real browser over a whole visit: one origin, no cookie set, and in its storage nothing but the two settings.",
            "Le journal réseau d’un vrai navigateur sur toute une visite : une seule origine, aucun cookie, et dans son stockage rien que les deux réglages.",
        ),
        tests=("e2e/test_page.py",),
        audit=("cookies", "references", "requests", "storage"),
    ),
    Claim(
        id="no-logs",
        says=Words(
            "Logs hold no address, no number of yours, no interest and no text, at any level.",
            "Les journaux ne contiennent ni adresse, ni numéro qui te désigne, ni centre d’intérêt, ni texte, à aucun niveau.",
        ),
        proof=Words(
            "A thousand chats and every kind of error, with planted words, at the most talkative level: a search of all that was written finds none.",
            "Mille conversations et toutes les sortes d’erreurs, avec des mots plantés, au niveau le plus bavard : une recherche dans tout ce qui est écrit n’en trouve aucun.",
        ),
        tests=("privacy/test_silence.py", "test_logs.py"),
        audit=("no-logs",),
    ),
    Claim(
        id="no-trace",
        says=Words(
            "A crash writes no image of the memory, and no other program of the same user may read it. Memory is kept out of the swap file where the system lets us; whether it does here stands below.",
            "Un plantage n’écrit aucune image de la mémoire, et aucun autre programme du même utilisateur ne peut la lire. La mémoire est tenue hors du fichier d’échange quand le système le permet ; ce qu’il en est ici est dit plus bas.",
        ),
        proof=Words(
            "The process’s own limits, as the system tells them: core size 0, not dumpable, and how much is locked and swapped.",
            "Les limites du processus, telles que le système les dit : taille d’image 0, non lisible, et combien est verrouillé et échangé.",
        ),
        tests=("test_hardening.py",),
        audit=("no-trace",),
        needs="closed_memory",
    ),
    Claim(
        id="open-web",
        says=Words(
            "The page runs only what this server serves: a strict policy for content, no script inside the page, every file with its published SHA-256.",
            "La page n’exécute que ce que ce serveur sert : une politique de contenu stricte, aucun script dans la page, chaque fichier avec son SHA-256 publié.",
        ),
        proof=Words(
            "The headers of every answer, and the list /assets.json compared with what is served.",
            "Les en-têtes de chaque réponse, et la liste /assets.json comparée à ce qui est servi.",
        ),
        tests=("http/test_assets.py", "http/test_headers.py"),
        audit=("assets", "build", "scripts", "headers", "https", "tls"),
    ),
    Claim(
        id="online-count",
        says=Words(
            "The counter of people online is a number and nothing else.",
            "Le compteur de gens en ligne est un nombre et rien d’autre.",
        ),
        proof=Words("The form of the event.", "La forme de l’événement."),
        tests=("privacy/test_inventory.py",),
        audit=("online", "counting"),
    ),
    Claim(
        id="policy-dated",
        says=Words(
            "This text carries the date of its last change. What depends on this server’s settings is shown apart, and read from them.",
            "Ce texte porte la date de son dernier changement. Ce qui dépend des réglages de ce serveur est montré à part, et lu dans ceux-ci.",
        ),
        proof=Words(
            "A hash of the text stands beside its date; a test binds the two.",
            "Une empreinte du texte est notée à côté de sa date ; un test lie les deux.",
        ),
        tests=("privacy/test_policy.py",),
        audit=("policy", "rendered", "settings"),
    ),
    Claim(
        id="contact",
        says=Words(
            "Whoever runs this server can be reached, as far as they say how: see /legal.",
            "On peut joindre la personne qui tient ce serveur, pour autant qu’elle dise comment : voir /legal.",
        ),
        proof=Words(
            "A setting; a server that is open to others and has none says so there, and when it starts.",
            "Un réglage ; un serveur ouvert aux autres qui n’en a pas le dit à cet endroit, et au démarrage.",
        ),
        tests=("privacy/test_contact.py",),
        audit=("contact",),
    ),
    Claim(
        id="no-sale",
        says=Words(
            "Nothing about you is sold or given away.",
            "Rien de ce qui te concerne n’est vendu ni donné.",
        ),
        proof=Words(
            "A promise: no program can prove it. There is also little to sell.",
            "Une promesse : aucun programme ne peut la prouver. Il n’y a d’ailleurs pas grand-chose à vendre.",
        ),
    ),
)
