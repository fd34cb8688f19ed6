// Every recorded event passes here: exact types are told apart first, NumPy's afterwards, and no text is made.
#include <fmt/format.h>

#include <string>

#include "json.hpp"
#include "resonance/error.hpp"

namespace resonance::python {

namespace nb = nanobind;

namespace {

constexpr int kMaxDepth = 128;  // what Json::parse() reads back

/// Which member of which list, for errors; on the stack, so that it costs nothing when all is well.
struct Place {
  const Place* outer;
  std::string_view key;
  Py_ssize_t index;
  [[nodiscard]] std::string text() const {
    const auto before = outer == nullptr ? std::string() : outer->text();
    return index >= 0 ? fmt::format("{}[{}]", before, index) : fmt::format("{}['{}']", before, key);
  }
};

[[noreturn]] void refuse(nb::handle value, const Place* place, std::string_view why) {
  PyErr_SetString(PyExc_TypeError, fmt::format("the value{}{} of type {} {}", place == nullptr ? "" : " at ",
                                               place == nullptr ? "" : place->text(), nb::type_name(value.type()).c_str(), why)
                                       .c_str());
  throw nb::python_error();
}

std::string_view text_of(PyObject* text) {
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(text, &size);
  if (bytes == nullptr) throw nb::python_error();
  return {bytes, static_cast<std::size_t>(size)};
}

Json integer(PyObject* value) {
  int overflow = 0;
  const long long small = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (overflow == 0) {
    if (small == -1 && PyErr_Occurred() != nullptr) throw nb::python_error();
    return Json(small);
  }
  if (overflow > 0) {
    const unsigned long long large = PyLong_AsUnsignedLongLong(value);
    if (PyErr_Occurred() == nullptr) return Json(large);
    PyErr_Clear();
  }
  const nb::object digits = nb::steal(PyNumber_ToBase(value, 10));
  if (!digits.is_valid()) throw nb::python_error();
  return Json(Json::BigInteger{std::string(text_of(digits.ptr()))});
}

Json convert(PyObject* value, const Place* place, int depth);

/// json.dumps() writes keys that are numbers, bools and None as text; so do we.
std::string key_text(PyObject* key, const Place* place) {
  if (PyUnicode_Check(key) != 0) return std::string(text_of(key));
  if (key == Py_True) return "true";
  if (key == Py_False) return "false";
  if (key == Py_None) return "null";
  if (PyLong_Check(key) != 0 || PyFloat_Check(key) != 0) return convert(key, place, 0).dump();
  refuse(key, place, "cannot be a key; keys are text");
}

Json object(PyObject* value, const Place* place, int depth) {
  Json::Object out;
  out.reserve(static_cast<std::size_t>(PyDict_Size(value)));
  PyObject *key = nullptr, *item = nullptr;
  const auto size = PyDict_Size(value);
  for (Py_ssize_t at = 0; PyDict_Next(value, &at, &key, &item) != 0;) {
    const nb::object held_key = nb::borrow(key), held_item = nb::borrow(item);  // converting may run code that changes the dict
    auto name = key_text(key, place);
    const Place here{place, name, -1};
    auto converted = convert(item, &here, depth + 1);
    if (PyDict_Size(value) != size) refuse(value, place, "was changed while it was read");
    out.emplace_back(std::move(name), std::move(converted));
  }
  return Json(std::move(out));
}

Json sequence(PyObject* value, const Place* place, int depth) {
  const bool list = PyList_Check(value) != 0;
  Json::Array out;
  out.reserve(static_cast<std::size_t>(list ? PyList_Size(value) : PyTuple_Size(value)));
  for (Py_ssize_t i = 0; i < (list ? PyList_Size(value) : PyTuple_Size(value)); ++i) {
    const nb::object item = nb::borrow(list ? PyList_GetItem(value, i) : PyTuple_GetItem(value, i));
    const Place here{place, {}, i};
    out.push_back(convert(item.ptr(), &here, depth + 1));
  }
  return Json(std::move(out));
}

/// NumPy's scalars and arrays, by what all of them have.
Json foreign(PyObject* value, const Place* place, int depth) {
  const nb::handle handle(value);
  if (nb::hasattr(handle, "dtype") && nb::hasattr(handle, "tolist")) {
    const auto kind = nb::str(nb::getattr(nb::object(handle.attr("dtype")), "kind", nb::str("")));
    if (kind.equal(nb::str("M")) || kind.equal(nb::str("m")))  // tolist() makes numbers of some of them
      refuse(value, place, "is a date or a span of time; store seconds since the Unix epoch, or text");
    const nb::object plain = handle.attr("tolist")();
    const auto* type = plain.type().ptr();
    if (type == handle.type().ptr()) refuse(value, place, "cannot be stored as JSON");
    const auto* name = plain.ptr();
    if (name == Py_None || PyBool_Check(plain.ptr()) != 0 || PyLong_Check(plain.ptr()) != 0 || PyFloat_Check(plain.ptr()) != 0 ||
        PyUnicode_Check(plain.ptr()) != 0 || PyList_Check(plain.ptr()) != 0)
      return convert(plain.ptr(), place, depth);
  }
  refuse(value, place, "cannot be stored as JSON; make it a number, text, list or dict");
}

Json convert(PyObject* value, const Place* place, int depth) {
  if (depth > kMaxDepth)
    throw Error(ErrorCode::invalid_argument, fmt::format("the value is nested more than {} levels deep, or contains itself", kMaxDepth));
  if (PyFloat_Check(value) != 0) return Json(PyFloat_AsDouble(value));  // also numpy.float64
  if (PyUnicode_Check(value) != 0) return Json(text_of(value));
  if (value == Py_None) return Json();
  if (value == Py_True) return Json(true);
  if (value == Py_False) return Json(false);
  if (PyLong_Check(value) != 0) return integer(value);
  if (PyDict_Check(value) != 0) return object(value, place, depth);
  if (PyList_Check(value) != 0 || PyTuple_Check(value) != 0) return sequence(value, place, depth);
  return foreign(value, place, depth);
}

}  // namespace

Json to_json(nb::handle value) { return convert(value.ptr(), nullptr, 0); }

Json to_json(nb::handle value, std::string_view key) {
  const Place place{nullptr, key, -1};
  return convert(value.ptr(), &place, 0);
}

nb::dict to_dict(nb::handle value) {
  PyObject* made = PyDict_Check(value.ptr()) != 0
                       ? PyDict_Copy(value.ptr())
                       : PyObject_CallFunctionObjArgs(reinterpret_cast<PyObject*>(&PyDict_Type), value.ptr(), nullptr);
  if (made == nullptr) throw nb::python_error();
  return nb::steal<nb::dict>(made);
}

std::string to_text(nb::handle value, const char* what) {
  if (PyUnicode_Check(value.ptr()) != 0) return std::string(text_of(value.ptr()));
  PyErr_Format(PyExc_TypeError, "%s is text, not %R", what, value.ptr());
  throw nb::python_error();
}

std::vector<std::string> to_texts(nb::handle value, const char* what) {
  std::vector<std::string> out;
  if (PyUnicode_Check(value.ptr()) != 0 || PyBytes_Check(value.ptr()) != 0 || PySequence_Check(value.ptr()) == 0) {
    PyErr_Format(PyExc_TypeError, "%s is a list of texts, not %R", what, value.ptr());
    throw nb::python_error();
  }
  const std::string one = fmt::format("each item of {}", what);
  for (const auto item : nb::iter(value)) out.push_back(to_text(item, one.c_str()));
  return out;
}

Json to_json_object(nb::handle value, const char* what) {
  if (value.is_none()) return Json::object();
  if (PyDict_Check(value.ptr()) != 0) return object(value.ptr(), nullptr, 0);
  if (PyMapping_Check(value.ptr()) != 0 && nb::hasattr(value, "items")) return to_json(to_dict(value));
  PyErr_SetString(PyExc_TypeError, fmt::format("{} is a dict, not {}", what, nb::type_name(value.type()).c_str()).c_str());
  throw nb::python_error();
}

}  // namespace resonance::python
