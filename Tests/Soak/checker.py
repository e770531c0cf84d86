"""Decides which messages each member of a room has to see, and what is wrong with those it has seen.

Nothing here knows sockets or time: calls tell what happened, in the order in which the driver saw it happen. The driver
is one process, so that "sent before" and "acknowledged before" are facts and not guesses.

A sender numbers its messages to a room 1, 2, 3, … and a member has to see, of each sender, every message that

- was sent after the member's join was acknowledged, and
- was acknowledged to its sender before the member asked to leave.

Those at the edges it may see or not. But whatever it sees of a sender is without gaps, in order, and once.
"""

from collections import Counter, deque

KEPT_EXAMPLES = 20
# How many senders that have gone a room remembers, for members who have still to answer for their messages.
KEPT_DEPARTED = 200


class Findings:
    """What is wrong, by kind, with a few examples of each."""

    def __init__(self):
        self.counts = Counter()
        self.examples = deque(maxlen=KEPT_EXAMPLES)
        self.messages_seen = 0
        self.messages_due = 0

    def report(self, kind, text, count=1):
        self.counts[kind] += count
        if self.counts[kind] - count < KEPT_EXAMPLES:
            self.examples.append(f"{kind}: {text}")


class RoomBook:
    """What was said in one room."""

    def __init__(self, name):
        self.name = name
        self.sent = {}
        self.acknowledged = {}
        self.departed = deque()

    def next_number(self, sender):
        """The number of a sender's next message, which counts as sent from now on."""
        number = self.sent.get(sender, 0) + 1
        self.sent[sender] = number
        return number

    def acknowledge(self, sender, number):
        """The server has told a sender that a message was handled."""
        if number > self.acknowledged.get(sender, 0):
            self.acknowledged[sender] = number

    def depart(self, sender):
        """A sender says nothing more; its name is not used again."""
        if sender not in self.sent:
            return
        self.departed.append(sender)
        if len(self.departed) > KEPT_DEPARTED:
            forgotten = self.departed.popleft()
            self.sent.pop(forgotten, None)
            self.acknowledged.pop(forgotten, None)


class Books:
    """The rooms there are."""

    def __init__(self):
        self.rooms = {}

    def room(self, name):
        book = self.rooms.get(name)
        if book is None:
            book = self.rooms[name] = RoomBook(name)
        return book


class Membership:
    """One member of one room from its request to join to the end of its leaving. Not to be used for a second stay."""

    def __init__(self, book, findings, member):
        self.book = book
        self.findings = findings
        self.member = member
        self.last = {}
        self.first = {}
        self.missing = {}
        self.floor = None
        self.ceiling = None

    # What happens to the member

    def joined(self):
        """The join was acknowledged: what is sent from now on is due."""
        self.floor = dict(self.book.sent)

    def leaving(self):
        """The member is about to ask to leave: what was acknowledged until now is due."""
        self.ceiling = dict(self.book.acknowledged)

    def left(self):
        """The leave was acknowledged, so that everything due has been seen, unless it was lost."""
        for sender, number in self.ceiling.items():
            floor = self.floor.get(sender, 0)
            if number <= floor:
                continue
            self.findings.messages_due += number - floor
            last = max(self.last.get(sender, 0), floor)
            if last < number:
                self._report("lost", sender, f"{last + 1} to {number} at the end", number - last)
        self.abandoned()

    def abandoned(self):
        """The member went without leaving: only what has come counts."""
        for sender, numbers in self.missing.items():
            if numbers:
                self._report("lost", sender, f"{sorted(numbers)[:5]}", len(numbers))
        self.missing = {}

    def saw(self, sender, number):
        """A message has come."""
        self.findings.messages_seen += 1
        last = self.last.get(sender)
        if last is not None and number == last + 1:
            self.last[sender] = number
        elif last is None:
            self._saw_first(sender, number)
        elif number > last:
            self._skipped(sender, last + 1, number)
        else:
            self._saw_old(sender, number)

    def _saw_first(self, sender, number):
        self.first[sender] = number
        # Before the join is acknowledged anything may be the first.
        due = number if self.floor is None else self.floor.get(sender, 0) + 1
        if number > due:
            self._skipped(sender, due, number)
        self.last[sender] = number

    def _skipped(self, sender, first, number):
        # They may yet come, which makes them reordered instead of lost.
        self.missing.setdefault(sender, set()).update(range(first, number))
        self.last[sender] = number

    def _saw_old(self, sender, number):
        missing = self.missing.get(sender, ())
        if number in missing:
            missing.discard(number)
            self._report("reordered", sender, f"{number} came after {self.last[sender]}")
        elif number >= self.first[sender]:
            self._report("doubled", sender, f"{number} came again after {self.last[sender]}")
        else:
            self.first[sender] = number
            self._report("reordered", sender, f"{number} came after {self.last[sender]}")

    def _report(self, kind, sender, text, count=1):
        self.findings.report(kind, f"{self.member} in {self.book.name} from {sender}: {text}", count)
