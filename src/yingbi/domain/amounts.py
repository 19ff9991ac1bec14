"""Times and numbers as people say them."""

from yingbi.domain.messages import say, say_count

MINUTE_S = 60
HOUR_S = 3600


def roughly(seconds: float) -> str:
    """Return a length of time in words: "about 4 minutes"."""
    if seconds < 45:
        return say("less than a minute")
    if seconds < HOUR_S:
        return say_count("about {n} minute", "about {n} minutes", round(seconds / MINUTE_S))
    return say_count("about {n} hour", "about {n} hours", round(seconds / HOUR_S))


def at_least(people: int) -> str:
    """Return how many people were seen so far: "3 people or more"."""
    return say_count("{n} person or more", "{n} people or more", people)
