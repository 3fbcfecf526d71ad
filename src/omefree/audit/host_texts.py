"""What the checks on the host say, in plain words: one line each, in every language."""

from omefree.privacy.inventory import Words

# --- why a check cannot be made ---
NO_LINUX = Words("only Linux tells this (/proc)", "seul Linux le dit (/proc)")
GONE = Words("there is no such process", "il n’y a pas de tel processus")
NOT_ALLOWED = Words("only root may look: sudo", "seul root peut regarder : sudo")
NO_CHAT = Words("no chat to look during: {why}", "pas de conversation pendant laquelle regarder : {why}")
NOT_FOUND_AT_ALL = Words(
    "not even what the process surely holds was found: this look proves nothing",
    "même ce que le processus détient sûrement n’a pas été trouvé : ce regard ne prouve rien",
)
# --- files ---
WRITES = Words("open for writing: {what}", "ouvert en écriture : {what}")
WROTE = Words(
    "{count} bytes were written to disk during a chat", "{count} octets écrits sur disque pendant une conversation"
)
NO_FILE = Words(
    "no file open for writing, before, during and after a chat; nothing written to disk",
    "aucun fichier ouvert en écriture, avant, pendant et après une conversation ; rien d’écrit sur disque",
)
DATABASE = Words("connected to {what}: a store, or who knows", "connecté à {what} : un stockage, ou qui sait")

# --- memory ---
REMAINS = Words("after a leave there still were: {what}", "après un départ il restait : {what}")
NOTHING_REMAINS = Words(
    "of two who chatted and left, nothing is in the whole memory: no token, number, interest or text",
    "de deux qui ont parlé et sont partis, rien n’est dans toute la mémoire : ni jeton, ni numéro, ni centre "
    "d’intérêt, ni texte",
)
READS = Words("a text of a sealed chat lies in memory", "un texte d’une conversation scellée est en mémoire")
UNREAD = Words(
    "during and after a sealed chat the texts said are nowhere in the whole memory",
    "pendant et après une conversation scellée, les textes dits ne sont nulle part dans toute la mémoire",
)

# --- sockets ---
OPEN_PORTS = Words("more ports than page and STUN: {what}", "plus de ports que la page et STUN : {what}")
PORTS = Words(
    "open are {what}: the page’s port and, if there is one, STUN’s, and no other",
    "sont ouverts {what} : le port de la page et, s’il y en a un, celui de STUN, et aucun autre",
)

# --- logs ---
LOGGED = Words(
    "written to {what} during a chat: what was planted",
    "écrit dans {what} pendant une conversation : ce qui était planté",
)
LOG_FILE = Words(
    "output goes to {what}: no planted word is in it; what else stands there is the operator’s",
    "la sortie va vers {what} : aucun mot planté n’y est ; ce qui y est d’autre regarde l’opérateur",
)
LOG_ELSEWHERE = Words(
    "output goes to {what}, which cannot be read from here; what is done with it is the operator’s affair",
    "la sortie va vers {what}, qui ne se lit pas d’ici ; ce qu’on en fait regarde l’opérateur",
)
LOG_NOWHERE = Words("output goes nowhere", "la sortie ne va nulle part")

# --- traces ---
CORE = Words(
    "a crash may write the memory to disk (core limit {limit})",
    "un plantage peut écrire la mémoire sur disque (limite {limit})",
)
DUMPABLE = Words(
    "other programs of its user may read its memory", "d’autres programmes de son utilisateur peuvent lire sa mémoire"
)
SWAPPED = Words(
    "its memory is locked, and {kb} KB lie in the swap file all the same",
    "sa mémoire est verrouillée, et {kb} Ko sont quand même dans le fichier d’échange",
)
SECRET = Words("in its environment stands {what}", "dans son environnement se trouve {what}")
AS_ROOT = Words(
    "it runs as root, whose programs may read everything: give it a user of its own",
    "il tourne en tant que root, dont les programmes peuvent tout lire : donne-lui son propre utilisateur",
)
NO_TRACE = Words(
    "no core dumps, not to be read by others of its user, memory locked, no secret in its environment",
    "pas d’image mémoire, illisible pour les autres programmes de son utilisateur, mémoire verrouillée, pas de secret "
    "dans son environnement",
)
NO_TRACE_UNLOCKED = Words(
    "no core dumps, not to be read by others of its user, no secret in its environment; memory is not locked, as its "
    "policy says, and {kb} KB lie in the swap file",
    "pas d’image mémoire, illisible pour les autres programmes de son utilisateur, pas de secret dans son "
    "environnement ; la mémoire n’est pas verrouillée, comme le dit sa politique, et {kb} Ko sont dans le fichier "
    "d’échange",
)
