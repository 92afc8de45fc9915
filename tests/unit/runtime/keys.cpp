// Key files: what is accepted, what is refused, and in which words.
#include "runtime/keys.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "support.hpp"

namespace ha::runtime {

using test::TemporaryDirectory;

static const std::string k_hex_a(64, 'a');
static const std::string k_hex_b(64, 'b');

static void put(const std::string& path, const std::string& text, mode_t mode = 0600) {
    std::ofstream(path) << text;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
}

static bool says(const Result<Keys>& result, std::string_view part) {
    REQUIRE(!result);
    INFO(result.error().context);
    return result.error().context.find(part) != std::string::npos;
}

TEST_CASE("a new key file has mode 0600, one random key, and is read back") {
    TemporaryDirectory directory;
    auto one = directory.file("one"), two = directory.file("two");
    auto umask_before = ::umask(0);
    CHECK(write_new_key_file(one));
    ::umask(umask_before);
    CHECK(write_new_key_file(two));
    struct stat info {};
    REQUIRE(::stat(one.c_str(), &info) == 0);
    CHECK((info.st_mode & 07777) == 0600);
    auto a = read_key_file(one), b = read_key_file(two);
    REQUIRE(a);
    REQUIRE(b);
    CHECK(a->keys.size() == 1);
    CHECK(a->key_in_use == 1);
    CHECK(a->keys[0].second != b->keys[0].second);
}

TEST_CASE("a key file is never overwritten") {
    TemporaryDirectory directory;
    auto path = directory.file("key");
    REQUIRE(write_new_key_file(path));
    auto before = read_key_file(path);
    auto again = write_new_key_file(path);
    REQUIRE(!again);
    CHECK(again.error().code == FailureCode::refused);
    CHECK(read_key_file(path)->keys == before->keys);
}

TEST_CASE("a key file that others may read is refused with its mode and the cure") {
    TemporaryDirectory directory;
    auto path = directory.file("key");
    for (mode_t mode : {0644, 0640, 0604, 0660, 0610}) {
        put(path, "1 " + k_hex_a + "\n", mode);
        auto result = read_key_file(path);
        CHECK(says(result, "chmod 600"));
        CHECK(result.error().code == FailureCode::refused);
    }
    put(path, "1 " + k_hex_a + "\n", 0400);
    CHECK(read_key_file(path));
}

TEST_CASE("a key file of another user is refused") {
    if (::geteuid() != 0) return;  // giving a file away needs root; the mode check covers the rest
    TemporaryDirectory directory;
    auto path = directory.file("key");
    put(path, "1 " + k_hex_a + "\n");
    REQUIRE(::chown(path.c_str(), 12345, 12345) == 0);
    CHECK(says(read_key_file(path), "belongs to user 12345"));
}

TEST_CASE("what is no regular file is refused, and does not block") {
    TemporaryDirectory directory;
    CHECK(says(read_key_file(directory.path()), "not a regular file"));
    auto pipe = directory.file("pipe");
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    CHECK(says(read_key_file(pipe), "not a regular file"));
    auto absent = read_key_file(directory.file("absent"));
    CHECK(says(absent, "absent"));
    CHECK(absent.error().code == FailureCode::not_found);
}

TEST_CASE("keys are sorted by number, comments and blank lines are skipped, use picks one") {
    auto keys = parse_keys("# ours\n\n 7 " + k_hex_b + " \r\n2\t" + k_hex_a + "\nuse 2\n", "k");
    REQUIRE(keys);
    REQUIRE(keys->keys.size() == 2);
    CHECK(keys->keys[0].first == 2);
    CHECK(keys->keys[1].first == 7);
    CHECK(keys->key_in_use == 2);
    CHECK(parse_keys("1 " + k_hex_a + "\n9 " + k_hex_b, "k")->key_in_use == 9);
}

TEST_CASE("each mistake in a key file is named with its line, and no key material is shown") {
    auto line_two = "1 " + k_hex_a + "\n";
    CHECK(says(parse_keys(line_two + "2 " + k_hex_b.substr(1), "k"), "k line 2"));
    CHECK(says(parse_keys("1 " + k_hex_b + "0", "k"), "is 65 characters"));
    CHECK(says(parse_keys("1 " + std::string(63, 'c') + "g", "k"), "64 hexadecimal digits"));
    CHECK(says(parse_keys("0 " + k_hex_a, "k"), "NUMBER KEY"));
    CHECK(says(parse_keys("-1 " + k_hex_a, "k"), "NUMBER KEY"));
    CHECK(says(parse_keys("4294967296 " + k_hex_a, "k"), "NUMBER KEY"));
    CHECK(says(parse_keys(line_two + "1 " + k_hex_b, "k"), "stands twice"));
    CHECK(says(parse_keys("1 " + std::string(64, '0'), "k"), "all zero"));
    CHECK(says(parse_keys("use 3\n" + line_two, "k"), "\"use 3\" names a key that is not"));
    CHECK(says(parse_keys("use\n" + line_two, "k"), "wants the number"));
    CHECK(says(parse_keys("use 1\nuse 1\n" + line_two, "k"), "stands twice"));
    CHECK(says(parse_keys("", "k"), "holds no key"));
    CHECK(says(parse_keys("# nothing\n", "k"), "holds no key"));
    std::string many;
    for (std::size_t i = 1; i <= k_limit_keys + 1; i++)
        many += std::to_string(i) + " " + k_hex_a + "\n";
    CHECK(says(parse_keys(many, "k"), "more than"));
    for (auto& text : {line_two + "2 " + k_hex_b.substr(1), "1 " + k_hex_b + "0"}) {
        auto result = parse_keys(text, "k");
        REQUIRE(!result);
        CHECK(result.error().context.find("bbbb") == std::string::npos);
    }
}

TEST_CASE("a key file beyond its limit is refused") {
    TemporaryDirectory directory;
    put(directory.file("key"), std::string(k_limit_key_file_bytes + 1, '#'));
    CHECK(says(read_key_file(directory.file("key")), "longer than"));
}

}  // namespace ha::runtime
