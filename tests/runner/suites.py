"""The suites: what each builds, which programs it runs, and how long it may take."""

import dataclasses
import glob
import hashlib
import os
import shutil
import sys

import build
import process
from build import ROOT

# The worlds in which they are looked for; the ordinary ones, when a bug is not named here.
SEEDED_WORLDS = {
    "two_node_cold_start_alone": ["--two-node", "fencing"],
    "both_shoot_at_once": ["--two-node", "fencing"],
    "reset_without_watchdog_time": ["--often", "unfenced_hang"],
    "hand_started_kept": ["--often", "by_hand"],
    "order_of_shots_as_applied": ["--two-node", "fencing", "--often", "moved_apart"],
    "view_without_lease_wait": ["--two-node", "ping"],
    "both_histories_kept": ["--two-node", "none"],
    "witness_sent_before_own_disk": ["--witness"],
    "witness_votes_below_last": ["--witness"],
    "witness_answers_lease_after_down": ["--witness"],
    "reboot_count_after_reboot": ["--often", "monitor_trouble"],
    "acknowledge_before_durable": ["--often", "site_power"],
    "answers_forgotten_at_restart": ["--often", "forgetful_voters"],
    "lease_from_newest_heartbeat": ["--often", "late_answers"],
    "vote_twice_in_a_term": ["--often", "split_vote"],
    "shared_swap_lost_is_won": ["--etcd"],
    "shared_block_over_at_once": ["--etcd"],
    "recover_keeps_terms": ["--recover"],
    "recover_keeps_store_id": ["--recover"],
}

K_FRESH_SEEDS = 90  # for each of two processes; about a minute of processor time together
K_SANITIZER_SEEDS = 6

# What the sanitizers run. Their builds are the price, so they build no more than this: address, the
# plugins, which handle memory by hand; thread, all that has threads (it also finds what is used
# there after it was freed). The codecs are fuzzed with the address sanitizer in any case; a run of
# asan-core, ten minutes, adds the floors below by seeds of the simulator.
ADDRESS_UNITS = ("plugin",)
ADDRESS_CORE_UNITS = ("wire", "runtime")
THREAD_UNITS = ("runtime", "api", "admin")

# Bugs that the simulator must find: from which seed on they are looked for, shortly before one that
# is known to find them, and how many seeds it may take when that one does not any more. Not among
# them, because hundreds of seeds do not find them: monitor_acts_while_stopping, and
# promise_before_durable, which --often forgetful_voters found once. Nor, for another reason,
# recovered_history_followed: it drops without a word what old stores knew, and breaks no invariant;
# tests/unit/engine/recover.cpp asks for what they saved.
SEEDED_BUGS = {
    "skip_persisting_vote": (34, 3000),
    "ignore_lease": (8, 500),
    "forget_epoch_check": (11, 1000),
    "answer_lease_after_down": (280, 1000),
    "lease_before_catch_up": (192, 1000),
    "digest_as_release": (1, 500),
    "older_record_keeps_vote": (54, 3000),
    "reboot_count_after_reboot": (64, 1000),
    "adopt_what_was_severed": (5, 1000),
    "sever_late": (124, 500),
    "snapshot_renews_voters": (22, 500),
    "fence_success_without_verification": (16, 1000),
    "admit_during_shot": (32, 1000),
    "two_node_cold_start_alone": (468, 1000),
    "view_without_lease_wait": (21, 1000),
    "both_histories_kept": (4, 500),
    "witness_sent_before_own_disk": (1, 500),
    "witness_votes_below_last": (30, 1000),
    "witness_answers_lease_after_down": (39, 1000),
    "change_under_running": (44, 200),
    "vote_for_older_log": (13, 200),
    "append_anywhere": (260, 1000),
    "acknowledge_before_durable": (2, 1000),
    "capacity_forgotten": (13, 200),
    "exclusion_forgotten": (46, 1000),
    "same_boot_taken_for_another": (138, 1000),
    "lease_over_at_first_promise": (6, 1000),
    "lease_from_newest_heartbeat": (3, 500),
    "vote_twice_in_a_term": (3, 500),
    "answers_forgotten_at_restart": (10, 500),
    "raise_without_all": (9, 500),
    "both_shoot_at_once": (18, 500),
    "order_of_shots_as_applied": (8, 100),
    "reset_without_watchdog_time": (1, 100),
    "hand_started_kept": (2, 100),
    "shared_swap_lost_is_won": (149, 1000),
    "shared_block_over_at_once": (25, 500),
    "recover_keeps_terms": (24, 100),
    "recover_keeps_store_id": (1, 20),
}


@dataclasses.dataclass
class Job:
    """One program to run. `found_code`: the exit code that means success."""

    name: str
    command: list
    seconds: float
    env: dict = dataclasses.field(default_factory=dict)
    cwd: str = ROOT
    is_alone: bool = False
    found_code: int = 0


@dataclasses.dataclass
class Suite:
    name: str
    text: str
    seconds: int
    jobs: object  # function without arguments: builds, and gives the jobs
    is_background: bool = False
    is_built_ahead: bool = False  # beside the suites before it, as soon as everything compiles
    is_on_request: bool = False  # not part of a run that names no suite


# Bugs that can be switched on in it are switched on by `sim --bug` alone; the folders below are
# without, as releases are.
MAIN = build.Build("build", "-Dseeded_bugs=true")
PLAIN = build.Build("build-plain", "-Dunity=off")  # for its list of compile commands only
# Sanitizers make the compiler see uses of uninitialized values that are none: no -Werror here.
SANITIZED = ["-Db_lundef=false", "-Dwerror=false"]
ASAN = build.Build("build-asan", "-Db_sanitize=address,undefined", *SANITIZED,
                   is_ahead=True)
# Its tests wait more than they work, so they are not optimized: that would be a fifth of its build.
TSAN = build.Build("build-tsan", "-Db_sanitize=thread", "-Doptimization=0", *SANITIZED,
                   is_ahead=True)

SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:halt_on_error=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=0:second_deadlock_stack=1:exitcode=66",
}


def is_of(suite, meson_suites):
    return any(name.split(":")[-1] == suite for name in meson_suites)


def meson_jobs(folder, wanted, env=None, factor=1.0):
    """Jobs of Meson's tests for which wanted(suites, name) holds."""
    out = []
    for test in folder.tests(wanted):
        values = {**test["env"], **(env or {})}
        out.append(Job(test["name"], test["cmd"], test["timeout"] * factor, values,
                       test["workdir"] or folder.folder, not test["is_parallel"]))
    return out


def suite_of(name, is_alone=False):
    def jobs():
        out = meson_jobs(MAIN, lambda suites, _: is_of(name, suites))
        for job in out:
            job.is_alone = job.is_alone or is_alone
        return out
    return jobs


def script(name, path, seconds, *arguments, is_alone=False):
    return Job(name, [os.path.join(ROOT, path), *arguments], seconds, is_alone=is_alone)


def build_jobs():
    """Everything, with all warnings as errors; what the later suites run is then there."""
    MAIN.configure()
    MAIN.ninja([])
    return [Job("everything compiles", ["ninja", "-C", MAIN.folder, "-n"], 60)]


def plain_jobs():
    """Unity builds hide an include that is missing; here every file is compiled alone."""
    PLAIN.configure()
    PLAIN.ninja([])
    return [Job("every file compiles alone", ["ninja", "-C", PLAIN.folder, "-n"], 60)]


def tidy_jobs():
    MAIN.configure()
    libraries = ["base", "model", "wire", "detect", "membership", "consensus", "placement",
                 "lifecycle", "engine"]
    MAIN.ninja([f"libha/{name}/libha-{name}.a" for name in libraries
                if os.path.exists(os.path.join(ROOT, "libha", name, "meson.build"))])
    PLAIN.configure()
    rules = sorted(glob.glob(os.path.join(ROOT, "tests/tidy/rules/*.py")))
    out = [Job(os.path.splitext(os.path.basename(rule))[0].replace("_", " "),
               [sys.executable, rule, MAIN.folder, PLAIN.folder], 300) for rule in rules]
    return out


def failed_seeds():
    """The arguments of each: its seed, and its world where that is not the usual one."""
    path = os.path.join(ROOT, "tests/sim/failed-seeds.txt")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as lines:
        return [line.split("  ")[0].split() for line in lines
                if line.strip() and not line.startswith("#")]


def fresh_seed():
    """Where the fresh seeds begin. The sources of the engine and of the simulator choose it: every
    change meets seeds that nothing ran before, and one content has one verdict, on every machine.
    tests/sim/soak takes new ones each time."""
    digest = hashlib.sha256()
    for top in ("libha", "tests/sim"):
        for path in sorted(glob.glob(os.path.join(ROOT, top, "**", "*.?pp"), recursive=True)):
            with open(path, "rb") as source:
                digest.update(source.read())
    return int.from_bytes(digest.digest()[:7], "big")


def sim_jobs():
    jobs = meson_jobs(MAIN, lambda suites, _: is_of("sim", suites))
    program = MAIN.executable("sim")
    jobs += [Job(f"seed {' '.join(seed)}, which failed once", [program, "--seed", *seed], 120)
             for seed in failed_seeds()]
    first = fresh_seed()
    jobs += [Job(f"fresh seeds, process {number + 1}",
                 [program, "--from", str(first + number * K_FRESH_SEEDS),
                  "--count", str(K_FRESH_SEEDS)], 600) for number in (0, 1)]
    return jobs


def seeded_jobs():
    program = MAIN.executable("sim")
    def world(bug):
        return SEEDED_WORLDS.get(bug, [])
    return [Job(f"{bug} is found",
                [program, "--bug", bug, "--from", str(first), "--count", str(count), *world(bug)],
                420, found_code=1) for bug, (first, count) in SEEDED_BUGS.items()]


def formal_jobs():
    """In what the other suites leave of the processors: whole clusters leave most."""
    job = script("lease, view, vote and release", "tests/formal/run", 2900)
    job.command = process.at_low_priority(job.command)
    return [job]


def formal_long_jobs():
    return [script("the longest searches", "tests/formal/run", 3500, "--long")]


def formal_two_jobs():
    return [script("two nodes", "tests/formal/two_node", 900)]


def sanitized_units(folder, names):
    return meson_jobs(folder, lambda suites, name: is_of("unit", suites) and
                      name.split("-")[0] in names, SANITIZER_ENV, 4)


def asan_jobs():
    return sanitized_units(ASAN, ADDRESS_UNITS)


def asan_core_jobs():
    jobs = sanitized_units(ASAN, ADDRESS_CORE_UNITS)
    program = ASAN.executable("sim")
    jobs.append(Job("seeds of the simulator",
                    [program, "--from", "1", "--count", str(K_SANITIZER_SEEDS)], 600,
                    SANITIZER_ENV))
    return jobs


def tsan_jobs():
    return sanitized_units(TSAN, THREAD_UNITS)


def system_jobs():
    """Two at a time, the longest first: whole clusters wait more than they work."""
    return sorted(suite_of("system")(), key=lambda job: -job.seconds)


def abi_jobs():
    MAIN.configure()
    MAIN.ninja([])
    headers = os.path.join(ROOT, "tests/abi/headers.py")
    installed = os.path.join(ROOT, "tests/abi/installed.py")
    return [Job("public headers", [sys.executable, headers], 300),
            Job("installed library", [sys.executable, installed, MAIN.folder], 300)]


# What waits more than it works comes early: other folders are built in its pauses.
SUITES = [
    Suite("formal", "the rules of lease, view, vote and release, searched by Spin", 3000,
          formal_jobs, is_background=True),
    Suite("build", "everything compiles, warnings are errors", 100, build_jobs),
    Suite("tidy", "rules of the house: includes, calls of the core, sizes, names", 400, tidy_jobs),
    Suite("abi", "public headers alone, as C99, C11 and C++20", 300, abi_jobs),
    Suite("unit", "one program per floor and plugin", 600, suite_of("unit")),
    Suite("scenario", "placement by stories", 120, suite_of("scenario")),
    Suite("guard", "daemons stopped and killed, and their guards, seen from outside", 1500,
          suite_of("guard", is_alone=True)),
    Suite("system", "clusters and plugins on real links, in network namespaces", 1800,
          system_jobs),
    Suite("sim", "the engine under virtual time: fixed, once failed and fresh seeds", 600,
          sim_jobs),
    Suite("seeded", "known bugs, switched on, are found by the simulator", 900, seeded_jobs),
    Suite("fuzz", "decoders and loaders against mutated input, with sanitizers", 400,
          suite_of("fuzz")),
    Suite("asan", "plugins and their host, with address and undefined sanitizers", 900,
          asan_jobs, is_built_ahead=True),
    Suite("asan-core", "codecs, runtime and seeds, with address and undefined sanitizers", 900,
          asan_core_jobs, is_on_request=True),
    Suite("tsan", "runtime, API and whole nodes under load with the thread sanitizer", 600,
          tsan_jobs, is_built_ahead=True),
    Suite("formal-long", "the longest of these searches, five million states each", 3600,
          formal_long_jobs, is_on_request=True),
    Suite("formal-two", "the rules of two nodes, searched by Spin", 600, formal_two_jobs,
          is_on_request=True),
    Suite("two-nodes", "two nodes and nothing that decides between them, with real daemons", 900,
          suite_of("two-nodes", is_alone=True), is_on_request=True),
    Suite("plain", "every file compiles alone, without unity builds", 1200, plain_jobs,
          is_on_request=True),
    Suite("endurance", "ten thousand moves, and what is left behind", 3600,
          suite_of("endurance", is_alone=True), is_on_request=True),
]


def environment(job):
    env = build.environment()
    env.update(job.env)
    if shutil.which("llvm-symbolizer") is None:
        env.setdefault("ASAN_SYMBOLIZER_PATH", "")
    return env
