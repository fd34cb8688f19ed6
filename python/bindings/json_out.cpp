#include "json.hpp"

namespace resonance::python {

namespace nb = nanobind;

namespace {

nb::object checked(PyObject* made) {
  if (made == nullptr) throw nb::python_error();
  return nb::steal(made);
}

nb::object make(std::nullptr_t) { return nb::none(); }
nb::object make(bool value) { return nb::bool_(value); }
nb::object make(std::int64_t value) { return checked(PyLong_FromLongLong(value)); }
nb::object make(std::uint64_t value) { return checked(PyLong_FromUnsignedLongLong(value)); }
nb::object make(double value) { return checked(PyFloat_FromDouble(value)); }
nb::object make(const Json::BigInteger& value) { return checked(PyLong_FromString(value.digits.c_str(), nullptr, 10)); }
nb::object make(const std::string& value) { return to_python(std::string_view(value)); }

nb::object make(const Json::Array& items) {
  auto out = checked(PyList_New(static_cast<Py_ssize_t>(items.size())));
  Py_ssize_t at = 0;
  for (const auto& item : items)
    if (PyList_SetItem(out.ptr(), at++, to_python(item).release().ptr()) != 0) throw nb::python_error();
  return out;
}

nb::object make(const Json::Object& members) {
  auto out = checked(PyDict_New());
  for (const auto& [key, value] : members)
    if (PyDict_SetItem(out.ptr(), to_python(std::string_view(key)).ptr(), to_python(value).ptr()) != 0) throw nb::python_error();
  return out;
}

}  // namespace

nb::object to_python(std::string_view text) {
  return checked(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace"));
}

nb::object to_python(const Json& value) {
  return std::visit([](const auto& held) { return make(held); }, value.storage());
}

}  // namespace resonance::python
