"""Runs suites of tests: builds them, runs their programs, and counts what they say."""

import argparse
import concurrent.futures
import os
import resource
import shlex
import signal
import sys
import threading
import time

import build
import outcome
import process
import suites

FORMAT = ("{name:<9} {passed:>6} passed, {failed:>3} failed, {skipped:>3} skipped"
          "  {seconds:>6.1f} s  {used:>6.1f} s used")


class Report:
    """What one suite came to, printed as a whole when it has ended."""

    def __init__(self, suite):
        self.suite = suite
        self.results = []  # (job or None, Outcome, seconds)
        self.begin = time.monotonic()
        self.seconds = 0.0
        self.used = 0.0  # seconds of processors, with what was built for it

    def add(self, job, result, ended):
        self.results.append((job, result, ended.seconds))
        self.used += ended.used

    def fail_whole(self, text):
        result = outcome.Outcome(failed=1, trouble="could not be built", output=text)
        self.results.append((None, result, 0.0))

    def count(self, what):
        return sum(getattr(result, what) for _, result, _ in self.results)

    def print(self):
        counts = {what: self.count(what) for what in ("passed", "failed", "skipped")}
        print(FORMAT.format(name=self.suite.name, seconds=self.seconds, used=self.used, **counts))
        for job, result, _ in self.results:
            for what, why in result.skips:
                name = job.name if job and what != job.name else ""
                print(f"    skipped: {': '.join(part for part in (name, what, why) if part)}")
        for job, result, seconds in self.results:
            if result.failed:
                self.print_failure(job, result, seconds)
        sys.stdout.flush()

    def print_failure(self, job, result, seconds):
        name = f"{self.suite.name}/{job.name}" if job else self.suite.name
        print(f"  FAILED {name} after {seconds:.1f} s{': ' if result.trouble else ''}"
              f"{result.trouble}")
        for line in result.output.rstrip().splitlines():
            print(f"  | {line}")
        print(f"  again: ./tests/run {shlex.quote(name)}")
        if job:
            values = [f"{key}={shlex.quote(value)}" for key, value in sorted(job.env.items())]
            command = " ".join(values + [shlex.join(job.command)])
            print(f"  alone: cd {shlex.quote(job.cwd)} && {command}")


def run_job(job, deadline):
    seconds = min(job.seconds, deadline - time.monotonic())
    if seconds <= 0:
        result = outcome.Outcome(failed=1, trouble="the suite's time was over before it began")
        return job, result, process.Ended(None)
    ended = process.run(job.command, seconds, suites.environment(job), job.cwd)
    result = outcome.judge(job.name, ended.text, ended.code, seconds)
    if job.found_code:
        result = judge_search(job, ended.text, ended.code, result)
    return job, result, ended


def judge_search(job, text, code, result):
    """A program that must find something: it says so by its exit code."""
    if code == job.found_code and "violation" in text:
        return outcome.Outcome(passed=1, output=text)
    if code == 0:
        result = outcome.Outcome(failed=1, trouble="nothing was found", output=text)
    return result


def build_jobs(suite):
    """Its jobs, and the seconds of processors that building them took."""
    before = process.used_here()
    jobs = suite.jobs()
    return jobs, process.used_here() - before


class BuiltAhead:
    """Builds what suites will need, one after the other, in a thread of its own."""

    def __init__(self, chosen):
        self.futures = {}
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.chosen = [suite for suite in chosen if suite.is_built_ahead]

    def begin(self):
        for suite in self.chosen:
            if suite.name not in self.futures:
                self.futures[suite.name] = self.pool.submit(build_jobs, suite)

    def jobs(self, suite):
        if suite.name in self.futures:
            return self.futures[suite.name].result()
        return build_jobs(suite)


def run_suite(suite, words, parallel, jobs_of=build_jobs):
    report = Report(suite)
    deadline = report.begin + suite.seconds
    try:
        jobs, report.used = jobs_of(suite)
    except build.BuildFailure as failure:
        report.fail_whole(str(failure))
        report.seconds = time.monotonic() - report.begin
        return report
    jobs = [job for job in jobs if not words or any(word in job.name for word in words)]
    # The time limit is for the tests; the build has its own.
    deadline = time.monotonic() + suite.seconds
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        together = [job for job in jobs if not job.is_alone]
        for result in pool.map(lambda job: run_job(job, deadline), together):
            report.add(*result)
    for job in jobs:
        if job.is_alone:
            report.add(*run_job(job, deadline))
    if not report.results:
        what = f"no test whose name contains {' or '.join(words)}" if words else "no test"
        result = outcome.Outcome(failed=1, trouble=f"there is {what}")
        report.add(None, result, process.Ended(None))
    report.seconds = time.monotonic() - report.begin
    return report


def print_failures(reports):
    """Once more and short, where somebody sees them who reads the end alone."""
    for report in reports:
        for job, result, _ in report.results:
            if not result.failed:
                continue
            print(f"FAILED {report.suite.name}{f'/{job.name}' if job else ''}"
                  f"{': ' if result.trouble else ''}{result.trouble}")
            for line in outcome.failed_claims(result.output):
                print(f"  {line}")


def read_arguments():
    names = [suite.name for suite in suites.SUITES]
    parser = argparse.ArgumentParser(
        prog="tests/run", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Builds and runs the tests of this tree.",
        epilog="suites:\n" + "\n".join(f"  {s.name:<9} {s.text}" for s in suites.SUITES))
    parser.add_argument("suite", nargs="*", metavar="SUITE[/WORD]",
                        help="only this suite; with WORD, only programs whose name contains it")
    arguments = parser.parse_args()
    words = {}
    for given in arguments.suite:
        name, _, word = given.partition("/")
        if name not in names:
            parser.error(f"there is no suite '{name}'; there are: {' '.join(names)}")
        words.setdefault(name, [])
        if word:
            words[name].append(word)
    return words


def on_signal(number, _):
    process.stop_all()
    print(f"\nstopped by signal {number}")
    sys.stdout.flush()
    os._exit(128 + number)


def run_all(words):
    chosen = [suite for suite in suites.SUITES
              if (suite.name in words if words else not suite.is_on_request)]
    parallel = len(os.sched_getaffinity(0))
    background, reports = {}, []
    for suite in chosen:
        if suite.is_background:
            def work(suite=suite):
                background[suite.name] = run_suite(suite, words.get(suite.name), 1)
            thread = threading.Thread(target=work, daemon=True)
            thread.start()
            background[suite.name] = thread
    threads = [thread for thread in background.values() if isinstance(thread, threading.Thread)]
    ahead = BuiltAhead(chosen)
    for suite in chosen:
        if not suite.is_background:
            reports.append(run_suite(suite, words.get(suite.name), parallel, ahead.jobs))
            reports[-1].print()
            ahead.begin()  # after the first suite, which builds what most of them need
    for thread in threads:
        thread.join()
    for suite in chosen:
        if suite.is_background:
            reports.append(background[suite.name])
            reports[-1].print()
    return reports


def main():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    words = read_arguments()
    begin = time.monotonic()
    reports = run_all(words)
    totals = [sum(report.count(what) for report in reports)
              for what in ("passed", "failed", "skipped")]
    print_failures(reports)
    seconds = time.monotonic() - begin
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"in {seconds // 60:.0f} min {seconds % 60:.0f} s, "
          f"with {(used.ru_utime + used.ru_stime) / 60:.0f} min of processor time")
    print("{} passed, {} failed, {} skipped".format(*totals))
    return 1 if totals[1] else 0


if __name__ == "__main__":
    sys.exit(main())
