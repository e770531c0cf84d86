"""The same seed makes the same plans, and a table with one bad row is a bad table."""

import itertools
import unittest

from plan import ENDINGS, STRANGERS, Planner
from verdict import Verdict, judge_leaks, judge_memory, judge_stalls


def gap(maximum):
    return {"count": 100, "median": 5.1, "p99": 6.0, "p999": 7.0, "maximum": maximum}


class PlanTests(unittest.TestCase):
    def plans(self, seed, client=3, count=50):
        planner = Planner(seed, client, 10, True)
        return [planner.next() for _ in range(count)]

    def test_the_same_seed_makes_the_same_plans(self):
        self.assertEqual(self.plans(1), self.plans(1))

    def test_another_seed_or_client_makes_others(self):
        self.assertNotEqual(self.plans(1), self.plans(2))
        self.assertNotEqual(self.plans(1), self.plans(1, client=4))

    def test_all_that_can_be_done_is_done(self):
        plans = itertools.chain.from_iterable(self.plans(1, client) for client in range(50))
        done = {action for plan in plans for action in plan.actions}
        for ending in ENDINGS:
            self.assertIn(f"end: {ending}", done)
        for stranger in STRANGERS:
            self.assertIn(f"stranger: {stranger}", done)
        self.assertLessEqual({"upgrade", "hop", "ask", "work", "lose connection", "polling", "websocket"}, done)

    def test_nobody_comes_back_to_a_room(self):
        for plan in self.plans(5, count=500):
            self.assertEqual(len(set(plan.rooms)), len(plan.rooms))


class VerdictTests(unittest.TestCase):
    def setUp(self):
        self.verdict = Verdict()

    def test_something_left_behind(self):
        fresh = {"kept": {"sessions": 0, "timers": 1}, "descriptors": 10, "threads": 4}
        judge_leaks(self.verdict, fresh, fresh, fresh)
        self.assertEqual(self.verdict.failures, 0)
        judge_leaks(self.verdict, fresh, fresh, {"kept": {"sessions": 1, "timers": 1}, "descriptors": 11, "threads": 4})
        self.assertEqual(self.verdict.failed, {"sessions left behind", "descriptors at the end"})

    def test_memory_that_has_grown(self):
        judge_memory(self.verdict, {"resident": 100, "heap": 50}, {"resident": 110, "heap": 90}, True)
        self.assertEqual(self.verdict.failures, 0)
        judge_memory(self.verdict, {"resident": 100, "heap": 50}, {"resident": 111, "heap": 50}, False)
        self.assertEqual(self.verdict.failures, 0)
        judge_memory(self.verdict, {"resident": 100, "heap": 50}, {"resident": 111, "heap": 50}, True)
        self.assertEqual(self.verdict.failures, 1)

    def test_a_stall_that_the_server_is_to_blame_for(self):
        judge_stalls(self.verdict, {"whole": gap(300), "own": gap(49), "worst": []}, 50)
        self.assertEqual(self.verdict.failures, 0)
        judge_stalls(self.verdict, {"whole": gap(300), "own": gap(51), "worst": []}, 0)
        self.assertEqual(self.verdict.failures, 0)
        judge_stalls(self.verdict, {"whole": gap(60), "own": gap(51), "worst": []}, 50)
        self.assertEqual(self.verdict.failures, 1)


if __name__ == "__main__":
    unittest.main()
