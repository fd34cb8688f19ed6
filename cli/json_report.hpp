/// One JSON object, written as its parts become known: a badly damaged beamtime may have very many faults.
#pragma once

#include <fmt/format.h>

#include "output.hpp"
#include "resonance/json.hpp"
#include "wire/wire_text.hpp"

namespace resonance::cli {

/// Lists of findings, then the members of a report.
class JsonReport {
 public:
  JsonReport(Output& out, const char* first_list) : out_(out) { out_.write(fmt::format("{{\n  \"{}\": [", first_list)); }
  void add(const Json& item) {
    out_.write(any_ ? ",\n    " : "\n    ");
    out_.write(wire::json_text(item));
    any_ = true;
  }
  void next_list(const char* name) {
    end_list();
    out_.write(fmt::format(",\n  \"{}\": [", name));
  }
  void finish(const Json& report) {
    end_list();
    for (const auto& [name, value] : report.as_object()) out_.write(fmt::format(",\n  \"{}\": {}", name, wire::json_text(value)));
    out_.write("\n}\n");
  }

 private:
  void end_list() {
    out_.write(any_ ? "\n  ]" : "]");
    any_ = false;
  }

  Output& out_;
  bool any_ = false;
};

}  // namespace resonance::cli
