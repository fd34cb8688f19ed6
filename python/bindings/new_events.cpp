#include "new_events.hpp"

#include <fmt/format.h>

#include "json.hpp"
#include "resonance/error.hpp"

namespace resonance::python {

namespace nb = nanobind;

EventArguments::EventArguments(nb::handle data, nb::handle timestamps, std::optional<double> time, nb::handle frames,
                               std::optional<std::string> uid) {
  event.data = to_json_object(data, "data");
  event.timestamps = to_json_object(timestamps, "timestamps");
  event.time = time;
  event.uid = std::move(uid);
  if (frames.is_none()) return;
  const nb::dict fields = to_dict(frames);
  held.reserve(fields.size());
  for (const auto& [field, array] : fields) {
    auto name = to_text(field, "a field of frames");
    const bool burst = nb::hasattr(array, "ndim") && nb::object(array.attr("ndim")).equal(nb::int_(3));
    const auto& pixels = held.emplace_back(array, burst ? 3 : 2);
    if (burst)
      event.bursts.push_back({std::move(name), pixels.block()});
    else
      event.frames.push_back({std::move(name), pixels.frame()});
  }
}

namespace {

/// pandas' columns say which of their values are missing; NaN in a column of floats is a value.
bool can_miss(nb::handle values) {
  if (!nb::hasattr(values, "isna") || !nb::hasattr(values, "dtype") || !nb::hasattr(values, "tolist")) return false;
  const nb::object dtype = values.attr("dtype");
  const bool of_numpy = nb::isinstance(dtype, nb::module_::import_("numpy").attr("dtype"));
  return !of_numpy || nb::object(dtype.attr("kind")).equal(nb::str("O"));
}

nb::object with_none(nb::handle values) {
  nb::list out(nb::object(values.attr("tolist")()));
  const nb::list missing(nb::object(nb::object(values.attr("isna")()).attr("tolist")()));
  for (std::size_t i = 0; i < missing.size(); ++i)
    if (missing[i].is(nb::handle(Py_True))) out[i] = nb::none();
  return out;
}

/// What is no list or array but can be gone through, as a range, becomes a list.
nb::object as_list(nb::handle values, const std::string& what) {
  if (PyBytes_Check(values.ptr()) != 0 || PyByteArray_Check(values.ptr()) != 0) {
    PyErr_SetString(PyExc_TypeError, fmt::format("'{}' is no column of values, but bytes", what).c_str());
    throw nb::python_error();
  }
  if (can_miss(values)) return with_none(values);
  const bool as_it_is = PyList_Check(values.ptr()) != 0 || PyTuple_Check(values.ptr()) != 0 || PyUnicode_Check(values.ptr()) != 0 ||
                        PyDict_Check(values.ptr()) != 0 || nb::hasattr(values, "dtype") || !nb::hasattr(values, "__iter__");
  if (as_it_is) return nb::borrow(values);
  PyObject* list = PySequence_List(values.ptr());
  if (list == nullptr) throw nb::python_error();
  return nb::steal(list);
}

/// A dict would keep the last of two columns of one name.
void require_unique(nb::handle frame) {
  if (!nb::hasattr(frame, "columns")) return;
  const nb::object names = frame.attr("columns");
  if (nb::hasattr(names, "is_unique") && nb::object(names.attr("is_unique")).is(nb::handle(Py_False)))
    throw Error(ErrorCode::invalid_argument, "the data frame has several columns of one name");
}

}  // namespace

Rows::Rows(nb::handle columns, nb::handle times, nb::handle timestamps) {
  require_unique(columns);
  for (const auto& [name, values] : to_dict(columns)) {
    auto key = to_text(name, "the name of a column");
    auto list = column(values, key);
    for (std::size_t i = 0; i < list.size(); ++i) events_[i].data.as_object().emplace_back(key, std::move(list[i]));
  }
  if (!times.is_none()) {
    const auto list = column(times, "time");
    for (std::size_t i = 0; i < list.size(); ++i) events_[i].time = list[i].as_double();
  }
  if (timestamps.is_none()) return;
  for (const auto& [name, values] : to_dict(timestamps)) {
    const auto key = to_text(name, "a key of timestamps");
    auto list = column(values, "timestamps");
    for (std::size_t i = 0; i < list.size(); ++i) events_[i].timestamps.as_object().emplace_back(key, std::move(list[i]));
  }
}

void Rows::add_frames(nb::handle frames) {
  const nb::dict fields = to_dict(frames);
  blocks_.reserve(fields.size());
  for (const auto& [field, array] : fields) {
    const auto name = to_text(field, "a field of frames");
    const auto block = blocks_.emplace_back(array, 3).block();
    if (count_ && *count_ != block.count)
      throw Error(ErrorCode::invalid_argument, fmt::format("frames of '{}': {} frames for {} events", name, block.count, *count_));
    require_rows(block.count, name);
    const auto bytes = block.count == 0 ? 0 : block.bytes.size() / block.count;
    for (std::uint64_t i = 0; i < block.count; ++i)
      events_[i].frames.push_back({name, {block.bytes.subspan(i * bytes, bytes), block.height, block.width, block.dtype}});
  }
}

Json::Array Rows::column(nb::handle values, const std::string& what) {
  auto list = to_json(as_list(values, what), what);
  if (!list.is_array()) throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is no column: it has no list of values", what));
  require_rows(list.size(), what);
  return std::move(list.as_array());
}

void Rows::require_rows(std::uint64_t found, const std::string& what) {
  if (count_ && *count_ != found)
    throw Error(ErrorCode::invalid_argument, fmt::format("column '{}' has {} values, those before it {}", what, found, *count_));
  if (count_) return;
  count_ = found;
  events_.resize(found);
}

}  // namespace resonance::python
