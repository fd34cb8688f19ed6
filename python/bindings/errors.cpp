#include "errors.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include "resonance/error.hpp"
#include "wire/error_table.hpp"

namespace resonance::python {

namespace nb = nanobind;

namespace {

/// The classes live in resonance/errors.py, where Python's own classes can be inherited from.
void raise(const Error& error) {
  const auto& detail = error.detail();
  nb::object file = nb::none();
  if (!detail.file.empty()) file = nb::steal(PyUnicode_DecodeFSDefault(detail.file.c_str()));
  nb::object offset = detail.offset ? nb::object(nb::int_(*detail.offset)) : nb::none();
  const nb::object make = nb::module_::import_("resonance.errors").attr("_make");
  const nb::object exception =
      make(to_string(error.code()).data(),
           nb::steal(PyUnicode_DecodeUTF8(error.what(), static_cast<Py_ssize_t>(std::char_traits<char>::length(error.what())), "replace")),
           file, offset, detail.os_errno, detail.database);
  PyErr_SetObject(exception.type().ptr(), exception.ptr());
}

void translate(const std::exception_ptr& pointer, void*) {
  try {
    std::rethrow_exception(pointer);
  } catch (const Error& error) {
    try {
      raise(error);
    } catch (nb::python_error& failed) {  // the classes cannot be had, at interpreter exit say
      failed.restore();
    }
  } catch (const nb::cast_error&) {  // a conversion that does not say itself what is wrong
    PyErr_SetString(PyExc_TypeError, "an argument, or something in it, is of another type than is needed");
  }
}

}  // namespace

void bind_errors(nb::module_& module) {
  nb::register_exception_translator(translate);
  module.def("_error_rows", [] {
    nb::list out;
    for (const auto& row : wire::error_rows()) out.append(nb::make_tuple(static_cast<int>(row.code), row.name, row.python));
    return out;
  });
  module.def(
      "_raise",
      [](int code, const std::string& message, const std::string& file, std::optional<std::uint64_t> offset, int os_errno, bool database) {
        throw Error(static_cast<ErrorCode>(code), message, {.os_errno = os_errno, .file = file, .offset = offset, .database = database});
      },
      nb::arg("code"), nb::arg("message"), nb::arg("file") = "", nb::arg("offset") = nb::none(), nb::arg("errno") = 0,
      nb::arg("database") = false);
}

}  // namespace resonance::python
