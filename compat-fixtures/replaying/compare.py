"""When two packets are the same, and how a packet or an answer is written down in the table of differences."""

import json
import re

from .identities import AVATAR_FORM, NAME_FORM, SID_FORM

# Headers beside these are transport detail (length, date, connection, server).
HEADERS = (
    "content-type",
    "content-encoding",
    "cache-control",
    "vary",
    "allow",
    "set-cookie",
    "location",
    "access-control-allow-origin",
    "access-control-allow-credentials",
    "access-control-allow-methods",
    "access-control-allow-headers",
    "access-control-max-age",
    "access-control-expose-headers",
    "sec-websocket-extensions",
    "sec-websocket-protocol",
    "sec-websocket-version",
)
LISTS = ("allow", "vary", "access-control-allow-methods", "access-control-allow-headers")
PAYLOAD = re.compile(r'[\[{"]')
LONG_RUN = re.compile(r"(.{1,4}?)\1{49,}", re.DOTALL)


def split_packet(item):
    """The type, attachments, namespace and id of a packet, and its JSON value (None, None when it has none)."""
    start = PAYLOAD.search(item)
    if item[:1].isdigit() and start:
        try:
            return item[: start.start()], json.loads(item[start.start() :])
        except ValueError:
            pass
    return item, None


def fit_item(identities, theirs, ours):
    """The bindings under which two items are equal, or None. JSON is compared as values."""
    if theirs.startswith("begins:"):
        return {} if ours.startswith(theirs.removeprefix("begins:")) else None
    (their_head, their_value), (our_head, our_value) = split_packet(theirs), split_packet(ours)
    if their_value is None or our_value is None:
        return identities.fit(theirs, ours)
    return fit_values(identities, [their_head, their_value], [our_head, our_value])


def fit_values(identities, theirs, ours):
    pairs = []
    return identities.bind(pairs) if collect_pairs(identities, theirs, ours, pairs) else None


def collect_pairs(identities, theirs, ours, pairs):
    """False when two JSON values differ; `pairs` gets the random values that stand for each other."""
    if isinstance(theirs, str) and isinstance(ours, str):
        bindings = identities.fit(theirs, ours)
        pairs += [] if bindings is None else bindings.items()
        return bindings is not None
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return theirs.keys() == ours.keys() and all(
            collect_pairs(identities, theirs[key], ours[key], pairs) for key in theirs
        )
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(theirs) == len(ours) and all(
            collect_pairs(identities, one, other, pairs) for one, other in zip(theirs, ours)
        )
    # In Python 1 == True, in JSON not.
    return isinstance(theirs, bool) == isinstance(ours, bool) and theirs == ours


def fit_items(identities, theirs, ours):
    """The bindings under which two lists of items are equal, or None."""
    if len(theirs) != len(ours):
        return None
    before, all_new = dict(identities.bound), {}
    for one, other in zip(theirs, ours):
        new = fit_item(identities, one, other)
        if new is None:
            break
        all_new |= new
        identities.learn(new)
    else:
        return all_new
    identities.bound = before
    return None


def masked(text):
    """A text with everything random replaced by what it is, and long repetitions counted."""
    text = re.sub(AVATAR_FORM, "/<kind>?username=<user>", text)
    text = re.sub(NAME_FORM, "<user>", text)
    text = re.sub(rf'(?<=["= ]){SID_FORM}(?=["&]|$)', "<sid>", text)
    return LONG_RUN.sub(lambda run: f"{run[1]}×{len(run[0]) // len(run[1])}", text)


def masked_item(item):
    head, value = split_packet(item)
    if value is not None:
        item = head + json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return masked(item)


def header_fields(answer_headers):
    """The compared headers of an answer, lists in a fixed order, spelling and spaces evened out."""
    given = {}
    for name, value in answer_headers:
        given.setdefault(name.lower(), []).append(value)
    return {name: normalized(name, ", ".join(given[name])) for name in HEADERS if name in given}


def normalized(name, value):
    if name in LISTS:
        return ", ".join(sorted(part.strip() for part in value.split(",")))
    return re.sub(r";\s*", "; ", value).replace("UTF-8", "utf-8") if name == "content-type" else value
