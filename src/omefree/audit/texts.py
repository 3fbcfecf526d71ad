"""What the checks say, in plain words: one line each, in every language."""

from omefree.privacy.inventory import Words

# --- why a check cannot be made ---
SILENT = Words("no whole answer to {path} in time", "pas de réponse entière à {path} dans les temps")
BROKE = Words(
    "the connection broke off while it answered {path}", "la connexion s’est coupée pendant la réponse à {path}"
)
NOT_HTTP = Words("the answer to {path} is not HTTP", "la réponse à {path} n’est pas du HTTP")
ENDLESS = Words("the answer to {path} does not end", "la réponse à {path} n’en finit pas")
NO_CONNECTION = Words("no connection: {why}", "pas de connexion : {why}")
LINK_BROKE = Words("the server ended the connection", "le serveur a mis fin à la connexion")
NOTHING_CAME = Words("what should have come did not come in time", "ce qui devait venir n’est pas venu dans les temps")
NO_ANSWER = Words("no answer to {event} in time", "pas de réponse à {event} dans les temps")
NO_SEARCH = Words("the server refuses to search: {code}", "le serveur refuse de chercher : {code}")
BUSY = Words("the server is too busy for the audit", "le serveur est trop occupé pour l’audit")
MET_SOMEBODY_ELSE = Words(
    "two of ours who look for each other were not introduced to each other",
    "deux des nôtres qui se cherchent n’ont pas été présentés l’un à l’autre",
)
NO_SEALED_PAIR = Words("there is no sealed chat to try it in", "pas de conversation scellée où l’essayer")
NOT_TAKEN = Words("the server did not take the message: {code}", "le serveur n’a pas pris le message : {code}")
OTHER_VERSION = Words(
    "the server is of another version, whose fields this audit does not know",
    "le serveur est d’une autre version, dont cet audit ne connaît pas les champs",
)
OTHERS_MOVE = Words(
    "other people came and went meanwhile: try again at a quiet time",
    "d’autres gens sont venus et partis entre-temps : réessaie à une heure calme",
)
NO_BROWSER = Words(
    "needs a browser: pip install playwright && playwright install chromium",
    "il faut un navigateur : pip install playwright && playwright install chromium",
)
BROWSER_OFF = Words("needs a browser, which --no-browser leaves out", "il faut un navigateur, exclu par --no-browser")
VISIT_FAILED = Words("the browser’s visit failed: {why}", "la visite du navigateur a échoué : {why}")

# --- TLS ---
NO_TLS = Words("the connection is not encrypted (http)", "la connexion n’est pas chiffrée (http)")
CERTIFICATE = Words("the certificate is not valid: {fault}", "le certificat n’est pas valable : {fault}")
OLD_TLS = Words("{version} is still spoken: it is not safe", "{version} est encore accepté : ce n’est pas sûr")
TLS = Words(
    "{version}; the certificate is good, for {days} more days", "{version} ; le certificat est bon, encore {days} jours"
)
HTTPS = Words(
    "HSTS, scripts named with their hash, no page over plain http",
    "HSTS, scripts nommés avec leur empreinte, pas de page en http simple",
)

# --- cookies, headers ---
COOKIES = Words("a cookie is set by {what}", "un cookie est posé par {what}")
NO_COOKIES = Words("none in {count} answers", "aucun dans {count} réponses")
WEAK = Words("{what}", "{what}")
BARE = Words("not on every answer: {what}", "pas sur chaque réponse : {what}")
HEADERS = Words(
    "{count} rules of Mozilla’s Observatory passed; no grade without TLS",
    "{count} règles de l’Observatory de Mozilla suivies ; pas de note sans TLS",
)
GRADED = Words(
    "Mozilla’s Observatory gives {grade}, {points} points", "l’Observatory de Mozilla donne {grade}, {points} points"
)

# --- the page and its files ---
ELSEWHERE = Words("the page leads to somebody else: {what}", "la page mène chez quelqu’un d’autre : {what}")
NOTHING_ELSEWHERE = Words(
    "pages and styles name this server alone", "les pages et les styles ne nomment que ce serveur"
)
STRANGE_SCRIPTS = Words("not in the list of files: {what}", "pas dans la liste des fichiers : {what}")
SCRIPTS = Words("nothing within the page, nothing that is not listed", "rien dans la page, rien hors de la liste")
ASKS = Words("the page asks for: {what}", "la page demande : {what}")
NO_LIST = Words(
    "/assets.json is not there, or is no list of files", "/assets.json manque, ou n’est pas une liste de fichiers"
)
LIST_WITHOUT_END = Words("/assets.json names more than a page has", "/assets.json nomme plus que ce qu’a une page")
CHANGED_FILES = Words("not what the list says: {what}", "autre chose que ce que dit la liste : {what}")
FILES = Words("{count} files, each as the list says", "{count} fichiers, chacun comme le dit la liste")
NO_BUILD = Words(
    "the OmeFree installed here has no built page to compare with",
    "l’OmeFree installé ici n’a pas de page construite avec quoi comparer",
)
OTHER_BUILD = Words(
    "the server is {theirs}, the OmeFree installed here {ours}: install that one to compare",
    "le serveur est en {theirs}, l’OmeFree installé ici en {ours} : installe celle-là pour comparer",
)
SAME_BUILD = Words("every file is the one of OmeFree {version}", "chaque fichier est celui d’OmeFree {version}")
OWN_PAGE = Words(
    "the server says itself that its page is not the build’s: {what}",
    "le serveur dit lui-même que sa page n’est pas celle d’origine : {what}",
)
OTHER_FILES = Words(
    "the server says that its page is the build’s, and it is not: {what}",
    "le serveur dit que sa page est celle d’origine, et c’est faux : {what}",
)
ROUTE = Words("{method} {path} is answered with {status}", "{method} {path} reçoit la réponse {status}")
ROUTES = Words(
    "{count} addresses that are not listed: none is there, none can be written to",
    "{count} adresses hors de la liste : aucune n’existe, on n’écrit nulle part",
)
ASKED_ELSEWHERE = Words("a browser was sent to {what}", "un navigateur a été envoyé vers {what}")
ASKED = Words(
    "{count} requests of a real browser, all to this server",
    "{count} requêtes d’un vrai navigateur, toutes à ce serveur",
)
KEPT = Words("the page left in the browser: {what}", "la page a laissé dans le navigateur : {what}")
NOTHING_KEPT = Words("nothing in a real browser but the settings", "rien dans un vrai navigateur, sauf les réglages")

# --- the policy ---
NO_POLICY = Words("/privacy.json is not there, or is no policy", "/privacy.json manque, ou n’est pas une politique")
NO_SETTINGS = Words("/privacy.json tells no settings", "/privacy.json ne dit pas les réglages")
VERSIONS = Words(
    "the policy is of version {policy}, the server calls itself {server}",
    "la politique est de la version {policy}, le serveur se nomme {server}",
)
OTHER_VERSION_OF_POLICY = Words(
    "the server is {theirs}, the OmeFree installed here {ours}: install that one to compare",
    "le serveur est en {theirs}, l’OmeFree installé ici en {ours} : installe celle-là pour comparer",
)
OTHER_POLICY = Words("not what this version says: {what}", "autre chose que ce que dit cette version : {what}")
POLICY = Words(
    "word for word: text of {dated}, {count} claims, {sha256}…",
    "mot pour mot : texte du {dated}, {count} promesses, {sha256}…",
)
NO_PAGE = Words("no /privacy in this language: {lang}", "pas de /privacy dans cette langue : {lang}")
UNSAID = Words("/privacy ({lang}) does not say: {what}", "/privacy ({lang}) ne dit pas : {what}")
OTHER_DATE = Words("/privacy ({lang}) is of {what}, not of {dated}", "/privacy ({lang}) est du {what}, pas du {dated}")
RENDERED = Words(
    "/privacy says the same in both languages, with its date",
    "/privacy dit la même chose dans les deux langues, avec sa date",
)
OTHER_SETTINGS = Words("told and done differ: {what}", "dit et fait diffèrent : {what}")
SETTINGS = Words(
    "as told: {resume} s to come back, all dropped after {gone} s, sealing {seal}, quotas",
    "comme c’est dit : {resume} s pour revenir, tout effacé après {gone} s, scellement {seal}, quotas",
)
TURN_UNTOLD = Words(
    "a relay is named that the policy does not tell of", "un relais est nommé dont la politique ne parle pas"
)
NO_TURN = Words(
    "the policy tells of a relay, and none is named", "la politique parle d’un relais, et aucun n’est nommé"
)
ICE = Words(
    "no relay, as told; named to browsers: {what}", "pas de relais, comme c’est dit ; nommé aux navigateurs : {what}"
)
ICE_WITH_TURN = Words(
    "a relay, as told; named to browsers: {what}", "un relais, comme c’est dit ; nommé aux navigateurs : {what}"
)
CONTACT = Words("/legal names {contact}", "/legal nomme {contact}")
NO_CONTACT = Words("none is given, and /legal says so plainly", "aucun n’est donné, et /legal le dit clairement")
CONTACT_UNSAID = Words(
    "/legal ({lang}) neither names the contact nor says that there is none",
    "/legal ({lang}) ne nomme pas le contact et ne dit pas qu’il n’y en a pas",
)

# --- chats ---
ENTRY = Words(
    "two strangers came in and met, with no account", "deux inconnus sont entrés et se sont rencontrés, sans compte"
)
SEAL_FAULT = Words("two sealed visitors could not seal: {fault}", "deux visiteurs n’ont pas pu sceller : {fault}")
SEAL_DIFFERS = Words("somebody stands between: the keys differ", "quelqu’un est entre les deux : les clés diffèrent")
SEAL = Words(
    "two agreed on the same keys; {count} sealed frames", "les deux ont les mêmes clés ; {count} trames scellées"
)
MIXED = Words(
    "one who seals was introduced to one who does not",
    "quelqu’un qui scelle a été présenté à quelqu’un qui ne scelle pas",
)
NOT_MIXED = Words("who seals does not meet who does not", "qui scelle ne rencontre pas qui ne scelle pas")
CHANGED = Words("what arrives is not what was sent", "ce qui arrive n’est pas ce qui a été envoyé")
UNCHANGED = Words("passed on byte for byte", "transmis octet pour octet")
INTRUDED = Words(
    "a third wrote into a chat: {event} was answered with {code}",
    "un tiers a écrit dans une conversation : {event} a reçu {code}",
)
OVERHEARD = Words(
    "a third heard something of a chat: {what}", "un tiers a entendu quelque chose d’une conversation : {what}"
)
INTERFERED = Words(
    "a chat heard something that its two did not say", "une conversation a entendu ce que ses deux n’ont pas dit"
)
NO_CROSS_TALK = Words(
    "a third who knows a chat’s number can neither write nor listen",
    "un tiers qui connaît le numéro d’une conversation ne peut ni écrire ni écouter",
)
EVENT_ANSWERED = Words("{event} was answered with {code}, not {wanted}", "{event} a reçu {code}, pas {wanted}")
UNLISTED = Words("sent and not listed: {what}", "envoyé et pas dans la liste : {what}")
EVENTS = Words(
    "{count} events heard, all listed; others are refused",
    "{count} événements reçus, tous listés ; d’autres sont refusés",
)
COUNTED = Words(
    "one more for each who comes, one fewer for each who goes", "un de plus pour qui vient, un de moins pour qui part"
)
MISCOUNTED = Words(
    "one came, and the counter made {up} of it; one came for one who left: {back}",
    "quelqu’un est venu, et le compteur a fait {up} ; quelqu’un a pris la place d’un autre : {back}",
)
ONLINE = Words("a number and nothing else, heard {count} times", "un nombre et rien d’autre, entendu {count} fois")
ONLINE_MORE = Words("the counter says something else: {what}", "le compteur dit autre chose : {what}")
GHOST = Words(
    "one left, and the other could go on writing to the chat",
    "l’un est parti, et l’autre pouvait encore écrire dans la conversation",
)
LEFT = Words(
    "the other is told, and the chat’s number is dead", "l’autre est averti, et le numéro de la conversation est mort"
)
TOKEN_LIVES = Words("the token of one who left still gives a seat", "le jeton de qui est parti donne encore une place")
TOKEN_DEAD = Words("the token of one who left gives no seat", "le jeton de qui est parti ne donne pas de place")
FOUND = Words("one who had gone was introduced to somebody", "quelqu’un qui était parti a été présenté à quelqu’un")
NOT_FOUND = Words("who goes while searching is found by nobody", "qui part en cherchant n’est trouvé par personne")

# --- around the table ---
RESULTS: dict[str, Words] = {
    "passed": Words("passed", "réussi"),
    "failed": Words("failed", "échoué"),
    "not checked": Words("not checked", "non vérifié"),
    "not applicable": Words("not applicable", "sans objet"),
}
OUTSIDE_TITLE = Words("What no outsider can check", "Ce que personne ne peut vérifier de l’extérieur")
ON_THE_HOST = Words(
    "On the server’s machine: omefree audit --pid PID", "Sur la machine du serveur : omefree audit --pid PID"
)
PROMISED = Words("Promised, and not to be proved by a program:", "Promis, et qu’aucun programme ne peut prouver :")
PROCESS = Words("process {pid}", "processus {pid}")
GRADE = Words("Mozilla’s Observatory: {grade} ({points} points)", "Observatory de Mozilla : {grade} ({points} points)")
NO_GRADE = Words(
    "Mozilla’s Observatory: no grade without TLS ({points} points of the other rules)",
    "Observatory de Mozilla : pas de note sans TLS ({points} points pour les autres règles)",
)
CUT_SHORT = Words("The server did not let the audit finish: {why}", "Le serveur n’a pas laissé l’audit finir : {why}")
