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
    Words("what for", "pour quoi"),
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
        "Like every server, this one receives your network (IP) address with each connection. It is read, turned into a keyed hash for the counters above, and dropped. Whoever runs the network between you and this server can see that you two are connected.",
        "Comme tout serveur, celui-ci reçoit ton adresse réseau (IP) à chaque connexion. Elle est lue, transformée en une empreinte à clé pour les compteurs ci-dessus, puis oubliée. Qui tient le réseau entre toi et ce serveur peut voir que vous êtes connectés.",
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
        "Memory that is freed is overwritten only when it is used again.",
        "La mémoire libérée n’est réécrite que lorsqu’elle ressert.",
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
HERE_LEAD = Words("Read from its settings, now.", "Lu dans ses réglages, à l’instant.")
CHECK_TITLE = Words("Check it yourself", "Vérifie toi-même")

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

# The date of the last change of any text of inventory.py, claims.py and this file, and the hash that a test binds it to.
DATED = "2026-11-25"
TEXT_SHA256 = ""
