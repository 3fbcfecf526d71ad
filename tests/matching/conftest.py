"""Hypothesis without a deadline for each example, as the machine may be busy with other things."""

from hypothesis import settings

settings.register_profile("omefree", deadline=None)
settings.load_profile("omefree")
