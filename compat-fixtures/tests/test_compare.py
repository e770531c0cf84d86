"""When packets are equal, how ids are renamed, what the table says: without a server."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from replaying import steps
from replaying.compare import fit_item, fit_items, header_fields, masked, masked_item
from replaying.differences import Difference, Table, proposed
from replaying.identities import Identities

SID, OTHER_SID = "AAAAAAAAAAAAAAAAAAAA", "BBBBBBBBBBBBBBBBBBBB"
GIRL = "https://host/public/girl?username=User_1000"
BOY = "https://host/public/boy?username=User_2000"


def message(value):
    return '42["m",' + value + "]"


class Packets(unittest.TestCase):
    def fits(self, theirs, ours):
        return fit_item(Identities({SID}), theirs, ours) is not None

    def test_json_is_compared_as_values(self):
        for theirs, ours in (
            ('{"a":1,"b":2}', '{ "b": 2, "a": 1 }'),
            ("100.0", "1e2"),
            ("1.0", "1"),
            (r'"\u00e9\/"', '"é/"'),
        ):
            self.assertTrue(self.fits(message(theirs), message(ours)), (theirs, ours))

    def test_different_values_differ(self):
        for theirs, ours in (
            ("1", "true"),
            ("0", "false"),
            ("null", '""'),
            ("1", '"1"'),
            ("[]", "{}"),
            ("[1]", "[1,1]"),
            ('{"a":1}', '{"a":1,"b":2}'),
            ('"a"', '"b"'),
            ("1", "2"),
            ('"x"', '"x "'),
        ):
            self.assertFalse(self.fits(message(theirs), message(ours)), (theirs, ours))
            self.assertFalse(self.fits(message(ours), message(theirs)), (ours, theirs))

    def test_what_stands_before_the_json_must_be_equal(self):
        self.assertFalse(self.fits('420["m"]', '421["m"]'))
        self.assertFalse(self.fits('42["m"]', '42/ns,["m"]'))
        self.assertFalse(self.fits('451-["m"]', '42["m"]'))
        self.assertFalse(self.fits("hex:00", "hex:01"))
        self.assertFalse(self.fits("close:1000", "close:1005"))

    def test_an_id_stands_for_one_id(self):
        identities = Identities({SID})
        for ours, equal in ((OTHER_SID, True), (OTHER_SID, True), ("C" * 20, False), ("short", False)):
            bindings = fit_item(identities, f'40{{"sid":"{SID}"}}', f'40{{"sid":"{ours}"}}')
            self.assertEqual(bindings is not None, equal)
            identities.learn(bindings or {})

    def test_an_id_within_a_text_is_translated(self):
        identities = Identities({SID})
        self.assertIsNone(identities.translated(f"/?sid={SID}"))
        identities.learn(fit_item(identities, SID, OTHER_SID))
        self.assertEqual(identities.translated(f"/?sid={SID}"), f"/?sid={OTHER_SID}")

    def test_the_gender_goes_with_the_name(self):
        identities = Identities(set())
        identities.learn(fit_item(identities, GIRL, BOY))
        self.assertEqual(identities.bound["User_1000"], "User_2000")
        self.assertIsNone(fit_item(identities, GIRL, BOY.replace("boy", "girl")))
        self.assertIsNone(fit_item(identities, GIRL, BOY.replace("2000", "3000")))

    def test_random_names_have_four_digits(self):
        identities = Identities(set())
        for ours in ("User_0999", "User_10000", "user_1000", "User_"):
            self.assertIsNone(fit_item(identities, "User_1234", ours))

    def test_a_failed_comparison_binds_nothing(self):
        identities = Identities({SID})
        theirs, ours = [f'40{{"sid":"{SID}"}}', "43"], [f'40{{"sid":"{OTHER_SID}"}}', "44"]
        self.assertIsNone(fit_items(identities, theirs, ours))
        self.assertEqual(identities.bound, {})

    def test_masked_texts_name_what_is_random(self):
        self.assertEqual(masked(GIRL), "https://host/public/<kind>?username=<user>")
        self.assertEqual(masked_item(f'40{{"sid": "{SID}"}}'), '40{"sid":"<sid>"}')
        self.assertEqual(masked("z" * 3000), "z×3000")

    def test_headers_are_compared_by_meaning(self):
        theirs = header_fields(
            [("Allow", "OPTIONS, GET"), ("Content-Type", "text/plain; charset=UTF-8"), ("Date", "x")]
        )
        ours = header_fields([("content-type", "text/plain;charset=utf-8"), ("allow", "GET, OPTIONS")])
        self.assertEqual(theirs, ours)

    def test_long_repetitions_come_back_as_they_were(self):
        for text in ("", "x" * 99, "x" * 1000, "01" * 500 + "end", "start" + "\x1e" * 700, "ab\n" * 300):
            self.assertEqual(steps.lengthened(steps.shortened(text)), text)


class Tables(unittest.TestCase):
    ENTRY = {"what": "body", "theirs": "OK", "ours": "ok", "why": "as Node", "steps": {"one": [4, 6]}}

    def test_an_entry_accepts_its_difference_and_nothing_else(self):
        table = Table([self.ENTRY])
        self.assertTrue(table.accepts(Difference("one", 4, "body", "OK", "ok")))
        for other in (
            ("two", 4, "body", "OK", "ok"),
            ("one", 5, "body", "OK", "ok"),
            ("one", 6, "status", "OK", "ok"),
            ("one", 6, "body", "OK", "Ok"),
            ("one", 6, "body", "Ok", "ok"),
        ):
            self.assertFalse(table.accepts(Difference(*other)), other)

    def test_a_place_that_no_longer_differs_is_stale(self):
        table = Table([self.ENTRY])
        table.accepts(Difference("one", 4, "body", "OK", "ok"))
        self.assertEqual(table.stale("one"), [("one", 6, "body")])

    def test_every_entry_says_why_and_stands_once(self):
        with self.assertRaises(ValueError):
            Table([self.ENTRY | {"why": "TODO"}])
        with self.assertRaises(ValueError):
            Table([self.ENTRY, self.ENTRY])

    def test_a_proposal_keeps_reasons_adds_places_and_drops_stale_ones(self):
        table = Table([self.ENTRY])
        table.accepts(Difference("one", 4, "body", "OK", "ok"))
        found = [Difference("one", 2, "body", "OK", "ok"), Difference("two", 1, "vary", None, "Origin")]
        first, second = proposed(table, found, {"one", "two"})
        self.assertEqual((first["why"], first["steps"]), ("as Node", {"one": [2, 4]}))
        self.assertEqual((second["why"], second["steps"]), ("TODO", {"two": [1]}))


if __name__ == "__main__":
    unittest.main()
