#!/usr/bin/env python3
"""Sums up runs of `bazel test` in a last line 'N passed, N failed'.

    bazel test --build_event_json_file=FILE ...; test_summary.py [--check NAME=STATUS] FILE...

Counts the test cases in the XML files of the last attempt of each test that these very runs
report, so nothing stale; a test that didn't build, crashed or timed out counts as one failure,
and so does a run that failed for another reason. --check adds a step that isn't Bazel's by its
exit status. Fails when anything failed or nothing passed.
"""
import argparse
import collections
import json
import os
import sys
import urllib.parse
import xml.etree.ElementTree as ET

PASSED = ("PASSED", "FLAKY")


def count_cases(path):
    """The outcomes of one test.xml, none if there is no readable file. Names what failed."""
    outcomes = collections.Counter()
    try:
        for case in ET.parse(path).iter("testcase"):
            fault = case.find("failure")
            fault = case.find("error") if fault is None else fault
            if fault is not None:
                outcomes["failed"] += 1
                print(f"{case.get('classname')}.{case.get('name')}: {fault.get('message')}")
            elif case.get("status") == "notrun" or case.get("result") == "skipped":
                outcomes["skipped"] += 1
            else:
                outcomes["passed"] += 1
    except (OSError, TypeError, ET.ParseError):
        return collections.Counter()
    return outcomes


def read_events(path):
    """(results by label, run and shard; overall status by label; Bazel's exit status)."""
    results, tests, status = {}, {}, None
    with open(path) as events:
        for event in map(json.loads, events):
            kind = event["id"]
            if "testResult" in event:
                key, result = kind["testResult"], event["testResult"]
                outputs = {o["name"]: o.get("uri", "") for o in result.get("testActionOutput", [])}
                xml = urllib.parse.unquote(urllib.parse.urlparse(outputs.get("test.xml", "")).path)
                results[key["label"], key.get("run"), key.get("shard")] = result["status"], xml
            elif "testSummary" in event:
                tests[kind["testSummary"]["label"]] = event["testSummary"]["overallStatus"]
            elif "targetCompleted" in kind and not event.get("completed", {}).get("success"):
                tests.setdefault(kind["targetCompleted"]["label"], "NOT BUILT")
            elif "finished" in event:
                status = event["finished"].get("exitCode", {}).get("code", 0)
    return results, tests, status


def count_run(path):
    """The outcomes of one run of Bazel."""
    try:
        results, tests, status = read_events(path)
    except (OSError, ValueError):
        results, tests, status = {}, {}, None
    total = collections.Counter()
    for result, xml in results.values():
        outcomes = count_cases(xml)
        if result not in PASSED and not outcomes["failed"]:
            outcomes = collections.Counter(failed=1)
        total += outcomes or collections.Counter(passed=1)
    for label, result in sorted(tests.items()):
        if not any(key[0] == label for key in results):
            total["failed"] += 1
        if result not in PASSED:
            print(f"{result} {label} ({os.path.basename(path)})")
    if status != 0 and not total["failed"]:
        print(f"FAILED bazel ({os.path.basename(path)}), exit status {status}")
        total["failed"] += 1
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="append", default=[], metavar="NAME=STATUS")
    parser.add_argument("files", nargs="+", metavar="FILE", help="a build event file")
    options = parser.parse_args()

    total = collections.Counter()
    for check in options.check:
        name, status = check.split("=")
        if status != "0":
            print(f"FAILED {name}")
        total["passed" if status == "0" else "failed"] += 1
    for path in options.files:
        total += count_run(path)
    if total["skipped"]:
        print(f"{total['skipped']} skipped")
    print(f"{total['passed']} passed, {total['failed']} failed")
    return 1 if total["failed"] or not total["passed"] else 0


sys.exit(main())
