"""Shows that the checker finds what it is there to find, and nothing in a server without fault."""

import random
import unittest

from checker import KEPT_DEPARTED, Books, Findings, Membership


class Room:
    """A server double: delivers to the members of one room, with faults on demand."""

    def __init__(self):
        self.book = Books().room("room")
        self.findings = Findings()
        self.members = []

    def join(self, name="member"):
        member = Membership(self.book, self.findings, name)
        self.members.append(member)
        member.joined()
        return member

    def send(self, sender="ada"):
        number = self.book.next_number(sender)
        return number

    def deliver(self, number, sender="ada", to=None):
        for member in to or self.members:
            member.saw(sender, number)
        self.book.acknowledge(sender, number)

    def say(self, count=1, sender="ada"):
        for _ in range(count):
            self.deliver(self.send(sender), sender)

    def leave(self, member):
        member.leaving()
        self.members.remove(member)
        member.left()


class FaultlessTests(unittest.TestCase):
    def test_all_messages_of_a_stay_are_due_and_no_fault_is_found(self):
        room = Room()
        member = room.join()
        room.say(5)
        room.say(3, sender="bob")
        room.leave(member)
        self.assertEqual(room.findings.counts, {})
        self.assertEqual(room.findings.messages_due, 8)
        self.assertEqual(room.findings.messages_seen, 8)

    def test_what_was_sent_before_the_join_or_is_unacknowledged_at_the_leave_need_not_be_seen(self):
        room = Room()
        room.say(3)
        early = room.send()
        member = room.join()
        room.deliver(early, to=[room.join("other")])
        room.say(2)
        room.send()
        room.leave(member)
        self.assertEqual(room.findings.counts, {})
        self.assertEqual(room.findings.messages_due, 2)

    def test_messages_may_come_before_the_acknowledgement_of_the_join(self):
        room = Room()
        room.say(3)
        member = Membership(room.book, room.findings, "member")
        room.members.append(member)
        room.say(2)
        member.joined()
        room.say(1)
        room.leave(member)
        self.assertEqual(room.findings.counts, {})

    def test_messages_of_senders_that_have_gone_are_due(self):
        room = Room()
        member = room.join()
        room.say(2)
        room.book.depart("ada")
        room.leave(member)
        self.assertEqual(room.findings.messages_due, 2)

    def test_random_stays_and_messages_without_fault(self):
        random_source = random.Random(7)
        room = Room()
        for number in range(3000):
            choice = random_source.random()
            if choice < 0.1 or not room.members:
                room.join(f"member {number}")
            elif choice < 0.18:
                room.leave(random_source.choice(room.members))
            else:
                room.say(sender=random_source.choice("abc"))
        self.assertEqual(room.findings.counts, {})
        self.assertGreater(room.findings.messages_due, 1000)

    def test_what_is_remembered_of_senders_that_have_gone_is_bounded(self):
        room = Room()
        for number in range(KEPT_DEPARTED + 50):
            room.say(sender=f"sender {number}")
            room.book.depart(f"sender {number}")
        self.assertEqual(len(room.book.sent), KEPT_DEPARTED)
        self.assertEqual(len(room.book.acknowledged), KEPT_DEPARTED)


class FaultTests(unittest.TestCase):
    def setUp(self):
        self.room = Room()
        self.member = self.room.join()

    def found(self):
        if self.member in self.room.members:
            self.room.leave(self.member)
        return dict(self.room.findings.counts)

    def test_a_message_lost_in_the_middle(self):
        self.room.say()
        self.room.book.acknowledge("ada", self.room.send())
        self.room.say()
        self.assertEqual(self.found(), {"lost": 1})

    def test_the_first_message_lost(self):
        self.room.book.acknowledge("ada", self.room.send())
        self.room.say(2)
        self.assertEqual(self.found(), {"lost": 1})

    def test_the_last_messages_lost(self):
        self.room.say(2)
        for _ in range(3):
            self.room.book.acknowledge("ada", self.room.send())
        self.assertEqual(self.found(), {"lost": 3})

    def test_all_messages_of_a_sender_lost(self):
        for _ in range(2):
            self.room.book.acknowledge("ada", self.room.send())
        self.assertEqual(self.found(), {"lost": 2})

    def test_a_loss_is_found_in_a_member_that_goes_without_leaving(self):
        self.room.say()
        self.room.send()
        self.room.say()
        self.member.abandoned()
        self.room.members.remove(self.member)
        self.assertEqual(self.found(), {"lost": 1})

    def test_a_loss_is_found_after_senders_have_gone(self):
        self.room.say()
        self.room.book.acknowledge("ada", self.room.send())
        self.room.book.depart("ada")
        self.assertEqual(self.found(), {"lost": 1})

    def test_a_message_doubled(self):
        self.room.say(2)
        self.member.saw("ada", 2)
        self.room.say()
        self.assertEqual(self.found(), {"doubled": 1})

    def test_an_old_message_doubled(self):
        self.room.say(5)
        self.member.saw("ada", 1)
        self.assertEqual(self.found(), {"doubled": 1})

    def test_two_messages_swapped(self):
        first, second = self.room.send(), self.room.send()
        self.room.deliver(second)
        self.room.deliver(first)
        self.assertEqual(self.found(), {"reordered": 1})

    def test_two_messages_swapped_before_the_join_is_acknowledged(self):
        late = Membership(self.room.book, self.room.findings, "late")
        self.room.say(2)
        late.saw("ada", 2)
        late.saw("ada", 1)
        late.joined()
        self.assertEqual(self.found(), {"reordered": 1})

    def test_examples_are_bounded(self):
        self.room.say()
        for _ in range(1000):
            self.member.saw("ada", 1)
        self.assertEqual(self.found(), {"doubled": 1000})
        self.assertLess(len(self.room.findings.examples), 30)


if __name__ == "__main__":
    unittest.main()
