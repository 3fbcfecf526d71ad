"""Interests that have a name in each language: music, musique, música, Musik, musica meet.

To edit: one row for an interest; English | French | Spanish | German | Portuguese | Italian, other words for it after
a comma. Write them as people do: accents and capitals count for nothing. A word may be in one row only, so one that
means something else in another of the languages is left out. `tests/core/test_synonyms.py` checks all that.
"""

TABLE = """
music | musique | música | Musik | música | musica
cinema, movies, films, film | cinéma | cine, películas | Kino, Filme | filmes | cinema, film
books, reading | livres, lecture | libros, lectura | Bücher, Lesen | livros, leitura | libri, lettura
literature | littérature | literatura | Literatur | literatura | letteratura
poetry | poésie | poesía | Poesie, Lyrik | poesia | poesia
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
languages | langues | idiomas | Sprachen | línguas | lingue
art, arts | art, arts | arte | Kunst | arte | arte
painting | peinture | pintura | Malerei, Malen | pintura | pittura
drawing | dessin | dibujo, dibujar | Zeichnen | desenho, desenhar | disegno, disegnare
photography | photographie | fotografía | Fotografie, Fotografieren | fotografia | fotografia
sculpture | sculpture | escultura | Bildhauerei | escultura | scultura
architecture | architecture | arquitectura | Architektur | arquitetura, arquitectura | architettura
theatre, theater | théâtre | teatro | Theater | teatro | teatro
dance, dancing | danse, danser | danza, baile, bailar | Tanz, Tanzen | dança, dançar | danza, ballare
ballet | ballet | ballet | Ballett | balé, ballet | balletto
opera | opéra | ópera | Oper | ópera | opera
singing | chant, chanter | canto, cantar | Singen, Gesang | canto, cantar | canto, cantare
guitar | guitare | guitarra | Gitarre | guitarra, violão | chitarra
violin | violon | violín | Geige, Violine | violino | violino
drums | batterie | batería | Schlagzeug | bateria | batteria
flute | flûte | flauta | Flöte | flauta | flauto
classical music | musique classique | música clásica | klassische Musik | música clássica | musica classica
electronic music | musique électronique | música electrónica | Elektromusik | música eletrônica | musica elettronica
songs | chansons | canciones | Lieder | canções | canzoni
concerts | concerts | conciertos | Konzerte | concertos | concerti
festivals | festivals | festivales | Festivals | festivais | festival
museums | musées | museos | Museen | museus | musei
series, tv series | séries | series | Serien | séries | serie tv
television, tv | télévision, télé | televisión, tele | Fernsehen | televisão | televisione
documentaries | documentaires | documentales | Dokumentarfilme, Dokus | documentários | documentari
cartoons | dessins animés | dibujos animados | Zeichentrick, Zeichentrickfilme | desenhos animados | cartoni animati
comics | bandes dessinées, bd | cómics, tebeos | Comics | quadrinhos, banda desenhada | fumetti
science fiction, sci-fi | science-fiction, sf | ciencia ficción | Science-Fiction | ficção científica | fantascienza
horror films, horror | films d'horreur | películas de terror | Horrorfilme | filmes de terror | film horror
comedy | comédie | comedia | Komödie | comédia | commedia
humour, humor | humour | humor | Humor | humor | umorismo
jokes | blagues | chistes | Witze | piadas | barzellette
video games, videogames, gaming | jeux vidéo | videojuegos | Videospiele | videogames, jogos | videogiochi
board games | jeux de société | juegos de mesa | Brettspiele | jogos de tabuleiro | giochi da tavolo
card games | jeux de cartes | juegos de cartas | Kartenspiele | jogos de cartas | giochi di carte
role-playing games, rpg | jeux de rôle | juegos de rol | Rollenspiele | jogos de rpg | giochi di ruolo
chess | échecs | ajedrez | Schach | xadrez | scacchi
puzzles | casse-tête | rompecabezas | Rätsel | quebra-cabeças | rompicapo
crosswords | mots croisés | crucigramas | Kreuzworträtsel | palavras cruzadas | parole crociate
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
rugby | rugby | rugby | Rugby | râguebi, rugby | rugby
hockey | hockey | hockey | Hockey | hóquei | hockey
ice hockey | hockey sur glace | hockey sobre hielo | Eishockey | hóquei no gelo | hockey su ghiaccio
swimming | natation, nager | natación, nadar | Schwimmen | natação, nadar | nuoto, nuotare
running | course à pied, courir | correr | Laufen, Joggen | correr | corsa, correre
athletics | athlétisme | atletismo | Leichtathletik | atletismo | atletica
cycling | cyclisme, vélo | ciclismo, bicicleta | Radfahren, Fahrrad, Radsport | ciclismo, bicicleta | ciclismo
hiking | randonnée | senderismo | Wandern | caminhada, trilhas | escursionismo, trekking
climbing, rock climbing | escalade | escalada | Klettern | escalada | arrampicata
mountains | montagne, montagnes | montaña, montañas | Berge | montanha, montanhas | montagna, montagne
skiing, ski | ski | esquí, esquiar | Skifahren, Ski | esqui, esquiar | sciare
ice skating, skating | patinage | patinaje | Schlittschuhlaufen, Eislaufen | patinação, patinagem | pattinaggio
gymnastics | gymnastique | gimnasia | Turnen | ginástica | ginnastica
fitness | fitness | fitness | Fitness | fitness | fitness
bodybuilding, weightlifting | musculation | culturismo, musculación | Krafttraining | musculação | pesistica
boxing | boxe | boxeo | Boxen | boxe | boxe, pugilato
martial arts | arts martiaux | artes marciales | Kampfsport, Kampfkunst | artes marciais | arti marziali
fencing | escrime | esgrima | Fechten | esgrima | scherma
archery | tir à l'arc | tiro con arco | Bogenschießen | tiro com arco | tiro con l'arco
sailing | voile | navegación a vela | Segeln | vela | vela
rowing | aviron | remo | Rudern | remo | canottaggio
diving, scuba diving | plongée | buceo | Tauchen | mergulho | immersioni
surfing, surf | surf | surf | Surfen | surfe, surf | surf
fishing | pêche | pesca, pescar | Angeln | pesca, pescar | pesca, pescare
hunting | chasse | caza | Jagd | caça | caccia
horse riding, riding | équitation | equitación | Reiten | equitação | equitazione
horses | chevaux | caballos | Pferde | cavalos | cavalli
motor racing | course automobile | automovilismo | Motorsport | automobilismo | automobilismo
formula 1, f1 | formule 1 | fórmula 1 | Formel 1 | fórmula 1 | formula 1
cars | voitures | coches, carros | Autos | carros | automobili
motorcycles, motorbikes | motos | motos, motocicletas | Motorräder | motos | motociclette
trains | trains | trenes | Züge, Eisenbahn | trens, comboios | treni
planes, aviation | avions, aviation | aviones, aviación | Flugzeuge, Luftfahrt | aviões, aviação | aerei, aviazione
boats | bateaux | barcos | Boote | barcos | barche
travel, travelling, traveling | voyages, voyage, voyager | viajes, viajar | Reisen | viagens, viajar | viaggi, viaggiare
holidays, vacation | vacances | vacaciones | Urlaub | férias | vacanze
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
gardening, garden | jardinage, jardin | jardinería | Gärtnern, Garten | jardinagem | giardinaggio
ecology, environment | écologie | ecología, medio ambiente | Ökologie, Umwelt | ecologia | ecologia, ambiente
climate | climat | clima | Klima | clima | clima
weather | météo | el tiempo | Wetter | previsão do tempo | meteo
cooking | cuisine, cuisiner | cocina, cocinar | Kochen | cozinha, cozinhar, culinária | cucina, cucinare
baking | pâtisserie | repostería | Backen | confeitaria | pasticceria
food | nourriture | comida | Essen | comida | cibo
wine | vin | vino | Wein | vinho | vino
beer | bière | cerveza | Bier | cerveja | birra
coffee | café | café | Kaffee | café | caffè
tea | thé | té | Tee | chá | tè
chocolate | chocolat | chocolate | Schokolade | chocolate | cioccolato
cocktails | cocktails | cócteles | Cocktails | coquetéis | cocktail
vegetarianism | végétarien, végétarisme | vegetarianismo, vegetariano | Vegetarismus | vegetarianismo | vegetarismo
veganism, vegan | véganisme | veganismo | Veganismus | veganismo | veganismo
restaurants | restaurants | restaurantes | Restaurants | restaurantes | ristoranti
fashion | mode | moda | Mode | moda | moda
shoes | chaussures | zapatos | Schuhe | sapatos | scarpe
make-up, makeup | maquillage | maquillaje | Schminken | maquiagem | trucco
hair, hairdressing | coiffure | peluquería | Friseur, Frisuren | cabelo | parrucchiere
tattoos | tatouages | tatuajes | Tattoos, Tätowierungen | tatuagens | tatuaggi
jewellery, jewelry | bijoux | joyas, joyería | Schmuck | joias | gioielli
sewing | couture | costura, coser | Nähen | costura, costurar | cucito, cucire
knitting | tricot | tejer | Stricken | tricô | maglia
embroidery | broderie | bordado | Sticken, Stickerei | bordado | ricamo
crafts, handicrafts | artisanat | artesanía, manualidades | Basteln, Handwerk | artesanato | artigianato
diy, do it yourself | bricolage | bricolaje | Heimwerken | bricolagem | bricolage, fai da te
woodworking | menuiserie | carpintería | Holzarbeiten, Tischlerei | marcenaria | falegnameria
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
programming, coding | programmation | programación, programar | Programmieren | programação, programar | programmazione
AI, artificial intelligence | IA | inteligencia artificial | KI | inteligência artificial | intelligenza artificiale
robots, robotics | robots, robotique | robots, robótica | Roboter, Robotik | robôs, robótica | robot, robotica
electronics | électronique | electrónica | Elektronik | eletrônica | elettronica
engineering | ingénierie | ingeniería | Ingenieurwesen | engenharia | ingegneria
internet | internet | internet | Internet | internet | internet
privacy | vie privée | privacidad | Privatsphäre, Datenschutz | privacidade | riservatezza
business | affaires | negocios | Geschäfte | negócios | affari
entrepreneurship | entrepreneuriat | emprendimiento | Unternehmertum | empreendedorismo | imprenditoria
money, finance | argent, finances | dinero, finanzas | Geld, Finanzen | dinheiro, finanças | soldi, finanza
stock market | bourse | bolsa de valores | Börse | bolsa de valores | borsa valori
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
parties, partying | fêtes, soirées | fiestas | Partys | festas | feste
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
"""

LANGUAGES = ("English", "French", "Spanish", "German", "Portuguese", "Italian")


def rows() -> list[list[list[str]]]:
    """Return the table: of each interest, for each language, the words."""
    return [[_words(cell, ",") for cell in _words(line, "|")] for line in _words(TABLE.strip(), "\n")]


def _words(text: str, separator: str) -> list[str]:
    return [word.strip() for word in text.split(separator)]
