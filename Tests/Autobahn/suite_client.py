# coding: utf-8
"""Runs cases of the Autobahn suite against one server and writes each result as a line of JSON. Needs Python 2.7.

The cases, their verdicts and the protocol code are the suite's, as installed. What is added: a limit for the time of one
case, results that do not wait for the end, and an exit status.
"""

from __future__ import print_function

import argparse
import json
import os
import sys

# The suite chooses the reactor, which has to happen before Twisted is imported.
from autobahntestsuite import choosereactor  # noqa: F401  isort: skip
from autobahntestsuite import fuzzing
from autobahntestsuite.case import Cases
from twisted.internet import reactor

# What a result keeps of all that the suite tells.
FIELDS = ("id", "behavior", "behaviorClose", "result", "resultClose", "remoteCloseCode", "duration", "wirelog")
RESULTS_SHOWN = ("OK", "INFORMATIONAL", "NON-STRICT", "UNIMPLEMENTED")


class Client(fuzzing.FuzzingClientFactory):
    """The suite's client, one connection a case, that reports as it goes."""

    noisy = False
    failure = None

    def __init__(self, arguments, results):
        self.results = results
        self.case_limit = arguments.case_limit
        self.pending = None
        self.timer = None
        server = {"agent": "server", "url": arguments.url}
        fuzzing.FuzzingClientFactory.__init__(self, {"servers": [server], "cases": arguments.cases})

    def buildProtocol(self, address):
        protocol = fuzzing.FuzzingClientFactory.buildProtocol(self, address)
        self.pending = self.currentCaseId
        self.timer = reactor.callLater(self.case_limit, self.give_up, protocol)
        return protocol

    def give_up(self, protocol):
        self.write({"id": self.pending, "behavior": "FAILED", "behaviorClose": "FAILED", "result": "took too long"})
        protocol.transport.abortConnection()

    def logCase(self, result):
        if result["id"] == self.pending:
            is_fine = result["behavior"] in RESULTS_SHOWN and result["behaviorClose"] in RESULTS_SHOWN
            self.write({field: result[field] for field in FIELDS if field != "wirelog" or not is_fine})

    def write(self, result):
        self.pending = None
        # Frames in the log may hold any bytes.
        print(json.dumps(result, encoding="latin-1", sort_keys=True), file=self.results)
        self.results.flush()

    def clientConnectionLost(self, connector, reason):
        if self.timer.active():
            self.timer.cancel()
        if self.nextCase():
            connector.connect()
        else:
            reactor.stop()

    def clientConnectionFailed(self, connector, reason):
        self.failure = "case %s: %s" % (self.currentCaseId, reason.getErrorMessage())
        reactor.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("results", type=argparse.FileType("w"))
    parser.add_argument("cases", nargs="+", help="numbers, in which * stands for anything")
    parser.add_argument("--case-limit", type=float, default=60, help="seconds one case may take")
    parser.add_argument("--messages", type=int, default=1000, help="most messages of a case that sends many")
    arguments = parser.parse_args()
    for case in Cases:
        if hasattr(case, "COUNT"):
            case.COUNT = min(case.COUNT, arguments.messages)
    client = Client(arguments, arguments.results)
    if client.specCases:
        reactor.run()
    if client.failure or not client.specCases:
        print(client.failure or "no such case", file=sys.stderr)
    sys.stderr.flush()
    arguments.results.close()
    os._exit(1 if client.failure or not client.specCases else 0)


main()
