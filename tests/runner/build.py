"""Build folders: configures them with Meson, builds with Ninja, and lists the tests they hold."""

import json
import os
import shutil

import process

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
K_CONFIGURE_S = 180
K_BUILD_S = 2400


class BuildFailure(Exception):
    """What the compiler or Meson said."""


def jobs():
    """At most as many compilers as processors, and one for every GiB of memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(len(os.sched_getaffinity(0)), memory >> 30))


def environment():
    env = dict(os.environ)
    for name, compiler in (("CC", "gcc"), ("CXX", "g++")):
        if name not in env:
            env[name] = f"ccache {compiler}" if shutil.which("ccache") else compiler
    return env


def call(command, seconds, what, is_ahead=False):
    if is_ahead:
        command = process.at_low_priority(command)
    ended = process.run(command, seconds, env=environment(), cwd=ROOT)
    if ended.code is None:
        raise BuildFailure(f"{what} did not end within {seconds} s\n{ended.text[-4000:]}")
    if ended.code != 0:
        raise BuildFailure(f"{what} failed\n{ended.text[-12000:]}")
    return ended.text


class Build:
    """One build folder below the root of the tree, with its Meson options. `is_ahead`: it is built
    beside tests that run, which come first."""

    def __init__(self, name, *options, is_ahead=False):
        self.folder = os.path.join(ROOT, name)
        self.is_ahead = is_ahead
        self.options = list(options)
        self.is_configured = False

    def configure(self):
        if self.is_configured:
            return
        is_new = not os.path.exists(os.path.join(self.folder, "build.ninja"))
        command = ["meson", "setup", *([] if is_new else ["--reconfigure"]), self.folder]
        call(command + self.options, K_CONFIGURE_S, f"configuring {self.folder}",
             self.is_ahead)
        self.is_configured = True

    def introspect(self, what):
        return json.loads(call(["meson", "introspect", f"--{what}", self.folder], 60,
                               f"reading {self.folder}"))

    def ninja(self, targets):
        call(["ninja", "-C", self.folder, f"-j{jobs()}", *targets], K_BUILD_S,
             f"ninja -C {self.folder} -j{jobs()} {' '.join(targets)}", self.is_ahead)

    def tests(self, wanted):
        """Meson's tests for which wanted(suites, name) holds, built and ready to run."""
        self.configure()
        chosen = [test for test in self.introspect("tests") if wanted(test["suite"], test["name"])]
        needed = {target for test in chosen for target in test["depends"]}
        files = [os.path.relpath(name, self.folder)
                 for target in self.introspect("targets") if target["id"] in needed
                 for name in target["filename"]]
        if files:
            self.ninja(files)
        return chosen

    def executable(self, name):
        """Builds one program and says where it is."""
        self.configure()
        for target in self.introspect("targets"):
            if target["name"] == name and target["type"] == "executable":
                self.ninja([os.path.relpath(target["filename"][0], self.folder)])
                return target["filename"][0]
        raise BuildFailure(f"there is no program {name} in {self.folder}")
