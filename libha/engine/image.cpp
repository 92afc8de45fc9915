// The engine as bytes and back, for recordings that do not begin at a start.
#include "base/archive.hpp"
#include "engine/impl.hpp"

namespace ha::engine {

namespace {

/// Of an engine whose every field is about to be overwritten.
Start blank_start() {
    Start start;
    start.self = NodeId{1};
    start.spec.timing.heartbeat_interval = 1s;
    start.store.start = StartNumber{1};
    start.store.store.bytes[0] = 1;
    start.keys = {{1, wire::Key{}}};
    start.key_in_use = 1;
    return start;
}

}  // namespace

Engine::Engine(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Bytes Engine::image() const { return archive::encode(*impl_); }

Result<std::unique_ptr<Engine>> Engine::restore(ByteView image, wire::Crypto& crypto) {
    auto impl = std::make_unique<Impl>(Instant{}, blank_start(), crypto);
    Reader r(image);
    archive::get(r, *impl);
    impl->actions = {};  // what the blank one had to tell; between two steps there is nothing
    if (!r.done())
        return failure(FailureCode::corrupt, "an image of an engine does not decode: it is "
                                             "damaged, or of another build");
    return std::unique_ptr<Engine>(new Engine(std::move(impl)));
}

std::uint64_t Engine::image_layout() { return archive::layout_of<Impl>(); }

}  // namespace ha::engine
