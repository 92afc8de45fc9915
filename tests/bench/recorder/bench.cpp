// bench-recorder: what the flight recorder costs an idle cluster of three nodes, at the default
// times, over two interconnects: processor time of a step without and with it, of an image, and
// bytes an hour. Engines under virtual time, one of them recorded.
#include <cstdio>
#include <filesystem>
#include <memory>

#include "engine/recording.hpp"
#include "engines.hpp"
#include "runtime/recording_file.hpp"

using namespace ha;

namespace {

constexpr Duration k_length = 600s;

/// Writes what node 0 does, as the runtime does it.
struct Recording {
    bench::Engines& engines;
    std::unique_ptr<engine::RunRecorder> recorder;
    std::unique_ptr<runtime::RecordingWriter> writer;
    Bytes waiting;
    std::uint64_t plain = 0;

    Recording(bench::Engines& of, const std::string& path) : engines(of) {
        writer = std::move(*runtime::RecordingWriter::make(path, runtime::RecordingHeader{}));
        engines.wrap_crypto = [this](wire::Crypto& real) -> wire::Crypto& {
            recorder = std::make_unique<engine::RunRecorder>(real);
            return recorder->crypto();
        };
        engines.on_start = [this](Instant now, const engine::Start& start) {
            runtime::put_record(waiting, recorder->begin(now, start));
        };
        engines.on_step = [this](Instant now, const engine::Input& input,
                                 const engine::Actions& actions) {
            const auto& record = recorder->step(now, input, actions);
            plain += record.size();
            runtime::put_record(waiting, record);
        };
    }
    void flush() {
        if (!waiting.empty()) static_cast<void>(writer->write(waiting).has_value());
        waiting.clear();
    }
};

void print(const char* name, double value, const char* unit) {
    std::printf("%-44s %12.2f %s\n", name, value, unit);
}

double microseconds(std::clock_t ticks, std::uint64_t count) {
    return static_cast<double>(ticks) * 1e6 / CLOCKS_PER_SEC / static_cast<double>(count);
}

double measure(bool is_recorded) {
    bench::Engines engines({3, 4});
    const auto path = std::filesystem::temp_directory_path() / "bench-recorder.harec";
    std::filesystem::remove(path);
    std::unique_ptr<Recording> recording;
    if (is_recorded) recording = std::make_unique<Recording>(engines, path.string());
    const auto flush = [&] {
        if (recording) recording->flush();
    };
    engines.start_all();
    engines.run(20s, flush);  // founded, started, calm
    engines.reset_counts();
    const auto size = recording ? recording->writer->size() : 0;
    if (recording) recording->plain = 0;
    engines.run(k_length, flush);
    const auto& first = engines.nodes[0];
    const auto per_step = microseconds(first.spent, first.steps);
    print(is_recorded ? "a step with the recorder" : "a step without it", per_step, "us");
    if (!is_recorded) return per_step;
    const auto hours = static_cast<double>(k_length.count()) / 3600e9;
    const auto bytes = static_cast<double>(recording->writer->size() - size);
    const auto steps = static_cast<double>(first.steps);
    print("steps a second", steps / (hours * 3600), "");
    print("a step before compression", static_cast<double>(recording->plain) / steps, "bytes");
    print("a step in the file", bytes / steps, "bytes");
    print("an hour of an idle node", bytes / hours / (1 << 20), "MiB");
    print("the default ring of 64 MiB holds", 64.0 * (1 << 20) / (bytes / hours), "hours");
    const auto begun = std::clock();
    std::size_t image = 0;
    for (int i = 0; i < 50; i++) image = recording->recorder->image(*first.engine).size();
    print("an image", microseconds(std::clock() - begun, 50), "us");
    print("an image before compression", static_cast<double>(image) / 1024, "KiB");
    std::filesystem::remove(path);
    return per_step;
}

}  // namespace

int main() {
    const auto without = measure(false);
    const auto with = measure(true);
    print("the recorder adds to a step", with - without, "us");
    return 0;
}
