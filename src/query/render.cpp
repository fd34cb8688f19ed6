#include "query/render.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/text.hpp"
#include "query/fields.hpp"
#include "query/times.hpp"

namespace resonance::query {
namespace {

bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (std::string_view("*?\"\\").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out + '"';
}

std::string_view name_of(TextField field) {
  constexpr std::string_view kNames[] = {"plan", "sample", "formula", "serial", "operator", "status", "tag", "beamtime", "researcher"};
  return kNames[static_cast<std::size_t>(field)];
}

std::string_view name_of(NumberField field) {
  constexpr std::string_view kNames[] = {"scan", "events", "frames", "bytes", "duration"};
  return kNames[static_cast<std::size_t>(field)];
}

std::string_view name_of(Thing thing) {
  constexpr std::string_view kNames[] = {"note", "tag", "sample", "operator", "frames"};
  return kNames[static_cast<std::size_t>(thing)];
}

/// Without quotes where it is plain, and no field has that name.
std::string name_of(const Path& path) {
  constexpr std::string_view kSources[] = {"", "metadata.", "data."};
  const auto full = fmt::format("{}{}", kSources[static_cast<std::size_t>(path.source)], path.name);
  const bool is_plain =
      is_letter(full.front()) && std::ranges::all_of(full, [](char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '.'; });
  const bool is_path = value_kind(full, false) == ValueKind::value;
  return is_plain && is_path ? full : quoted(full);
}

/// A pattern that no query spelled out is every text.
std::string value_of(const Pattern& pattern, bool always_quoted) {
  if (pattern.written.empty()) return "*";
  const auto inner = std::string_view(pattern.written).substr(1, pattern.written.size() - 2);
  const bool is_plain = !inner.empty() && (is_letter(inner.front()) || is_digit(inner.front()) || inner.front() == '*') &&
                        std::ranges::all_of(inner, [](char c) {
                          return is_letter(c) || is_digit(c) || std::string_view("_-.*?").find(c) != std::string_view::npos;
                        });
  return is_plain && !always_quoted ? std::string(inner) : pattern.written;
}

std::string end_of(double number, const std::string& unit) {
  const auto text = shortest(number);
  if (unit.empty()) return text;
  return std::ranges::all_of(unit, is_letter) ? text + unit : fmt::format("{} {}", text, unit);
}

/// A minus in front of a term would negate it.
std::string quoted_if(std::string text) { return text.find(' ') == text.npos && !text.starts_with('-') ? text : quoted(text); }

/// `name` and what it is compared with, an end each.
template <class Text>
std::string compared(std::string_view name, const Interval& interval, const Text& text) {
  const auto& [low, high, low_open, high_open] = interval;
  if (low && high) return fmt::format("{}{}{}{}{}", text(*low), low_open ? "<" : "<=", name, high_open ? "<" : "<=", text(*high));
  if (low) return fmt::format("{}{}{}", name, low_open ? ">" : ">=", text(*low));
  return fmt::format("{}{}{}", name, high_open ? "<" : "<=", text(*high));
}

std::string numbers(std::string_view name, const Interval& interval, const std::string& unit) {
  const auto& [low, high, low_open, high_open] = interval;
  if (!low && !high) return fmt::format("{}:*", name);
  if (low && high && !low_open && !high_open)
    return fmt::format("{}:{}", name, quoted_if(fmt::format("{}..{}", shortest(*low), end_of(*high, unit))));
  return compared(name, interval, [&](double end) { return quoted_if(end_of(end, unit)); });
}

struct Renderer {
  const ParseContext& context;

  std::string list(const std::vector<Node>& nodes, std::string_view between) const {
    std::string out;
    for (const auto& node : nodes) out += fmt::format("{}{}", out.empty() ? "" : between, part(node));
    return out;
  }
  /// In parentheses where it is a list.
  std::string part(const Node& node) const {
    const auto* all = std::get_if<AllOf>(&node.term);
    const bool is_list = std::holds_alternative<AnyOf>(node.term) || (all != nullptr && !all->nodes.empty());
    return is_list ? fmt::format("({})", whole(node)) : whole(node);
  }
  std::string whole(const Node& node) const { return std::visit(*this, node.term); }

  std::string operator()(const AllOf& all) const { return all.nodes.empty() ? "*" : list(all.nodes, " AND "); }
  std::string operator()(const AnyOf& any) const { return list(any.nodes, " OR "); }
  std::string operator()(const Not& negated) const { return fmt::format("NOT {}", part(negated.node.front())); }
  std::string operator()(const TextTerm& term) const {
    return fmt::format("{}:{}", name_of(term.field), value_of(term.pattern, term.field == TextField::status));
  }
  std::string operator()(const NumberTerm& term) const {
    const auto& [low, high, low_open, high_open] = term.interval;
    if (low && low == high && !low_open && !high_open) return fmt::format("{}:{}", name_of(term.field), shortest(*low));
    return numbers(name_of(term.field), term.interval, {});
  }
  /// Ends that a day, a minute or a second does not say are moments.
  std::string operator()(const TimeTerm& term) const {
    const auto& [low, high, low_open, high_open] = term.interval;
    if (low && high && !low_open && high_open)
      if (const auto span = parse_time(time_text(*low, context), context);
          span && !span->is_moment && span->begin == *low && span->end == *high)
        return fmt::format("on:{}", time_text(*low, context));
    return compared("date", term.interval, [&](double end) {
      const bool is_moment = (low && end == *low && low_open) || (high && end == *high && !high_open);
      return quoted(is_moment ? fmt::format("@{}", shortest(end)) : time_text(end, context));
    });
  }
  std::string operator()(const PathTerm& term) const {
    const auto name = name_of(term.path);
    if (term.pattern) return fmt::format("{}={}", name, value_of(*term.pattern, false));
    return numbers(name, *term.interval, term.unit);
  }
  std::string operator()(const PathExistsTerm& term) const {
    const auto name = name_of(term.path);
    const bool is_thing = name == "tags" || name == "notes" || name == "frame";
    return fmt::format("has:{}", is_thing ? quoted(name) : name);
  }
  std::string operator()(const HasTerm& term) const { return fmt::format("has:{}", name_of(term.thing)); }
  std::string operator()(const UidTerm& term) const { return fmt::format("uid:{}", term.prefix); }
  std::string operator()(const WordsTerm& term) const {
    auto text = quoted(term.text);
    if (term.prefix) text.insert(text.size() - 1, "*");
    return term.notes_only ? fmt::format("note:{}", text) : text;
  }
};

}  // namespace

std::string render(const Node& query, const ParseContext& context) { return Renderer{context}.whole(query); }

}  // namespace resonance::query
