"""A program outside this house: installs, finds the library by pkg-config, links only with what is
installed, and meets an error of the library that it can catch."""

import glob
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tidy"))
import tree

PROGRAM = """
#include <ha/admin.hpp>
#include <ha/ha.hpp>
#include <iostream>

int main() {
    try {
        ha::Options options;
        options.config_text = "{}";
        ha::Cluster cluster(std::move(options));
        ha::AdminServer server(cluster, "/nowhere/socket");
    } catch (const ha::Error& error) {
        std::cout << ha::to_string(error.code()) << ": " << error.what();
        return 0;
    }
    return 1;
}
"""
K_SHOWN = ("ha::Cluster::", "ha::AdminServer::", "ha::to_string(", "ha::write_new_key_file(",
           "ha::replay(", "ha::to_json(",
           "typeinfo for ha::Error", "typeinfo name for ha::Error", "vtable for ha::Error")


def run(command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, **more).stdout


def foreign_symbols(library):
    lines = run(["nm", "-DC", "--defined-only", library]).splitlines()
    names = [line.split(" ", 2)[2] for line in lines]
    return [name for name in names if not name.startswith(K_SHOWN)]


def main(build):
    verdicts = tree.Verdicts()
    with tempfile.TemporaryDirectory() as root:
        run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", root])
        found = glob.glob(f"{root}/**/libha.pc", recursive=True)
        verdicts.claim("a pkg-config file is installed", [] if found else ["there is none"])
        if not found:
            verdicts.end()
        folder = os.path.dirname(found[0])
        libraries = os.path.dirname(folder)
        env = {**os.environ, "PKG_CONFIG_PATH": folder, "PKG_CONFIG_SYSROOT_DIR": root,
               "LD_LIBRARY_PATH": libraries}
        check_program(verdicts, root, env)
        for name in ("libha.so", "libha-admin.so"):
            verdicts.claim(f"{name} shows only what public headers name",
                           foreign_symbols(f"{libraries}/{name}"))
    verdicts.end()


def check_program(verdicts, root, env):
    source, program = f"{root}/program.cpp", f"{root}/program"
    with open(source, "w", encoding="utf-8") as out:
        out.write(PROGRAM)
    flags = run(["pkg-config", "--cflags", "--libs", "libha-admin", "libha"], env=env).split()
    built = subprocess.run(["g++", "-std=c++20", source, "-o", program, *flags],
                           env=env, capture_output=True, text=True, check=False)
    verdicts.claim("a program links with the installed library alone",
                   built.stderr.splitlines()[:5] if built.returncode else [])
    if built.returncode:
        return
    said = subprocess.run([program], env=env, capture_output=True, text=True, check=False)
    is_good = said.returncode == 0 and said.stdout.startswith("invalid: ")
    verdicts.claim("it catches the library's errors by their type", [] if is_good else [str(said)])


if __name__ == "__main__":
    main(sys.argv[1])
