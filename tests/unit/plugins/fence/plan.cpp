// The pure part of fence_agents.
#include "plan.hpp"

#include <doctest/doctest.h>

using namespace ha;
using namespace ha::fence_agents;

TEST_CASE("the input names the action first, then options, then the password") {
    Settings settings;
    settings.options = {{"ip", "192.0.2.7"}, {"lanplus", "1"}};
    settings.secret_options = {{"snmp_priv_passwd", "x y"}};
    CHECK(make_input("status", settings, "p=w") ==
          "action=status\nip=192.0.2.7\nlanplus=1\nsnmp_priv_passwd=x y\npassword=p=w\n");
    CHECK(make_input("off", {}, "") == "action=off\n");
}

TEST_CASE("an agent without off or status cannot be verified, and is refused") {
    Metadata metadata;
    metadata.agent = "fence_x";
    metadata.options["plug"] = {};
    metadata.actions = {"reboot", "status"};
    CHECK(find_fault({}, metadata).find("has no action 'off'") != std::string::npos);
    metadata.actions = {"off"};
    CHECK(find_fault({}, metadata).find("has no action 'status'") != std::string::npos);
    metadata.actions = {"off", "status"};
    CHECK(find_fault({}, metadata).empty());
}

TEST_CASE("secrets are taken out wherever they stand, and short ones do not eat the text") {
    CHECK(without_secrets("login admin hunter22, again hunter22", {"hunter22", "", "in"}) ==
          "login admin ***, again ***");
    CHECK(without_secrets("***", {"***"}) == "***");
}
