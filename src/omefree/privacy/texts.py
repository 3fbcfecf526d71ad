"""The dated text of /privacy, /terms and /legal, in plain words. What comes from settings is not in here."""

from omefree.privacy.inventory import Words

POLICY_TITLE = Words("What we know about you, and for how long", "Ce qu’on sait de toi, et combien de temps")
POLICY_LEAD = Words(
    "OmeFree introduces two strangers and forgets them. This page says exactly what that means. Each sentence has a name; beside it stands how anybody can check it.",
    "OmeFree présente deux inconnus, puis les oublie. Cette page dit exactement ce que cela veut dire. Chaque phrase porte un nom ; à côté, comment n’importe qui peut la vérifier.",
)
CLAIMS_TITLE = Words("What we promise", "Ce qu’on promet")
DATA_TITLE = Words("What lies in memory", "Ce qui est en mémoire")
DATA_LEAD = Words(
    "The whole list. A test reads the running program and fails if it holds anything that is not here.",
    "La liste entière. Un test lit le programme en marche et échoue s’il détient quoi que ce soit qui n’y figure pas.",
)
COLUMNS: tuple[Words, ...] = (
    Words("what", "quoi"),
    Words("what for", "à quoi ça sert"),
    Words("how long", "combien de temps"),
    Words("who sees it", "qui le voit"),
    Words("ground", "fondement"),
)
GROUNDS: dict[str, Words] = {
    "service": Words(
        "to do what you ask for (GDPR, article 6(1)(b))", "faire ce que tu demandes (RGPD, article 6(1)(b))"
    ),
    "protection": Words(
        "to protect everybody’s use (GDPR, article 6(1)(f))", "protéger l’usage de tous (RGPD, article 6(1)(f))"
    ),
}
ADDRESS_TITLE = Words("Your network address", "Ton adresse réseau")
ADDRESS: tuple[Words, ...] = (
    Words(
        "Like every server, this one receives your network (IP) address with each connection. It lies beside that connection until it closes, and as a keyed hash under the counters above; it is written nowhere. Whoever runs the network between you and this server can see that you are connected to it.",
        "Comme tout serveur, celui-ci reçoit ton adresse réseau (IP) à chaque connexion. Elle reste à côté de cette connexion jusqu’à ce qu’elle se ferme, et sous forme d’empreinte à clé dans les compteurs ci-dessus ; elle n’est écrite nulle part. Qui tient le réseau entre toi et ce serveur peut voir que tu t’y connectes.",
    ),
    Words(
        "In a video call your browser connects straight to the other person’s, who can then see your address. In a text chat they can’t.",
        "En vidéo, ton navigateur se connecte directement à celui de l’autre personne, qui peut alors voir ton adresse. En texte seul, non.",
    ),
)
LIMITS_TITLE = Words("What nobody can prove to you", "Ce que personne ne peut te prouver")
LIMITS: tuple[Words, ...] = (
    Words(
        "Whoever owns this machine can run other code than the published one. An audit sees how a server behaves, not what else it does.",
        "Qui possède cette machine peut y faire tourner un autre code que celui qui est publié. Un audit voit comment un serveur se comporte, pas ce qu’il fait d’autre.",
    ),
    Words(
        "Whoever serves the page could serve you another one, which doesn’t seal. The list of file hashes lets you compare; it can’t force anybody.",
        "Qui sert la page pourrait t’en servir une autre, qui ne scelle pas. La liste des empreintes de fichiers te permet de comparer ; elle n’oblige personne.",
    ),
    Words(
        "Without comparing the four emoji in a call, the sealing protects you from a server that stores or is broken into, not from one that lies to both of you.",
        "Sans comparer les quatre images pendant un appel, le scellement te protège d’un serveur qui enregistre ou qu’on force, pas d’un serveur qui vous ment à tous les deux.",
    ),
    Words(
        "Encryption of the connection ends where this server’s certificate lies, which can be a machine in front of it.",
        "Le chiffrement de la connexion s’arrête là où se trouve le certificat de ce serveur, ce qui peut être une machine placée devant lui.",
    ),
    Words(
        "Freed memory is overwritten at once where this server says so below; what the operating system holds for a connection is not.",
        "La mémoire libérée est réécrite aussitôt quand ce serveur le dit plus bas ; ce que le système d’exploitation garde d’une connexion ne l’est pas.",
    ),
    Words(
        "The person you talk to can keep what you say and film what you show.",
        "La personne à qui tu parles peut garder ce que tu dis et filmer ce que tu montres.",
    ),
)
RIGHTS_TITLE = Words("Your rights", "Tes droits")
RIGHTS: tuple[Words, ...] = (
    Words(
        "To have everything erased, leave: close the page. There is nothing afterwards that we could show you, correct or hand over.",
        "Pour tout faire effacer, pars : ferme la page. Après, il n’y a plus rien qu’on puisse te montrer, corriger ou remettre à quelqu’un.",
    ),
    Words(
        "Don’t enter as an interest what you wouldn’t tell a stranger.",
        "N’écris pas comme centre d’intérêt ce que tu ne dirais pas à un inconnu.",
    ),
    Words(
        "You can complain to the authority for data protection of your country, in France to the CNIL (cnil.fr).",
        "Tu peux te plaindre auprès de l’autorité de protection des données de ton pays, en France la CNIL (cnil.fr).",
    ),
)
HERE_TITLE = Words("On this server", "Sur ce serveur")
HERE_LEAD = Words(
    "Read from its settings when it started. This part is not of the dated text.",
    "Lu dans ses réglages à son démarrage. Cette partie n’est pas du texte daté.",
)
CHECK_TITLE = Words("Check it yourself", "Vérifie toi-même")
CHECK_LEAD = Words(
    "OmeFree is free software. With its source, the first of these commands runs every proof named above, and fails when a sentence is not true. The second looks at a running server from outside; for URL put the address of this one.",
    "OmeFree est un logiciel libre. Avec son code source, la première de ces commandes fait tourner chaque preuve citée plus haut, et échoue quand une phrase n’est pas vraie. La seconde regarde de l’extérieur un serveur en marche ; à la place de URL, mets l’adresse de celui-ci.",
)
HOW = Words("how it is proved", "comment c’est prouvé")
PROMISE = Words("a promise: cannot be proved by a program", "une promesse : aucun programme ne peut la prouver")
DATED_ON = Words("Last change of this text: {date}", "Dernier changement de ce texte : {date}")
GROUND_OF = Words("Ground: {ground}", "Fondement : {ground}")

TERMS_TITLE = Words("The house rules", "Les règles de la maison")
TERMS: tuple[Words, ...] = (
    Words("You must be 18 or over. No minors, ever.", "Il faut avoir 18 ans ou plus. Jamais de mineurs."),
    Words(
        "Be kind. No nudity, no hate, no threats, no advertising, no bots that pretend to be people.",
        "Sois bienveillant. Pas de nudité, pas de haine, pas de menaces, pas de publicité, pas de robots qui se font passer pour des gens.",
    ),
    Words(
        "Don’t record anybody without asking, and don’t try to find out who somebody is.",
        "N’enregistre personne sans demander, et ne cherche pas à savoir qui est quelqu’un.",
    ),
    Words(
        "Something wrong? Leave, and report it in two clicks. A report ends the chat and keeps you two apart for this visit; its reason is read and not kept. What was said is sealed, so we can’t look at it.",
        "Quelque chose ne va pas ? Pars, et signale-le en deux clics. Un signalement met fin à la conversation et vous tient à l’écart l’un de l’autre pendant cette visite ; son motif est lu et n’est pas gardé. Ce qui a été dit est scellé : on ne peut pas le relire.",
    ),
    Words(
        "Whoever sends too much too fast is slowed down, then disconnected. No moderator watches your chat.",
        "Qui envoie trop, trop vite, est ralenti, puis déconnecté. Aucun modérateur ne regarde ta conversation.",
    ),
    Words(
        "The service is given as it is, free of charge, and may end at any time.",
        "Le service est offert tel quel, gratuitement, et peut s’arrêter à tout moment.",
    ),
    Words(
        "In danger, or worried about a child? Call the police; in Europe 112.",
        "En danger, ou inquiet pour un enfant ? Appelle la police ; en Europe, le 112.",
    ),
)
LEGAL_TITLE = Words("Who runs this server", "Qui tient ce serveur")
LEGAL_LEAD = Words(
    "OmeFree is free software; whoever installs it runs their own server and answers for it.",
    "OmeFree est un logiciel libre ; qui l’installe tient son propre serveur et en répond.",
)
LEGAL_ASKED = Words(
    "What we can give to an authority that asks: what lies in memory while somebody is here, as listed on the privacy page, and nothing of who has left. There are no logs of visitors.",
    "Ce qu’on peut remettre à une autorité qui le demande : ce qui est en mémoire tant que quelqu’un est là, comme listé sur la page de confidentialité, et rien de ceux qui sont partis. Il n’y a pas de journaux des visiteurs.",
)
MISSING = Words("not given by whoever runs this server", "non indiqué par qui tient ce serveur")
NO_CONTACT = Words(
    "This server is open to others, and whoever runs it has not said how to reach them.",
    "Ce serveur est ouvert à d’autres, et qui le tient n’a pas dit comment le joindre.",
)

# What stands beside the settings, by their name in `policy.Here`. A value for people is a text of yes and no.
OPERATOR = Words("Run by", "Tenu par")
CONTACT = Words("Contact for visitors", "Contact pour les visiteurs")
AUTHORITY_CONTACT = Words("Contact for authorities", "Contact pour les autorités")
HOSTING = Words("Hosted by", "Hébergé par")
SOFTWARE = Words("Software", "Logiciel")
AS_BUILT: dict[bool | None, Words] = {
    True: Words(
        "OmeFree {version}; its files are those of the build", "OmeFree {version} ; ses fichiers sont ceux d’origine"
    ),
    False: Words(
        "OmeFree {version}; files of the page were changed after the build",
        "OmeFree {version} ; des fichiers de la page ont été modifiés après la construction",
    ),
    None: Words(
        "OmeFree {version}, with a page of its own that came without a list of hashes",
        "OmeFree {version}, avec une page à lui, venue sans liste d’empreintes",
    ),
}
SEALING = Words("Sealing", "Scellement")
SEALING_VERSION = Words("version {seal}", "version {seal}")
RELAY = Words("Relay for calls (TURN)", "Relais pour les appels (TURN)")
TURN: dict[bool, Words] = {
    True: Words("yes, for calls that can’t go straight", "oui, pour les appels qui ne passent pas en direct"),
    False: Words("none: a call goes straight or not at all", "aucun : un appel passe en direct ou pas du tout"),
}
PROCESSES = Words("Processes", "Processus")
ONE_PROCESS = Words("one, which shares its memory with no other", "un seul, qui ne partage sa mémoire avec aucun autre")
RESUME = Words("After a break", "Après une coupure")
RESUME_TIME = Words(
    "{resume_s} s to come back; after {gone_s} s at most all is dropped",
    "{resume_s} s pour revenir ; après {gone_s} s au plus tout est effacé",
)
QUOTAS = Words("From one network address", "Depuis une adresse réseau")
QUOTA_VALUES = Words(
    "{connections} connections at once, {connections_per_s} new ones a second; counted until {quota_ttl_s} s after the last",
    "{connections} connexions à la fois, {connections_per_s} nouvelles par seconde ; comptées jusqu’à {quota_ttl_s} s après la dernière",
)
CORE_DUMPS = Words("Image of the memory after a crash", "Image de la mémoire après un plantage")
CORE_DUMPS_OFF: dict[bool, Words] = {
    True: Words("never", "jamais"),
    False: Words("possible: not switched off here", "possible : non désactivée ici"),
}
DUMPABLE = Words("Memory closed to the same user’s programs", "Mémoire fermée aux programmes du même utilisateur")
FREED = Words("Freed memory overwritten at once", "Mémoire libérée réécrite aussitôt")
SWAP = Words("Memory kept out of the swap file", "Mémoire tenue hors du fichier d’échange")
YES_NO: dict[bool, Words] = {True: Words("yes", "oui"), False: Words("no", "non")}

NAMES: dict[str, Words] = {
    "/privacy": Words("Privacy", "Confidentialité"),
    "/terms": Words("Rules", "Règles"),
    "/legal": Words("Legal", "Mentions légales"),
}
FOR_MACHINES = Words("This page for machines", "Cette page pour les machines")
FILE_HASHES = Words("Hashes of the page’s files", "Empreintes des fichiers de la page")
LICENCES = Words("Licences", "Licences")
SKIP = Words("To the text", "Aller au texte")
TO_THE_CHAT = Words("To the chat", "Vers la conversation")

# The date of the last change of any text of inventory.py, claims.py and this file, and the hash that a test binds it to.
DATED = "2026-11-25"
TEXT_SHA256 = "7397662007f5f4409eac99f03e246702bf15e9810bfc5102f2dcf9749b1c76f3"
