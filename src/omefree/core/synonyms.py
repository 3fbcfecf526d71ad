"""Interests that have a name in each language: music, musique, música, Musik, musica meet.

To edit: one row for an interest; English | French | Spanish | German | Portuguese | Italian, other words for it after
a comma. Write them as people do: accents and capitals count for nothing. A word may be in one row only, so one by which
people of another language would look for something else is left out, spelled without its accents too.
`tests/core/test_synonyms.py` checks what can be checked.
"""

TABLE = """
music | musique | música | Musik | música | musica
cinema, movies, films, film | cinéma | cine, películas | Kino, Filme | cinema, filmes | cinema, film
books, reading | livres, lecture, lire | libros, lectura, leer | Bücher, Lesen | livros, leitura, ler | libri, lettura, leggere
literature | littérature | literatura | Literatur | literatura | letteratura
poetry, poems | poésie, poèmes | poesía, poemas | Poesie, Lyrik, Gedichte | poesia, poemas | poesia, poesie
philosophy | philosophie | filosofía | Philosophie | filosofia | filosofia
history | histoire | historia | Geschichte | história | storia
science | science, sciences | ciencia, ciencias | Wissenschaft | ciência, ciências | scienza, scienze
physics | physique | física | Physik | física | fisica
chemistry | chimie | química | Chemie | química | chimica
biology | biologie | biología | Biologie | biologia | biologia
mathematics, maths, math | mathématiques | matemáticas | Mathematik, Mathe | matemática | matematica
astronomy | astronomie | astronomía | Astronomie | astronomia | astronomia
space | espace | espacio | Weltraum, Weltall | espaço | spazio
geography | géographie | geografía | Geografie, Geographie | geografia | geografia
psychology | psychologie | psicología | Psychologie | psicologia | psicologia
politics | politique | política | Politik | política | politica
economics, economy | économie | economía | Wirtschaft | economia | economia
religion | religion | religión | Religion | religião | religione
languages | langues | idiomas, lenguas | Sprachen, Fremdsprachen | línguas, idiomas | lingue
art, arts | art, arts | arte | Kunst | arte | arte
painting | peinture, peindre | pintura, pintar | Malerei, Malen | pintura, pintar | pittura, dipingere
drawing | dessin, dessiner | dibujo, dibujar | Zeichnen | desenho, desenhar | disegno, disegnare
photography | photographie, photo | fotografía | Fotografie, Fotografieren | fotografia | fotografia
sculpture | sculpture | escultura | Bildhauerei | escultura | scultura
architecture | architecture | arquitectura | Architektur | arquitetura, arquitectura | architettura
theatre, theater | théâtre | teatro | Theater | teatro | teatro
dance, dancing | danse, danser | danza, baile, bailar | Tanz, Tanzen | dança, dançar | danza, ballo, ballare
ballet | ballet | ballet | Ballett | balé, ballet | balletto
opera | opéra | ópera | Oper | ópera | opera
singing | chant, chanter | canto, cantar | Singen, Gesang | canto, cantar | canto, cantare
guitar | guitare | guitarra | Gitarre | guitarra, violão | chitarra
violin | violon | violín | Geige, Violine | violino | violino
drums | batterie | batería | Schlagzeug | bateria | batteria
flute | flûte | flauta | Flöte | flauta | flauto
classical music | musique classique | música clásica | klassische Musik | música clássica | musica classica
electronic music | musique électronique | música electrónica | elektronische Musik | música eletrônica | musica elettronica
songs | chansons | canciones | Lieder | canções | canzoni
concerts | concerts | conciertos | Konzerte | concertos | concerti
festivals | festivals | festivales | Festivals | festivais | festival
museums | musées | museos | Museen | museus | musei
series, tv series | séries | series | Serien | séries | serie tv, serie
television, tv | télévision, télé | televisión, tele | Fernsehen | televisão | televisione
documentaries | documentaires | documentales | Dokumentarfilme, Dokus | documentários | documentari
cartoons | dessins animés | dibujos animados | Zeichentrick, Zeichentrickfilme | desenhos animados | cartoni animati
comics | bandes dessinées, bande dessinée, bd | cómics, tebeos | Comics | quadrinhos, banda desenhada | fumetti
science fiction, sci-fi | science-fiction, sf | ciencia ficción | Science-Fiction | ficção científica | fantascienza
horror films, horror movies, horror | films d'horreur, horreur | películas de terror | Horrorfilme | filmes de terror | film horror
comedy | comédie | comedia | Komödie | comédia | commedia
humour, humor | humour | humor | Humor | humor | umorismo
jokes | blagues | chistes | Witze | piadas, anedotas | barzellette
video games, videogames, gaming | jeux vidéo, jeux vidéos | videojuegos | Videospiele, Computerspiele, Zocken | videogames, videojogos, jogos | videogiochi
board games | jeux de société | juegos de mesa | Brettspiele | jogos de tabuleiro | giochi da tavolo
card games | jeux de cartes | juegos de cartas | Kartenspiele | jogos de cartas | giochi di carte
role-playing games, rpg | jeux de rôle | juegos de rol | Rollenspiele | jogos de rpg | giochi di ruolo
chess | échecs | ajedrez | Schach | xadrez | scacchi
puzzles | casse-tête | rompecabezas | Rätsel | quebra-cabeças | rompicapo
crosswords | mots croisés | crucigramas | Kreuzworträtsel | palavras cruzadas | cruciverba, parole crociate
magic | magie | magia | Zauberei, Magie | magia, mágica | magia
sport, sports | sport, sports | deporte, deportes | Sport | esporte, esportes, desporto | sport
football, soccer | football | fútbol | Fußball | futebol | calcio
american football | football américain | fútbol americano | American Football | futebol americano | football americano
basketball | basketball, basket | baloncesto, básquet | Basketball | basquete, basquetebol | pallacanestro, basket
handball | handball | balonmano | Handball | handebol, andebol | pallamano
volleyball | volleyball, volley | voleibol, vóley | Volleyball | vôlei, voleibol | pallavolo
tennis | tennis | tenis | Tennis | tênis, ténis | tennis
table tennis, ping pong | tennis de table, ping-pong | tenis de mesa | Tischtennis | tênis de mesa | tennistavolo
badminton | badminton | bádminton | Badminton, Federball | badminton | badminton
golf | golf | golf | Golf | golfe | golf
rugby | rugby | rugby | Rugby | rúgbi, râguebi, rugby | rugby
hockey | hockey | hockey | Hockey | hóquei | hockey
ice hockey | hockey sur glace | hockey sobre hielo | Eishockey | hóquei no gelo | hockey su ghiaccio
swimming | natation, nager | natación, nadar | Schwimmen | natação, nadar | nuoto, nuotare
running, jogging | course à pied, courir, footing | correr | Laufen, Joggen | correr | corsa, correre
athletics | athlétisme | atletismo | Leichtathletik | atletismo | atletica
cycling, biking | cyclisme, vélo | ciclismo, bicicleta | Radfahren, Fahrrad, Radsport | ciclismo, bicicleta | ciclismo, bicicletta
hiking | randonnée, randonnées | senderismo, excursionismo | Wandern | caminhada, trilhas | escursionismo, trekking
climbing, rock climbing | escalade | escalada | Klettern | escalada | arrampicata
mountains | montagne, montagnes | montaña, montañas | Berge | montanha, montanhas | montagna, montagne
skiing, ski | ski, skier | esquí, esquiar | Skifahren, Ski | esqui, esquiar | sci, sciare
ice skating, skating | patinage | patinaje | Schlittschuhlaufen, Eislaufen | patinação, patinagem | pattinaggio
gymnastics | gymnastique | gimnasia | Turnen | ginástica | ginnastica
fitness | fitness | fitness | Fitness | fitness | fitness
bodybuilding, weightlifting | musculation | culturismo, musculación | Krafttraining, Bodybuilding | musculação | culturismo, pesistica
boxing | boxe | boxeo | Boxen | boxe | boxe, pugilato
martial arts | arts martiaux | artes marciales | Kampfsport, Kampfkunst | artes marciais | arti marziali
fencing | escrime | esgrima | Fechten | esgrima | scherma
archery | tir à l'arc | tiro con arco | Bogenschießen | tiro com arco | tiro con l'arco
sailing | voile | vela, navegación a vela | Segeln | vela | vela
rowing | aviron | remo | Rudern | remo | canottaggio
diving, scuba diving | plongée | buceo | Tauchen | mergulho | immersioni, subacquea
surfing, surf | surf | surf | Surfen | surfe, surf | surf
fishing | pêche | pesca, pescar | Angeln | pesca, pescar | pesca, pescare
hunting | chasse | caza, cazar | Jagd, Jagen | caçar | caccia
horse riding, horseback riding, riding | équitation | equitación | Reiten | equitação | equitazione
horses | chevaux | caballos | Pferde | cavalos | cavalli
motor racing, motorsport, motorsports | sport automobile, course automobile | automovilismo | Motorsport | automobilismo | automobilismo
formula 1, f1 | formule 1 | fórmula 1 | Formel 1 | fórmula 1 | formula 1
cars | voitures | coches, carros, autos | Autos | carros | automobili, auto
motorcycles, motorbikes | motos, moto | motos, motocicletas | Motorräder | motos | moto, motociclette
trains | trains | trenes | Züge, Eisenbahn | trens, comboios | treni
planes, aviation | avions, aviation | aviones, aviación | Flugzeuge, Luftfahrt | aviões, aviação | aerei, aviazione
boats | bateaux | barcos | Boote | barcos | barche
travel, travelling, traveling | voyages, voyage, voyager | viajes, viajar | Reisen | viagens, viajar | viaggi, viaggiare
holidays, vacation | vacances | vacaciones | Urlaub, Ferien | férias | vacanze
camping | camping | acampada, acampar | Camping, Zelten | acampamento, acampar | campeggio
beach | plage | playa | Strand | praia | spiaggia
sea | mer | mar | Meer | mar | mare
nature | nature | naturaleza | Natur | natureza | natura
forest, forests | forêt, forêts | bosque, bosques | Wald, Wälder | floresta, florestas | foresta, foreste
animals | animaux | animales | Tiere | animais | animali
dogs | chiens | perros | Hunde | cachorros, cães | cani
cats | chats | gatos | Katzen | gatos | gatti
birds | oiseaux | pájaros, aves | Vögel | pássaros, aves | uccelli
fish, fishes | poissons | peces | Fische | peixes | pesci
reptiles | reptiles | reptiles | Reptilien | répteis | rettili
insects | insectes | insectos | Insekten | insetos | insetti
dinosaurs | dinosaures | dinosaurios | Dinosaurier | dinossauros | dinosauri
plants | plantes | plantas | Pflanzen | plantas | piante
flowers | fleurs | flores | Blumen | flores | fiori
gardening, garden | jardinage, jardin | jardinería | Gärtnern, Garten, Gartenarbeit | jardinagem | giardinaggio
ecology, environment | écologie, environnement | ecología, medio ambiente | Ökologie, Umwelt | ecologia, meio ambiente | ecologia, ambiente
climate | climat | clima | Klima | clima | clima
weather, meteorology | météo, météorologie | el tiempo, meteorología | Wetter, Meteorologie | previsão do tempo, meteorologia | meteo, meteorologia
cooking | cuisine, cuisiner | cocina, cocinar | Kochen | cozinha, cozinhar, culinária | cucina, cucinare
baking | pâtisserie | repostería | Backen | confeitaria, pastelaria | pasticceria
food | nourriture | comida | Essen | comida | cibo
wine | vin | vino | Wein | vinho | vino
beer | bière | cerveza | Bier | cerveja | birra
coffee | café | café | Kaffee | café | caffè
tea | thé | té | Tee | chá | tè
chocolate | chocolat | chocolate | Schokolade | chocolate | cioccolato
cocktails | cocktails | cócteles | Cocktails | coquetéis | cocktail
vegetarianism, vegetarian | végétarisme, végétarien | vegetarianismo, vegetariano | Vegetarismus, vegetarisch | vegetarianismo, vegetariano | vegetarianismo, vegetarismo
veganism, vegan | véganisme, vegan | veganismo, vegano | Veganismus, vegan | veganismo, vegano | veganismo, vegano
restaurants | restaurants | restaurantes | Restaurants | restaurantes | ristoranti
fashion | mode | moda | Mode | moda | moda
shoes | chaussures | zapatos | Schuhe | sapatos | scarpe
make-up, makeup | maquillage | maquillaje | Schminken, Make-up | maquiagem, maquilhagem | trucco
hair, hairdressing | coiffure, cheveux | peluquería, cabello | Haare, Frisuren | cabelo, cabelos | capelli, acconciature
tattoos | tatouages | tatuajes | Tattoos, Tätowierungen | tatuagens | tatuaggi
jewellery, jewelry | bijoux | joyas, joyería | Schmuck | joias | gioielli
sewing | couture | costura, coser | Nähen | costura, costurar | cucito, cucire
knitting | tricot | tejer | Stricken | tricô | lavoro a maglia, maglia
embroidery | broderie | bordado | Sticken, Stickerei | bordado | ricamo
crafts, handicrafts | artisanat | artesanía, manualidades | Basteln, Handwerk | artesanato | artigianato
diy, do it yourself | bricolage | bricolaje | Heimwerken | bricolagem | bricolage, fai da te
woodworking | menuiserie | carpintería | Holzarbeiten, Tischlerei | marcenaria, carpintaria | falegnameria
pottery, ceramics | poterie, céramique | cerámica, alfarería | Töpfern, Keramik | cerâmica, olaria | ceramica
origami | origami | origami, papiroflexia | Origami | origami | origami
calligraphy | calligraphie | caligrafía | Kalligrafie, Kalligraphie | caligrafia | calligrafia
writing | écriture, écrire | escritura, escribir | Schreiben | escrita, escrever | scrittura, scrivere
journalism | journalisme | periodismo | Journalismus | jornalismo | giornalismo
news | actualités, actualité | noticias, actualidad | Nachrichten | notícias | notizie, attualità
radio | radio | radio | Radio | rádio | radio
podcasts | podcasts | pódcasts | Podcasts | podcasts | podcast
technology, tech | technologie | tecnología | Technologie | tecnologia | tecnologia
computers | ordinateurs | ordenadores, computadoras | Computer | computadores | computer
computer science | informatique | informática | Informatik | informática | informatica
programming, coding | programmation | programación, programar | Programmieren | programação, programar | programmazione, programmare
AI, artificial intelligence | IA, intelligence artificielle | IA, inteligencia artificial | KI, künstliche Intelligenz | IA, inteligência artificial | IA, intelligenza artificiale
robots, robotics | robots, robotique | robots, robótica | Roboter, Robotik | robôs, robótica | robot, robotica
electronics | électronique | electrónica | Elektronik | eletrônica | elettronica
engineering | ingénierie | ingeniería | Ingenieurwesen | engenharia | ingegneria
internet | internet | internet | Internet | internet | internet
privacy | vie privée | privacidad | Privatsphäre, Datenschutz | privacidade | riservatezza
business | affaires | negocios | Business | negócios | affari
entrepreneurship | entrepreneuriat | emprendimiento | Unternehmertum | empreendedorismo | imprenditoria
money, finance | argent, finances | dinero, finanzas | Geld, Finanzen | dinheiro, finanças | soldi, finanza
stock market, stocks | bourse | bolsa de valores | Börse, Aktien | bolsa de valores | borsa valori
work | travail | trabajo | Arbeit | trabalho | lavoro
school | école | escuela | Schule | escola | scuola
university | université | universidad | Universität | universidade | università
studies, studying | études | estudios, estudiar | Studium | estudos, estudar | studiare
teaching, education | enseignement, éducation | enseñanza, educación | Bildung | ensino, educação | insegnamento
law | droit | derecho | Recht, Jura | direito | diritto
medicine | médecine | medicina | Medizin | medicina | medicina
health | santé | salud | Gesundheit | saúde | salute
nursing | soins infirmiers | enfermería | Krankenpflege | enfermagem | infermieristica
yoga | yoga | yoga | Yoga | ioga, yoga | yoga
meditation | méditation | meditación | Meditation | meditação | meditazione
astrology | astrologie | astrología | Astrologie | astrologia | astrologia
mythology | mythologie | mitología | Mythologie | mitologia | mitologia
archaeology, archeology | archéologie | arqueología | Archäologie | arqueologia | archeologia
genealogy | généalogie | genealogía | Ahnenforschung, Genealogie | genealogia | genealogia
friendship, friends | amitié, amis | amistad, amigos | Freundschaft, Freunde | amizade, amigos | amicizia, amici
love | amour | amor | Liebe | amor | amore
family | famille | familia | Familie | família | famiglia
children, kids | enfants | niños, hijos | Kinder | crianças, filhos | bambini, figli
parents, parenting | parents, parentalité | crianza | Eltern | parentalidade | genitori
volunteering | bénévolat | voluntariado | Ehrenamt | voluntariado | volontariato
feminism | féminisme | feminismo | Feminismus | feminismo | femminismo
human rights | droits de l'homme, droits humains | derechos humanos | Menschenrechte | direitos humanos | diritti umani
culture | culture | cultura | Kultur | cultura | cultura
parties, partying, party | fêtes, soirées | fiestas, fiesta | Partys, Feiern | festas | feste
night life, nightlife | vie nocturne | vida nocturna | Nachtleben | vida noturna | vita notturna
christmas | noël | navidad | Weihnachten | natal | natale
dreams | rêves | sueños | Träume | sonhos | sogni
life | vie | vida | Leben | vida | vita
happiness | bonheur | felicidad | Glück | felicidade | felicità
sleep, sleeping | sommeil, dormir | dormir | Schlaf, Schlafen | dormir | dormire
collecting | collections | coleccionismo | Sammeln | colecionismo | collezionismo
stamps, philately | timbres, philatélie | sellos, filatelia | Briefmarken | selos, filatelia | francobolli, filatelia
model making | modélisme | modelismo | Modellbau | modelismo | modellismo
adventure | aventure | aventura | Abenteuer | aventura | avventura
piano | piano | piano | Klavier | piano | pianoforte
rock music, rock | musique rock | música rock | Rockmusik | música rock | musica rock
hip hop, hip-hop | hip-hop | hip hop | Hip-Hop | hip hop | hip hop
fantasy | fantasy, fantastique | fantasía | Fantasy | fantasia | fantasy
crime fiction, crime novels | romans policiers, polars | novela negra | Krimis, Krimi | romances policiais | gialli
conversation, talking | discussion, discuter | conversación, conversar | Unterhaltung, Gespräche | conversa, conversar | conversazione
pets | animaux de compagnie | mascotas | Haustiere | animais de estimação | animali domestici
walking, walks | marche, promenades | pasear, paseos | Spazieren, Spaziergänge | passeios, passear | camminare, passeggiate
skateboarding, skateboard | skateboard, skate | skateboard | Skateboard, Skateboardfahren | skate | skateboard
snowboarding, snowboard | snowboard | snowboard | Snowboarden, Snowboard | snowboard | snowboard
shopping | shopping | compras, ir de compras | Einkaufen, Shoppen | compras | shopping
beauty | beauté | belleza | Schönheit | beleza | bellezza
interior design, decoration | décoration | decoración, interiorismo | Inneneinrichtung, Einrichtung | decoração | arredamento
relationships | relations amoureuses, couple | relaciones, relaciones de pareja | Beziehungen | relacionamentos | relazioni
mental health | santé mentale | salud mental | psychische Gesundheit | saúde mental | salute mentale
spirituality | spiritualité | espiritualidad | Spiritualität | espiritualidade | spiritualità
ghosts, paranormal | fantômes | fantasmas | Geister, Gespenster | fantasmas | fantasmi
cryptocurrency, cryptocurrencies, crypto | cryptomonnaies, cryptomonnaie | criptomonedas | Kryptowährungen, Krypto | criptomoedas | criptovalute
English | anglais | inglés | Englisch | inglês | inglese
French | français | francés | Französisch | francês | francese
Spanish | espagnol | español | Spanisch | espanhol | spagnolo
German | allemand | alemán | Deutsch | alemão | tedesco
Portuguese | portugais | portugués | Portugiesisch | português | portoghese
Italian | italien | italiano | Italienisch | italiano | italiano
Japanese | japonais | japonés | Japanisch | japonês | giapponese
Korean | coréen | coreano | Koreanisch | coreano | coreano
Chinese | chinois | chino | Chinesisch | chinês | cinese
Russian | russe | ruso | Russisch | russo | russo
Arabic | arabe | árabe | Arabisch | árabe | arabo
summer | été | verano | Sommer | verão | estate
winter | hiver | invierno | Winter | inverno | inverno
boredom, bored | ennui | aburrimiento, aburrido | Langeweile | tédio | noia
"""  # noqa: E501  # one row an interest

LANGUAGES = ("English", "French", "Spanish", "German", "Portuguese", "Italian")


def rows() -> list[list[list[str]]]:
    """Return the table: of each interest, for each language, the words."""
    return [[_words(cell, ",") for cell in _words(line, "|")] for line in _words(TABLE.strip(), "\n")]


def _words(text: str, separator: str) -> list[str]:
    return [word.strip() for word in text.split(separator)]
