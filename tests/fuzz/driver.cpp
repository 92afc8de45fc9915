// A small deterministic fuzzer: mutates real inputs, a fixed number of times, from a seed.
//
//   fuzz-TARGET [--seed N] [--rounds N] [--seconds N]   mutate; N from 1, rounds 200,000
//   fuzz-TARGET --input FILE                            run one input again
//   fuzz-TARGET --write-seeds DIR                       the well-formed inputs, for libFuzzer
//
// The input under test lies in the file named by HA_FUZZ_CRASH (default fuzz-crash.bin in the
// current folder) when the process stops by a signal: it is written from the signal's handler.
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <unistd.h>

#include "base/random.hpp"
#include "fuzz.hpp"

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t k_input_bytes_max = 1 << 16;

Input current;
std::string crash_path;

void keep_input(int signal) {
    const int fd = open(crash_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd >= 0) {
        const auto written = write(fd, current.data(), current.size());
        static_cast<void>(written);
        close(fd);
    }
    std::signal(signal, SIG_DFL);
    raise(signal);
}

/// Values at which lengths and counts go wrong.
constexpr std::uint64_t k_edges[] = {0,      1,      0x7f,       0x80,       0xff,
                                     0x100,  0x7fff, 0xffff,     0x7fffffff, 0xffffffff,
                                     1u << 20, UINT64_MAX >> 1, UINT64_MAX};

class Mutator {
   public:
    explicit Mutator(std::uint64_t seed) : random_(ha::seed_from(seed)) {}

    Input make(const std::vector<Input>& corpus) {
        auto out = pick(corpus);
        const auto steps = 1 + random_.below(5);
        for (std::uint64_t i = 0; i < steps; i++) mutate(out, corpus);
        if (out.size() > k_input_bytes_max) out.resize(k_input_bytes_max);
        return out;
    }

   private:
    const Input& pick(const std::vector<Input>& corpus) {
        return corpus[random_.below(corpus.size())];
    }
    std::size_t place(const Input& in) { return random_.below(in.size() + 1); }
    auto at(Input& in, std::size_t n) { return in.begin() + static_cast<std::ptrdiff_t>(n); }

    void mutate(Input& in, const std::vector<Input>& corpus) {
        switch (random_.below(9)) {
            case 0: return flip(in);
            case 1: return change(in);
            case 2: return put_edge(in);
            case 3: in.resize(place(in)); return;
            case 4: return cut(in);
            case 5: return insert_noise(in);
            case 6: return repeat(in);
            case 7: return splice(in, pick(corpus));
            case 8: return swap(in);
        }
    }
    void flip(Input& in) {
        if (in.empty()) return;
        in[random_.below(in.size())] ^= static_cast<std::uint8_t>(1u << random_.below(8));
    }
    void change(Input& in) {
        if (!in.empty()) in[random_.below(in.size())] = static_cast<std::uint8_t>(random_.next());
    }
    void put_edge(Input& in) {
        const auto value = k_edges[random_.below(std::size(k_edges))];
        const auto width = std::size_t{1} << random_.below(4);
        if (in.size() < width) return;
        std::memcpy(in.data() + random_.below(in.size() - width + 1), &value, width);
    }
    void cut(Input& in) {
        const auto from = place(in);
        const auto n = random_.below(in.size() - from + 1);
        in.erase(at(in, from), at(in, from + n));
    }
    void insert_noise(Input& in) {
        Input noise(1 + random_.below(16));
        for (auto& b : noise) b = static_cast<std::uint8_t>(random_.next());
        in.insert(at(in, place(in)), noise.begin(), noise.end());
    }
    void repeat(Input& in) {
        const auto from = place(in);
        const auto n = random_.below(std::min<std::size_t>(in.size() - from, 256) + 1);
        const Input part(at(in, from), at(in, from + n));
        in.insert(at(in, place(in)), part.begin(), part.end());
    }
    void splice(Input& in, const Input& other) {
        in.resize(place(in));
        const auto from = random_.below(other.size() + 1);
        in.insert(in.end(), other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
    }
    void swap(Input& in) {
        if (in.size() > 1) std::swap(in[random_.below(in.size())], in[random_.below(in.size())]);
    }

    ha::Random random_;
};

struct Options {
    std::uint64_t seed = 1;
    std::uint64_t rounds = 200'000;
    std::uint64_t seconds = 0;
    std::string input;
    std::string seeds_folder;
};

bool read_options(int argc, char** argv, Options& out) {
    for (int i = 1; i < argc; i += 2) {
        const std::string name = argv[i];
        if (i + 1 == argc) return false;
        const std::string value = argv[i + 1];
        if (name == "--seed") out.seed = std::strtoull(value.c_str(), nullptr, 10);
        else if (name == "--rounds") out.rounds = std::strtoull(value.c_str(), nullptr, 10);
        else if (name == "--seconds") out.seconds = std::strtoull(value.c_str(), nullptr, 10);
        else if (name == "--input") out.input = value;
        else if (name == "--write-seeds") out.seeds_folder = value;
        else return false;
    }
    return true;
}

int run_one(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        std::cerr << "cannot read " << path << "\n";
        return 1;
    }
    current.assign(std::istreambuf_iterator<char>(file), {});
    LLVMFuzzerTestOneInput(current.data(), current.size());
    return 0;
}

int write_seeds(const std::string& folder, const std::vector<Input>& corpus) {
    for (std::size_t i = 0; i < corpus.size(); i++) {
        std::ofstream file(folder + "/seed-" + std::to_string(i), std::ios::binary);
        file.write(reinterpret_cast<const char*>(corpus[i].data()),
                   static_cast<std::streamsize>(corpus[i].size()));
        if (!file) {
            std::cerr << "cannot write into " << folder << "\n";
            return 1;
        }
    }
    return 0;
}

int mutate_for_long(const Options& options, const std::vector<Input>& corpus) {
    for (const auto& input : corpus) {
        current = input;
        LLVMFuzzerTestOneInput(current.data(), current.size());
    }
    Mutator mutator(options.seed);
    const auto begin = std::time(nullptr);
    std::uint64_t round = 0;
    for (; round < options.rounds; round++) {
        if (options.seconds > 0 &&
            std::time(nullptr) - begin >= static_cast<std::time_t>(options.seconds))
            break;
        current = mutator.make(corpus);
        LLVMFuzzerTestOneInput(current.data(), current.size());
    }
    std::cout << round << " inputs from seed " << options.seed << ", none failed\n";
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (!read_options(argc, argv, options)) {
        std::cerr << "usage: " << argv[0]
                  << " [--seed N] [--rounds N] [--seconds N] | --input FILE | --write-seeds DIR\n";
        return 2;
    }
    const auto* path = std::getenv("HA_FUZZ_CRASH");
    crash_path = path ? path : "fuzz-crash.bin";
    for (int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, keep_input);
    if (!options.input.empty()) return run_one(options.input);
    const auto corpus = ha::fuzz::seeds();
    if (corpus.empty()) {
        std::cerr << "this target has no seeds to begin from\n";
        return 1;
    }
    if (!options.seeds_folder.empty()) return write_seeds(options.seeds_folder, corpus);
    return mutate_for_long(options, corpus);
}
