"""What the program says in English and French, the two languages that the tests know."""

from omefree.words.catalogue import catalogue
from omefree.words.text import Text

EN, FR = catalogue().words("en"), catalogue().words("fr")


def english(text: Text) -> str:
    return EN.tell(text)
