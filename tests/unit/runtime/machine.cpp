// What the machine says about itself.
#include "runtime/machine.hpp"

#include <doctest/doctest.h>

using namespace ha::runtime;

TEST_CASE("F21: a virtual machine is known by its processor's flags, or by its hypervisor's name") {
    const std::string metal = "processor\t: 0\nflags\t\t: fpu vme hypervisors lm\nbugs\t\t: x\n";
    const std::string virtual_one =
        "processor\t: 0\nflags\t\t: fpu hypervisors hypervisor lm\nbugs\t\t: x\n";
    CHECK(sign_of_hypervisor("", "").empty());
    CHECK(sign_of_hypervisor(metal, "").empty());
    CHECK(sign_of_hypervisor("model name\t: a hypervisor of sorts\n" + metal, "").empty());
    CHECK(sign_of_hypervisor(virtual_one, "") == "its processor says so");
    CHECK(sign_of_hypervisor("\nflags\t: a hypervisor", "") == "its processor says so");
    CHECK(sign_of_hypervisor(metal, "xen\n") == "hypervisor xen");
}
