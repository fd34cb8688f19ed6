#include "options.hpp"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "gil.hpp"
#include "json.hpp"
#include "resonance/error.hpp"
#include "resonance/index.hpp"

namespace resonance::python {

namespace nb = nanobind;

namespace {

/// Call `set` with the argument of that name, if there is one, and take it out.
template <class T, class Set>
void take(nb::kwargs& arguments, const char* name, Set&& set) {
  if (!arguments.contains(name)) return;
  const nb::object value = arguments[name];
  nb::del(arguments[name]);
  if (value.is_none()) return;
  T converted;
  if (!nb::try_cast<T>(value, converted)) {
    PyErr_Format(PyExc_TypeError, "%s cannot be %R", name, value.ptr());
    throw nb::python_error();
  }
  set(std::move(converted));
}

Shuffle parse_shuffle(const std::string& name) {
  if (name == "none") return Shuffle::none;
  if (name == "bytes") return Shuffle::bytes;
  if (name == "bits") return Shuffle::bits;
  throw Error(ErrorCode::invalid_argument, "shuffle is none, bytes or bits, not '" + name + "'");
}

void log_to_python(std::string_view text) {
  if (Py_IsInitialized() == 0) return;
  with_gil([&] {
    try {
      nb::module_::import_("logging").attr("getLogger")("resonance").attr("warning")("%s", to_python(text));
    } catch (nb::python_error& error) {
      error.discard_as_unraisable("the log of resonance");
    }
  });
}

}  // namespace

std::chrono::milliseconds milliseconds(double seconds, const char* name) {
  if (!(seconds >= 0)) throw Error(ErrorCode::invalid_argument, fmt::format("{} is at least 0 seconds, not {}", name, seconds));
  constexpr double kMost = 2e9;  // SQLite counts milliseconds in an int
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(seconds * 1000 + 0.5, kMost)));
}

FrameOptions frame_options(nb::kwargs& arguments) {
  FrameOptions out;
  take<std::string>(arguments, "codec", [&](const std::string& name) { out.codec = parse_codec(name); });
  take<int>(arguments, "level", [&](int level) { out.level = level; });
  take<std::string>(arguments, "shuffle", [&](const std::string& name) { out.blosc.shuffle = parse_shuffle(name); });
  take<std::string>(arguments, "compressor", [&](std::string name) { out.blosc.compressor = std::move(name); });
  take<std::uint64_t>(arguments, "shard_bytes", [&](std::uint64_t bytes) { out.shard_bytes = bytes; });
  take<std::uint64_t>(arguments, "frames_per_chunk", [&](std::uint64_t frames) { out.frames_per_chunk = frames; });
  return out;
}

TableReading table_reading(nb::kwargs& arguments) {
  TableReading out;
  take<nb::dict>(arguments, "columns", [&](const nb::dict& columns) {
    for (const auto& [name, kind] : columns)
      out.columns.emplace_back(nb::cast<std::string>(name), parse_column_kind(nb::cast<std::string>(kind)));
  });
  take<std::string>(arguments, "delimiter", [&](const std::string& word) { out.delimiter = parse_delimiter(word); });
  take<std::string>(arguments, "decimal", [&](const std::string& word) { out.decimal = parse_decimal(word); });
  take<std::string>(arguments, "comment", [&](const std::string& text) { out.comment = text; });
  take<std::uint64_t>(arguments, "skip", [&](std::uint64_t lines) { out.skip = lines; });
  return out;
}

std::shared_ptr<RunListener> listener_option(nb::kwargs& arguments) {
  std::shared_ptr<RunListener> out;
  take<std::filesystem::path>(arguments, "data_root",
                              [&](const std::filesystem::path& root) { out = index_listener(root, log_to_python); });
  return out;
}

std::shared_ptr<RunListener> listener_above(const std::filesystem::path& database) {
  const auto root = find_data_root(database);
  return root.empty() ? nullptr : index_listener(root, log_to_python);
}

RunWriterOptions writer_options(nb::kwargs& arguments) {
  RunWriterOptions out;
  out.frames = frame_options(arguments);
  out.log = log_to_python;
  take<std::string>(arguments, "durability", [&](const std::string& name) { out.durability = parse_durability(name); });
  take<double>(arguments, "commit_interval", [&](double seconds) { out.commit_interval = milliseconds(seconds, "commit_interval"); });
  take<double>(arguments, "sync_interval", [&](double seconds) { out.sync_interval = milliseconds(seconds, "sync_interval"); });
  take<double>(arguments, "publish_interval", [&](double seconds) { out.publish_interval = milliseconds(seconds, "publish_interval"); });
  take<double>(arguments, "busy_timeout", [&](double seconds) { out.busy_timeout = milliseconds(seconds, "busy_timeout"); });
  take<bool>(arguments, "allow_network_file_system", [&](bool allow) { out.allow_network_file_system = allow; });
  take<bool>(arguments, "allow_undeclared", [&](bool allow) { out.allow_undeclared = allow; });
  take<bool>(arguments, "make_store", [&](bool make) { out.make_store = make; });
  take<unsigned>(arguments, "encode_threads", [&](unsigned threads) { out.encode_threads = threads; });
  take<std::uint64_t>(arguments, "queue_bytes", [&](std::uint64_t bytes) { out.queue_bytes = bytes; });
  out.on_run_change = listener_option(arguments);
  require_none_left(arguments);
  return out;
}

void require_none_left(const nb::kwargs& arguments) {
  for (const auto& [name, value] : arguments) {
    PyErr_Format(PyExc_TypeError, "there is no option %R", name.ptr());
    throw nb::python_error();
  }
}

SampleMetadata sample_from(nb::handle sample) {
  SampleMetadata out;
  if (nb::isinstance<nb::str>(sample)) {
    out.name = nb::cast<std::string>(sample);
    return out;
  }
  if (!nb::hasattr(sample, "name")) {
    PyErr_Format(PyExc_TypeError, "a sample is its name or a SampleMetadata, not %R", sample.ptr());
    throw nb::python_error();
  }
  const auto text = [&](const char* name) {
    const nb::object value = sample.attr(name);
    return value.is_none() ? std::nullopt : std::optional(to_text(value, fmt::format("a sample's {}", name).c_str()));
  };
  out.name = to_text(sample.attr("name"), "a sample's name");
  out.formula = text("formula");
  out.serial = text("serial");
  out.beamline_pos = text("beamline_pos");
  if (const nb::object tags = sample.attr("tags"); !tags.is_none()) out.tags = to_texts(tags, "a sample's tags");
  out.extra = to_json_object(sample.attr("extra"), "extra");
  return out;
}

nb::object to_python(const SampleMetadata& sample) {
  const auto text = [](const std::optional<std::string>& value) {
    return value ? to_python(std::string_view(*value)) : nb::object(nb::none());
  };
  nb::list tags;
  for (const auto& tag : sample.tags) tags.append(to_python(std::string_view(tag)));
  nb::dict out;
  out["name"] = to_python(std::string_view(sample.name));
  out["formula"] = text(sample.formula);
  out["serial"] = text(sample.serial);
  out["tags"] = tags;
  out["beamline_pos"] = text(sample.beamline_pos);
  out["extra"] = to_python(sample.extra);
  out["id"] = sample.id ? nb::object(nb::int_(*sample.id)) : nb::object(nb::none());
  return nb::module_::import_("resonance.models").attr("SampleMetadata")(**out);
}

}  // namespace resonance::python
