"""Every text for people, one file a language: page, terminal, policy, audit (CONTRIBUTING.md, "A language").

text.py         a text that is said later, in whatever language
catalogue.py    the files of a folder, and what is said from them
negotiation.py  which language somebody reads
spacing.py      French spacing, set in the file
typescript.py   the page's keys as TypeScript types
"""
