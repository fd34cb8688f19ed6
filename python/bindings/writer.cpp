// RunWriter. What waits or computes does so without the interpreter's lock; arguments are converted before it is let go.
#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/string_view.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <utility>

#include "bindings.hpp"
#include "gil.hpp"
#include "json.hpp"
#include "new_events.hpp"
#include "options.hpp"
#include "pixels.hpp"
#include "resonance/error.hpp"

namespace resonance::python {

namespace {

class Writer {
 public:
  Writer(const std::filesystem::path& database, nb::kwargs arguments) {
    auto options = writer_options(arguments);
    without_gil([&] { writer_ = std::make_shared<RunWriter>(database, std::move(options)); });
    database_ = writer_->database();
  }
  ~Writer() { let_go(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Call with the writer, without the interpreter's lock.
  template <class Work>
  decltype(auto) call(Work&& work) {
    if (!writer_) throw Error(ErrorCode::invalid_state, "the writer is closed");
    auto writer = writer_;  // another thread may close it meanwhile
    const InLibrary in;
    const auto last = std::move(writer);
    return work(*last);
  }

  void close() {
    if (!writer_) return;
    call([](RunWriter& writer) { writer.close(); });
    let_go();  // also of who listens, so that what it was told is done
  }
  [[nodiscard]] bool run_open() {
    return writer_ && call([](RunWriter& writer) { return writer.run_open(); });
  }
  [[nodiscard]] const std::filesystem::path& database() const noexcept { return database_; }

  std::string open_run(const std::string& plan_name, nb::object sample, nb::object metadata, std::optional<std::string> operator_name,
                       std::vector<std::string> tags, std::optional<std::int64_t> scan_id, std::optional<std::string> uid,
                       std::optional<double> time_start) {
    RunOptions options;
    if (!sample.is_none()) options.sample = sample_from(sample);
    options.operator_name = std::move(operator_name);
    options.metadata = to_json_object(metadata, "metadata");
    options.tags = std::move(tags);
    options.scan_id = scan_id;
    options.uid = std::move(uid);
    options.time_start = time_start;
    return call([&](RunWriter& writer) { return writer.open_run(plan_name, std::move(options)); });
  }

  std::string write_event(const std::string& stream, nb::object data, nb::object timestamps, std::optional<double> time, nb::object frames,
                          std::optional<std::string> uid) {
    const EventArguments arguments(data, timestamps, time, frames, std::move(uid));
    return call([&](RunWriter& writer) { return writer.write_event(stream, arguments.event); });
  }

  std::optional<std::string> try_write_event(const std::string& stream, nb::object data, nb::object timestamps, std::optional<double> time,
                                             nb::object frames, std::optional<std::string> uid) {
    const EventArguments arguments(data, timestamps, time, frames, std::move(uid));
    return call([&](RunWriter& writer) { return writer.try_write_event(stream, arguments.event); });
  }

  /// `columns`: name → one value per event; frames: field → [events, height, width]
  std::vector<std::string> write_events(const std::string& stream, nb::object columns, nb::object times, nb::object frames,
                                        nb::object timestamps);

  std::uint64_t write_frame(const std::string& event_uid, const std::string& field, nb::object image) {
    const Pixels pixels(image, 2);
    return call([&](RunWriter& writer) { return writer.write_frame(event_uid, field, pixels.frame()); });
  }

  std::uint64_t write_frames(nb::object event_uids, const std::string& field, nb::object images) {
    const auto uids =
        nb::isinstance<nb::str>(event_uids) ? std::vector{to_text(event_uids, "event_uids")} : to_texts(event_uids, "event_uids");
    const Pixels pixels(images, 3);
    return call([&](RunWriter& writer) { return writer.write_frames(uids, field, pixels.block()); });
  }

  std::uint64_t write_encoded_frames(const std::vector<std::string>& event_uids, const std::string& field,
                                     const std::vector<nb::bytes>& encoded, std::uint64_t height, std::uint64_t width,
                                     const std::string& dtype) {
    std::vector<EncodedFrame> frames;
    for (const auto& bytes : encoded)
      frames.push_back({{static_cast<const std::byte*>(bytes.data()), bytes.size()}, height, width, parse_dtype(dtype)});
    return call([&](RunWriter& writer) { return writer.write_encoded_frames(event_uids, field, frames); });
  }

 private:
  /// Joins threads, which may want the interpreter's lock to log.
  void let_go() {
    auto last = std::exchange(writer_, nullptr);
    without_gil([&] { last.reset(); });
  }

  std::filesystem::path database_;
  std::shared_ptr<RunWriter> writer_;  // shared with calls that are on their way; none once closed
};

std::vector<std::string> Writer::write_events(const std::string& stream, nb::object columns, nb::object times, nb::object frames,
                                              nb::object timestamps) {
  Rows rows(columns, times, timestamps);
  if (!frames.is_none()) rows.add_frames(frames);
  return call([&](RunWriter& writer) { return writer.write_events(stream, rows.events()); });
}

void close_run(Writer& self, const std::string& exit_status, const std::string& reason, std::optional<double> time_stop) {
  self.call([&](RunWriter& writer) { writer.close_run(exit_status, reason, time_stop); });
}

void bind_keys(nb::module_& module) {
  module.def(
      "number_key", [](const std::string& source, const std::string& units) { return to_python(number_key(source, units)); },
      nb::arg("source"), nb::arg("units") = "");
  module.def(
      "integer_key", [](const std::string& source, const std::string& units) { return to_python(integer_key(source, units)); },
      nb::arg("source"), nb::arg("units") = "");
  module.def("string_key", [](const std::string& source) { return to_python(string_key(source)); }, nb::arg("source"));
  module.def("boolean_key", [](const std::string& source) { return to_python(boolean_key(source)); }, nb::arg("source"));
  module.def(
      "array_key",
      [](const std::string& source, const std::vector<std::int64_t>& shape, const std::string& units) {
        return to_python(array_key(source, shape, units));
      },
      nb::arg("source"), nb::arg("shape"), nb::arg("units") = "");
  module.def(
      "image_key",
      [](const std::string& source, std::uint64_t height, std::uint64_t width, const std::string& dtype) {
        return to_python(image_key(source, height, width, parse_dtype(dtype)));
      },
      nb::arg("source"), nb::arg("height"), nb::arg("width"), nb::arg("dtype"));
}

void bind_fork(nb::module_& module) {
  module.def("before_fork", [] {
    const GilReleased released;  // for calls on their way that want it
    before_fork();
  });
  module.def("after_fork_in_parent", &after_fork_in_parent);
  module.def("after_fork_in_child", &after_fork_in_child);
}

}  // namespace

void bind_writer(nb::module_& module) {
  bind_keys(module);
  bind_fork(module);
  nb::class_<Writer>(module, "RunWriter", nb::is_weak_referenceable())
      .def(nb::init<const std::filesystem::path&, nb::kwargs>(), nb::arg("database"), nb::arg("options"))
      .def(
          "add_sample",
          [](Writer& self, nb::object sample) {
            const auto made = sample_from(sample);
            return self.call([&](RunWriter& writer) { return writer.add_sample(made); });
          },
          nb::arg("sample"))
      .def("open_run", &Writer::open_run, nb::arg("plan_name"), nb::kw_only(), nb::arg("sample") = nb::none(),
           nb::arg("metadata") = nb::none(), nb::arg("operator") = nb::none(), nb::arg("tags") = std::vector<std::string>(),
           nb::arg("scan_id") = nb::none(), nb::arg("uid") = nb::none(), nb::arg("time_start") = nb::none())
      .def(
          "open_stream",
          [](Writer& self, const std::string& name, nb::object data_keys) {
            const auto keys = to_json_object(data_keys, "data_keys");
            return self.call([&](RunWriter& writer) { return writer.open_stream(name, keys); });
          },
          nb::arg("name"), nb::arg("data_keys"))
      .def("write_event", &Writer::write_event, nb::arg("stream"), nb::arg("data"), nb::arg("timestamps") = nb::none(),
           nb::arg("time") = nb::none(), nb::arg("frames") = nb::none(), nb::arg("uid") = nb::none())
      .def("try_write_event", &Writer::try_write_event, nb::arg("stream"), nb::arg("data"), nb::arg("timestamps") = nb::none(),
           nb::arg("time") = nb::none(), nb::arg("frames") = nb::none(), nb::arg("uid") = nb::none())
      .def("write_events", &Writer::write_events, nb::arg("stream"), nb::arg("columns"), nb::kw_only(), nb::arg("time") = nb::none(),
           nb::arg("frames") = nb::none(), nb::arg("timestamps") = nb::none())
      .def("write_frame", &Writer::write_frame, nb::arg("event_uid"), nb::arg("field"), nb::arg("image"))
      .def("write_frames", &Writer::write_frames, nb::arg("event_uids"), nb::arg("field"), nb::arg("images"))
      .def("write_encoded_frames", &Writer::write_encoded_frames, nb::arg("event_uids"), nb::arg("field"), nb::arg("frames"), nb::kw_only(),
           nb::arg("height"), nb::arg("width"), nb::arg("dtype"))
      .def("flush", [](Writer& self) { self.call([](RunWriter& writer) { writer.flush(); }); })
      .def("sync", [](Writer& self) { self.call([](RunWriter& writer) { writer.sync(); }); })
      .def(
          "durable",
          [](Writer& self, const std::string& stream) { return self.call([&](RunWriter& writer) { return writer.durable(stream); }); },
          nb::arg("stream") = "primary")
      .def("close_run", &close_run, nb::arg("exit_status") = "success", nb::kw_only(), nb::arg("reason") = "",
           nb::arg("time_stop") = nb::none())
      .def("close", &Writer::close)
      .def_prop_ro("run_open", &Writer::run_open)
      .def_prop_ro("database", [](Writer& self) { return self.database(); });
}

}  // namespace resonance::python
