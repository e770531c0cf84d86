"""Whatever is not accepted by name is a failure."""

import unittest

from verdicts import Verdict, judge


def verdict(behavior, closing, case="1.1.1"):
    return judge({"behavior": behavior, "behaviorClose": closing}, case)


class JudgeTests(unittest.TestCase):
    def test_only_two_good_columns_are_good(self):
        self.assertEqual(verdict("OK", "OK"), Verdict("OK", True))
        for other in ("FAILED", "NON-STRICT", "UNIMPLEMENTED", "UNCLEAN", "WRONG CODE", "FAILED BY CLIENT", "new"):
            self.assertEqual(verdict("OK", other), Verdict(f"OK, closing: {other}", False))
            self.assertEqual(verdict(other, "OK"), Verdict(f"{other}, closing: OK", False))
            self.assertEqual(verdict(other, other), Verdict(other, False))

    def test_informational_is_accepted_where_there_is_no_right_answer(self):
        self.assertEqual(verdict("INFORMATIONAL", "INFORMATIONAL", "7.1.6"), Verdict("INFORMATIONAL", True))
        self.assertEqual(verdict("OK", "INFORMATIONAL", "7.13.1"), Verdict("INFORMATIONAL", True))
        self.assertFalse(verdict("OK", "INFORMATIONAL", "7.1.5").is_accepted)
        self.assertFalse(verdict("FAILED", "INFORMATIONAL", "7.1.6").is_accepted)

    def test_a_case_without_a_result_has_failed(self):
        self.assertEqual(judge(None, "1.1.1"), Verdict("NOT RUN", False))


if __name__ == "__main__":
    unittest.main()
