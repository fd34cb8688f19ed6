/// A query as a tree: what parse_query() makes of the text, and what a search turns into SQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace resonance::query {

/// A run's words that a field of its own names. Compared as a whole, without regard to case, with wildcards.
enum class TextField : std::uint8_t { plan, sample, formula, serial, operator_name, status, tag, beamtime, researcher };

/// A run's numbers that a field of its own names. Duration in seconds; of an open run it is not known and never matches.
enum class NumberField : std::uint8_t { scan_id, num_events, num_frames, bytes, duration };

/// Text to be compared with a whole value. Both forms have their case folded.
struct Pattern {
  std::string literal;  ///< the text itself; of use when `wild` is false
  std::string glob;     ///< SQLite's GLOB: only the wildcards that were meant as such are special
  bool wild = false;
  std::string written = {};  ///< as it stands in the query, so that it can be shown; no part of the meaning
  bool operator==(const Pattern& other) const { return literal == other.literal && glob == other.glob && wild == other.wild; }
};

/// Numbers between two ends. An end that is missing is no condition; both missing is every number.
struct Interval {
  std::optional<double> low, high;
  bool low_open = false, high_open = false;  ///< the end itself is not in it
  bool operator==(const Interval&) const = default;
};

/// Where a value was recorded. `any`: a data key of that name, or metadata whose path is the name or ends with ".name".
enum class PathSource : std::uint8_t { any, metadata, data };

struct Path {
  PathSource source = PathSource::any;
  std::string name;  ///< case folded; levels of metadata are joined with '.'
  bool operator==(const Path&) const = default;
};

struct TextTerm {
  TextField field = TextField::plan;
  Pattern pattern;
  bool operator==(const TextTerm&) const = default;
};

struct NumberTerm {
  NumberField field = NumberField::scan_id;
  Interval interval;
  bool operator==(const NumberTerm&) const = default;
};

/// When the run began, in seconds since the Unix epoch.
struct TimeTerm {
  Interval interval;
  bool operator==(const TimeTerm&) const = default;
};

/// Some value at the path is in the interval, or is text that fits the pattern; one of them at least is given. What was
/// recorded as a range (a data key over its run) is in an interval when the two have a number in common.
struct PathTerm {
  Path path;
  std::optional<Interval> interval;
  std::string unit;  ///< of the interval's ends, as written; empty: numbers are compared whatever their unit
  std::optional<Pattern> pattern;
  bool operator==(const PathTerm&) const = default;
};

/// There is some value at the path.
struct PathExistsTerm {
  Path path;
  bool operator==(const PathExistsTerm&) const = default;
};

/// There is a note, a tag, a sample, an operator.
enum class Thing : std::uint8_t { note, tag, sample, operator_name, frames };
struct HasTerm {
  Thing thing = Thing::note;
  bool operator==(const HasTerm&) const = default;
};

struct UidTerm {
  std::string prefix;  ///< lower case
  bool operator==(const UidTerm&) const = default;
};

/// Words one behind the other in what is written about a run: plan, sample, operator, tags, text in the metadata, notes.
struct WordsTerm {
  std::string text;
  bool prefix = false;      ///< the last word may go on ("poly*")
  bool notes_only = false;  ///< in notes alone ("note:burnt")
  bool operator==(const WordsTerm&) const = default;
};

struct Node;

struct AllOf {
  std::vector<Node> nodes;  ///< none: every run
  bool operator==(const AllOf&) const;
};
struct AnyOf {
  std::vector<Node> nodes;
  bool operator==(const AnyOf&) const;
};
struct Not {
  std::vector<Node> node;  ///< exactly one
  bool operator==(const Not&) const;
};

struct Node {
  std::variant<AllOf, AnyOf, Not, TextTerm, NumberTerm, TimeTerm, PathTerm, PathExistsTerm, HasTerm, UidTerm, WordsTerm> term;
  bool operator==(const Node&) const = default;
};

inline bool AllOf::operator==(const AllOf& other) const { return nodes == other.nodes; }
inline bool AnyOf::operator==(const AnyOf& other) const { return nodes == other.nodes; }
inline bool Not::operator==(const Not& other) const { return node == other.node; }

}  // namespace resonance::query
