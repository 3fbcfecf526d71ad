"""`omefree deploy`: configurations of other programs, made for this server's settings.

coturn.py   the text of coturn's configuration
command.py  what it needs: the settings, the secret's file, addresses
"""
