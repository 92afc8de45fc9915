// hactl against a real socket, and what it printed there.
#pragma once

#include <doctest/doctest.h>

#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "admin/server.hpp"
#include "context.hpp"
#include "fake_backend.hpp"

namespace hactl_test {

using namespace ha;
using namespace ha::admin;
using namespace std::chrono_literals;

struct Said {
    int code = 0;
    std::string out;
    std::string err;
};

struct Fixture {
    Fixture() {
        ::setenv("TZ", "UTC", 1);
        char name[] = "/tmp/ha-hactl-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        directory = name;
        socket = directory + "/had.sock";
        backend.status_now = sample_status();
        server = std::make_unique<Server>(backend,
                                          ServerOptions{.socket = socket, .answer = 100ms});
    }
    ~Fixture() {
        server.reset();
        std::filesystem::remove_all(directory);
    }
    Said say(std::vector<std::string> words, bool is_coloured = false) {
        words.push_back("--socket=" + socket);
        std::ostringstream out, err;
        Said said;
        said.code = hactl::run(words, out, err, is_coloured);
        said.out = out.str();
        said.err = err.str();
        return said;
    }
    std::string file(const std::string& name, const std::string& text) {
        std::ofstream(directory + "/" + name) << text;
        return directory + "/" + name;
    }
    std::string directory, socket;
    FakeBackend backend;
    std::unique_ptr<Server> server;
};

inline bool has(const std::string& text, const std::string& part) {
    return text.find(part) != text.npos;
}

}  // namespace hactl_test
