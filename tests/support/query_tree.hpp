/// A parsed query as text, so that a test can say what it expects and show what came instead.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/text.hpp"
#include "query/parse.hpp"

namespace resonance::test {

namespace tree_text {

using namespace resonance::query;

inline std::string name_of(TextField field) {
  constexpr std::string_view kNames[] = {"plan", "sample", "formula", "serial", "operator", "status", "tag", "beamtime", "researcher"};
  return std::string(kNames[static_cast<std::size_t>(field)]);
}

inline std::string name_of(NumberField field) {
  constexpr std::string_view kNames[] = {"scan_id", "events", "frames", "bytes", "duration"};
  return std::string(kNames[static_cast<std::size_t>(field)]);
}

inline std::string name_of(Thing thing) {
  constexpr std::string_view kNames[] = {"note", "tag", "sample", "operator", "frames"};
  return std::string(kNames[static_cast<std::size_t>(thing)]);
}

inline std::string name_of(const Path& path) {
  constexpr std::string_view kSources[] = {"", "metadata:", "data:"};
  return std::string(kSources[static_cast<std::size_t>(path.source)]) + path.name;
}

/// "[280, 290)"
inline std::string text_of(const Interval& interval) {
  const auto end = [](const std::optional<double>& value) { return value ? shortest(*value) : std::string(); };
  return fmt::format("{}{}, {}{}", interval.low_open ? '(' : '[', end(interval.low), end(interval.high), interval.high_open ? ')' : ']');
}

inline std::string text_of(const Pattern& pattern) {
  return pattern.wild ? fmt::format("like {}", pattern.glob) : fmt::format("'{}'", pattern.literal);
}

inline std::string text_of(const Node& node);

inline std::string list_of(std::string_view head, const std::vector<Node>& nodes) {
  std::string out = fmt::format("{}(", head);
  for (std::size_t i = 0; i < nodes.size(); ++i) out += (i == 0 ? "" : ", ") + text_of(nodes[i]);
  return out + ")";
}

struct Describe {
  std::string operator()(const AllOf& all) const { return list_of("all", all.nodes); }
  std::string operator()(const AnyOf& any) const { return list_of("any", any.nodes); }
  std::string operator()(const Not& negated) const { return list_of("not", negated.node); }
  std::string operator()(const TextTerm& term) const { return fmt::format("{} {}", name_of(term.field), text_of(term.pattern)); }
  std::string operator()(const NumberTerm& term) const { return fmt::format("{} {}", name_of(term.field), text_of(term.interval)); }
  std::string operator()(const TimeTerm& term) const { return fmt::format("time {}", text_of(term.interval)); }
  std::string operator()(const PathTerm& term) const {
    std::string out = name_of(term.path);
    if (term.interval) out += " " + text_of(*term.interval) + term.unit;
    if (term.pattern) out += " " + text_of(*term.pattern);
    return out;
  }
  std::string operator()(const PathExistsTerm& term) const { return fmt::format("has {}", name_of(term.path)); }
  std::string operator()(const HasTerm& term) const { return fmt::format("has some {}", name_of(term.thing)); }
  std::string operator()(const UidTerm& term) const { return fmt::format("uid {}", term.prefix); }
  std::string operator()(const WordsTerm& term) const {
    return fmt::format("{} \"{}{}\"", term.notes_only ? "notes" : "words", term.text, term.prefix ? "*" : "");
  }
};

inline std::string text_of(const Node& node) { return std::visit(Describe{}, node.term); }

}  // namespace tree_text

using tree_text::text_of;

}  // namespace resonance::test
