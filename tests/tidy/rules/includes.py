"""The include matrix, and the proof that it would find an offence."""

import json
import os
import shlex
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import tree
import matrix

# Made-up files, one include each, and whether the house allows it.
SAMPLES = [
    ("libha/base/x.cpp", '"model/state.hpp"', False),
    ("libha/base/x.cpp", "<boost/asio/io_context.hpp>", False),
    ("libha/base/x.cpp", "<sys/socket.h>", False),
    ("libha/base/x.cpp", "<thread>", False),
    ("libha/base/x.cpp", "<vector>", True),
    ("libha/base/x.hpp", "<boost/system/result.hpp>", True),
    ("libha/model/x.cpp", '"wire/frame.hpp"', False),
    ("libha/wire/x.cpp", '"model/state.hpp"', False),
    ("libha/wire/x.cpp", '"base/bytes.hpp"', True),
    ("libha/detect/x.cpp", '"membership/view.hpp"', False),
    ("libha/membership/x.cpp", '"consensus/raft.hpp"', False),
    ("libha/membership/x.cpp", '"detect/detector.hpp"', True),
    ("libha/consensus/x.cpp", '"model/state.hpp"', False),
    ("libha/placement/x.cpp", '"lifecycle/service.hpp"', False),
    ("libha/lifecycle/x.cpp", '"placement/plan.hpp"', False),
    ("libha/engine/x.cpp", '"runtime/node.hpp"', False),
    ("libha/engine/x.cpp", '"plugin/load.hpp"', False),
    ("libha/engine/x.cpp", '"placement/plan.hpp"', True),
    ("libha/plugin/x.cpp", '"engine/engine.hpp"', False),
    ("libha/plugin/x.cpp", "<boost/dll/shared_library.hpp>", True),
    ("libha/runtime/x.cpp", '"api/cluster_impl.hpp"', False),
    ("libha/runtime/x.cpp", '"config/load.hpp"', False),
    ("libha/runtime/x.cpp", "<boost/asio/post.hpp>", True),
    ("libha/config/x.cpp", '"runtime/node.hpp"', False),
    ("libha/api/x.cpp", '"consensus/raft.hpp"', False),
    ("libha/api/x.cpp", '"placement/plan.hpp"', False),
    ("libha/admin/x.cpp", '"engine/engine.hpp"', False),
    ("libha/base/x.cpp", '"../model/state.hpp"', False),
    ("libha/base/x.cpp", '"bytes.hpp"', False),
    ("libha/include/ha/x.hpp", "<nlohmann/json.hpp>", False),
    ("libha/include/ha/x.hpp", '"base/time.hpp"', False),
    ("libha/include/ha/plugin/x.h", "<stdint.h>", True),
    ("libha/include/ha/plugin/x.h", "<stdlib.h>", False),
    ("plugins/resource/exec/x.cpp", '"base/result.hpp"', False),
    ("plugins/resource/exec/x.cpp", '"resource/fip/plan.hpp"', False),
    ("plugins/resource/exec/x.cpp", '"support/process/spawn.hpp"', True),
    ("plugins/resource/exec/x.cpp", "<dlfcn.h>", False),
    ("plugins/sdk/ha/plugin/x.hpp", '"support/process/spawn.hpp"', False),
    ("examples/embed/x.cpp", '"engine/engine.hpp"', False),
    ("examples/embed/x.cpp", '"ha/ha.hpp"', True),
    ("daemon/had/x.cpp", '"engine/engine.hpp"', False),
]


def wrong_samples():
    out = []
    for path, name, is_allowed in SAMPLES:
        found = matrix.judge_text(path, f"// x\n#include {name}\n")
        if bool(found) == is_allowed:
            out.append(f"{path} including {name} was {'refused' if found else 'allowed'}")
    return out


def compile_alone(command, include):
    """Exit code of the compiler for a file of one include, with another file's flags."""
    words = shlex.split(command["command"])
    flags = [word for word in words if word.startswith(("-I", "-std=", "-isystem", "-D"))]
    with tempfile.NamedTemporaryFile("w", suffix=".cpp") as source:
        source.write(f'#include "{include}"\n')
        source.flush()
        return subprocess.run(["g++", *flags, "-fsyntax-only", source.name], check=False,
                              cwd=command["directory"], capture_output=True).returncode


def compiled_upwards(folder):
    """Upward includes that the build's own flags would let through, floor by floor."""
    with open(os.path.join(folder, "compile_commands.json"), encoding="utf-8") as file:
        commands = json.load(file)
    out = []
    for floor, upward in (("base", "model/state.hpp"), ("wire", "model/state.hpp"),
                          ("model", "consensus/raft.hpp"), ("consensus", "model/state.hpp"),
                          ("placement", "lifecycle/service.hpp"), ("engine", "runtime/node.hpp"),
                          ("plugin", "engine/engine.hpp")):
        own = [c for c in commands if f"/libha-{floor}.a.p/" in " " + c.get("output", "")]
        if not own:
            out.append(f"no file of libha/{floor} is in the build")
        elif compile_alone(own[0], upward) == 0:
            out.append(f"libha/{floor} can include {upward}")
        elif compile_alone(own[0], "base/assert.hpp") != 0:
            out.append(f"libha/{floor} cannot include base/assert.hpp, so this test shows nothing")
    return out


def main():
    verdicts = tree.Verdicts()
    folders = ("libha", "plugins", "daemon", "examples", "kernel")
    texts = tree.texts(*tree.CODE, below=folders)
    offences = matrix.unused_exceptions(texts)
    for path, text in texts:
        offences += matrix.judge_text(path, text)
    verdicts.claim("every include is allowed by the table of the house", offences)
    verdicts.claim(f"the table refuses what it must refuse ({len(SAMPLES)} samples)",
                   wrong_samples())
    verdicts.claim("an upward include does not compile", compiled_upwards(sys.argv[2]))
    verdicts.end()


main()
