"""What is random in a recording (session and socket ids, user names, the gender of avatars), renamed consistently.

Wherever a recording has such a value, the replay may have another of the same form, but always the same for it.
"""

import re

SID_FORM = r"[A-Za-z0-9_-]{20}"
NAME_FORM = r"User_[1-9]\d{3}"
AVATAR_FORM = rf"/(?:girl|boy)\?username={NAME_FORM}"


class Identities:
    """The names so far: what is recorded stands for what the server under test said."""

    def __init__(self, sids):
        self.bound = {}
        known = [re.escape(sid) for sid in sorted(sids)]
        self.tokens = re.compile("(" + "|".join([AVATAR_FORM, NAME_FORM, *known]) + ")")

    def fit(self, theirs, ours):
        """The bindings under which two texts are equal, or None."""
        parts = self.tokens.split(theirs)
        if len(parts) == 1:
            return {} if theirs == ours else None
        form = "".join(f"({form_of(part)})" if index % 2 else re.escape(part) for index, part in enumerate(parts))
        found = re.fullmatch(form, ours, re.DOTALL)
        return found and self.bind(zip(parts[1::2], found.groups()))

    def bind(self, pairs):
        new = {}
        for theirs, ours in pairs:
            for key, value in named(theirs, ours):
                if new.setdefault(key, self.bound.get(key, value)) != value:
                    return None
        return new

    def learn(self, bindings):
        self.bound |= bindings

    def translated(self, text):
        """A recorded text with the names of the server under test; None when one of them never came."""
        parts = self.tokens.split(text)
        for index in range(1, len(parts), 2):
            if not re.fullmatch(SID_FORM, parts[index]):
                continue
            if parts[index] not in self.bound:
                return None
            parts[index] = self.bound[parts[index]]
        return "".join(parts)


def form_of(token):
    for form in (AVATAR_FORM, NAME_FORM):
        if re.fullmatch(form, token):
            return form
    return SID_FORM


def named(theirs, ours):
    """An avatar holds two things: the name, and the gender that goes with it."""
    if not theirs.startswith("/"):
        return [(theirs, ours)]
    (_, name), (our_kind, our_name) = (re.findall(r"\w+", text)[::2] for text in (theirs, ours))
    return [(name, our_name), (f"gender of {name}", our_kind)]
