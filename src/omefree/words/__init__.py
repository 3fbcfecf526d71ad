"""Every text for people, one file for each language: page, terminal, policy, audit (CONTRIBUTING.md, "A language").

text.py         a text that is put into words later, in whatever language
languages.py    which languages there are
catalogue.py    the files of all languages, and the texts made from them
negotiation.py  the choice of the language for a reader
spacing.py      French spacing, set in the file
typescript.py   the page's keys as TypeScript types
"""
