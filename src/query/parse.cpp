#include "query/parse.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/text.hpp"
#include "query/fields.hpp"
#include "query/joined_values.hpp"
#include "query/scanner.hpp"
#include "query/source.hpp"
#include "query/times.hpp"
#include "query/values.hpp"
#include "query/words.hpp"

namespace resonance::query {
namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxTerms = 256;

/// Several as one; those that are of that kind already give their parts.
template <class Kind>
Node combined(std::vector<Node> nodes) {
  if (nodes.size() == 1) return std::move(nodes.front());
  Kind out;
  for (auto& node : nodes) {
    auto* same = std::get_if<Kind>(&node.term);
    if (same != nullptr && !same->nodes.empty())
      for (auto& part : same->nodes) out.nodes.push_back(std::move(part));
    else
      out.nodes.push_back(std::move(node));
  }
  return Node{std::move(out)};
}

Operator mirrored(Operator operation) {
  switch (operation) {
    case Operator::less:
      return Operator::greater;
    case Operator::less_equal:
      return Operator::greater_equal;
    case Operator::greater:
      return Operator::less;
    default:
      return Operator::less_equal;
  }
}

/// any := all ("OR" all)*    all := part (["AND"] part)*    part := ("NOT" | "-") part | "(" any ")" | term
class Parser {
 public:
  Parser(const Source& source, const ParseContext& context) : source_(source), scanner_(source), context_(context) {}

  [[nodiscard]] std::vector<WrittenTerm> take_terms() { return std::move(written_); }

  Node query() {
    scanner_.skip_blanks();
    if (scanner_.at_end()) return Node{AllOf{}};
    Node node = any(0);
    if (!scanner_.at_end()) source_.fail(scanner_.at(), "this ')' closes nothing: expected a '(' in front of it");
    return node;
  }

 private:
  Node any(std::size_t depth) {
    std::vector<Node> nodes;
    do nodes.push_back(all(depth));
    while (take_keyword(Keyword::any));
    return combined<AnyOf>(std::move(nodes));
  }

  Node all(std::size_t depth) {
    std::vector<Node> nodes;
    do {
      nodes.push_back(part(depth));
      scanner_.skip_blanks();
    } while (take_keyword(Keyword::all) || !(scanner_.at_end() || scanner_.looking_at(')') || scanner_.keyword_length(Keyword::any) != 0));
    return combined<AllOf>(std::move(nodes));
  }

  Node part(std::size_t depth) {
    if (depth > kMaxDepth) source_.fail(scanner_.at(), fmt::format("expected at most {} levels of parentheses and NOT", kMaxDepth));
    scanner_.skip_blanks();
    if (take_keyword(Keyword::negated) || take_minus()) return negated(depth);
    if (scanner_.looking_at('(')) return group(depth);
    return term();
  }

  Node negated(std::size_t depth) {
    is_negated_ = !is_negated_;
    Node node{Not{{part(depth + 1)}}};
    is_negated_ = !is_negated_;
    return node;
  }

  Node group(std::size_t depth) {
    const std::size_t opened = scanner_.at();
    scanner_.advance(1);
    behind_ = " behind '('";
    Node node = any(depth + 1);
    if (!scanner_.looking_at(')')) source_.fail(opened, "this '(' is never closed: expected a ')' behind it");
    scanner_.advance(1);
    return node;
  }

  Node term() {
    if (scanner_.at_end() || scanner_.looking_at(')') || scanner_.looking_at_any_keyword()) expected_term();
    if (++terms_ > kMaxTerms) source_.fail(scanner_.at(), fmt::format("expected at most {} terms", kMaxTerms));
    const std::size_t at = scanner_.at();
    const auto pieces = scanner_.name();
    const std::size_t end = scanner_.at();
    const Operator operation = scanner_.take_operator();
    if (operation == Operator::none && pieces.size() == 1) {
      if (auto node = between(pieces)) return std::move(*node);
      if (auto node = behind_its_unit(pieces)) return std::move(*node);
    }
    if (operation == Operator::none) return word(pieces);
    if (pieces.empty()) source_.fail(at, fmt::format("expected a name in front of {}", source_.stands_at(at)));
    if (is_ordered(operation) && is_end(pieces))
      if (auto node = behind_its_end(pieces.front(), operation)) return std::move(*node);
    return comparison(named(pieces, end, operation));
  }

  Node word(const std::vector<Piece>& pieces) {
    if (pieces.size() > 1) source_.fail(pieces[1].at, "expected quotes around the whole of it, or a blank between the two");
    Node node = bare_term(source_, pieces.front());
    const auto& piece = pieces.front();
    written_.push_back({piece.at, scanner_.at(), {}, false, false, piece.text, piece.quoted, piece.at, is_negated_, node});
    return node;
  }

  Comparison named(const std::vector<Piece>& pieces, std::size_t name_end, Operator operation) {
    Comparison term;
    term.at = pieces.front().at;
    term.operation = operation;
    term.is_quoted = pieces.front().quoted;
    for (const auto& piece : pieces) {
      term.name += piece.text;
      if (!piece.quoted && !piece.wildcards.empty())
        source_.fail(piece.at, "expected wildcards in values only, not in a name; quote the name if it has such a character");
    }
    for (term.operator_at = name_end; const auto blank = source_.blank_at(term.operator_at);) term.operator_at += blank;
    const auto sign = source_.text().substr(name_end, scanner_.at() - name_end);
    term.shown = printable(term.name, 40) + std::string(trimmed(sign));
    return term;
  }

  Node comparison(Comparison term) {
    term.value = scanner_.value(term.shown);
    const auto joined = joined_value(scanner_, term.value, value_kind(term.name, term.is_quoted), term.operation, context_);
    if (!joined) return write(term, comparison_term(source_, term, context_));
    Comparison longer = term;
    longer.value = joined->value;
    Node node = comparison_term(source_, longer, context_);
    if (!joined->perhaps.empty()) node = either(std::move(node), comparison_term(source_, term, context_), joined->perhaps);
    scanner_.go_to(joined->end);
    return write(longer, std::move(node));
  }

  /// "temperature>300 K": the unit, or the number and a word.
  static Node either(Node with_unit, Node without, std::string_view word) {
    AllOf both;
    both.nodes.push_back(std::move(without));
    both.nodes.push_back(Node{WordsTerm{std::string(word), false, false}});
    AnyOf out;
    out.nodes.push_back(std::move(with_unit));
    out.nodes.push_back(combined<AllOf>(std::move(both.nodes)));
    return combined<AnyOf>(std::move(out.nodes));
  }

  Node write(const Comparison& term, Node node) {
    const auto kind = value_kind(term.name, term.is_quoted);
    written_.push_back({term.at, scanner_.at(), term.name, kind == ValueKind::value || kind == ValueKind::date,
                        term.operation == Operator::equal, term.value.text, term.value.quoted, term.value.at, is_negated_, node});
    return node;
  }

  /// "energy between 280 and 290"
  std::optional<Node> between(const std::vector<Piece>& pieces) {
    if (!pieces.front().wildcards.empty()) return std::nullopt;
    const auto joined = between_value(scanner_, value_kind(pieces.front().text, pieces.front().quoted));
    if (!joined) return std::nullopt;
    Comparison term = named(pieces, scanner_.at(), Operator::equal);
    term.value = joined->value;
    term.shown += " between";
    Node node = comparison_term(source_, term, context_);
    scanner_.go_to(joined->end);
    return write(term, std::move(node));
  }

  /// Whether it is a number or a time in front of "<", and so no name.
  [[nodiscard]] bool is_end(const std::vector<Piece>& pieces) const {
    return pieces.size() == 1 && pieces.front().wildcards.empty() &&
           (parse_quantity(pieces.front().text) || parse_time(pieces.front().text, context_));
  }

  /// "280<energy<290", "280<energy"; nothing where no name follows.
  std::optional<Node> behind_its_end(const Piece& first, Operator operation) {
    const std::size_t start = scanner_.at();
    const auto pieces = scanner_.looking_at_any_keyword() ? std::vector<Piece>() : scanner_.name();
    if (pieces.empty() || is_end(pieces)) {
      scanner_.go_to(start);
      return std::nullopt;
    }
    const std::size_t end = scanner_.at();
    Comparison below = named(pieces, end, mirrored(operation));
    below.value = first;
    const Operator second = scanner_.take_operator();
    if (second == Operator::none) return write(below, comparison_term(source_, below, context_));
    below.operator_at = below.at;
    Comparison above = named(pieces, end, second);
    if (is_ordered(second) && (second == Operator::less || second == Operator::less_equal) !=
                                  (below.operation == Operator::greater || below.operation == Operator::greater_equal))
      source_.fail(above.operator_at, "expected both ends in one direction, as in 280<energy<290");
    if (!is_ordered(second))
      source_.fail(above.operator_at, fmt::format("expected '<', '<=', '>' or '>=', not {}", source_.stands_at(above.operator_at)));
    above.value = scanner_.value(above.shown);
    if (const auto joined = joined_value(scanner_, above.value, value_kind(above.name, above.is_quoted), second, context_);
        joined && joined->perhaps.empty()) {
      above.value = joined->value;
      scanner_.go_to(joined->end);
    }
    return write(above, two_sided_term(source_, below, above, context_));
  }

  /// "280 eV < energy"
  std::optional<Node> behind_its_unit(const std::vector<Piece>& pieces) {
    const auto quantity = is_end(pieces) ? parse_quantity(pieces.front().text) : std::nullopt;
    const auto next = quantity && quantity->unit.empty() ? scanner_.word_behind(scanner_.at()) : Scanner::RawWord();
    const auto unit = next.text.substr(0, next.text.find_first_of(":=<>!"));
    if (unit_word(unit) == UnitWord::no) return std::nullopt;
    const std::size_t start = scanner_.at();
    scanner_.go_to(next.end - next.text.size() + unit.size());
    Piece first = pieces.front();
    first.text = fmt::format("{} {}", first.text, unit);
    const Operator operation = scanner_.take_operator();
    auto node = is_ordered(operation) ? behind_its_end(first, operation) : std::nullopt;
    if (!node) scanner_.go_to(start);
    return node;
  }

  bool take_keyword(Keyword keyword) {
    const auto length = scanner_.keyword_length(keyword);
    if (length == 0) return false;
    behind_ = fmt::format(" behind '{}'", source_.text().substr(scanner_.at(), length));
    scanner_.advance(length);
    return true;
  }

  /// The minus of "-5<temperature<5"
  [[nodiscard]] bool at_negative_end(std::size_t length) const {
    Scanner ahead = scanner_;
    ahead.advance(length);
    const auto rest = source_.text().substr(ahead.at());
    if (rest.empty() || rest.front() < '0' || rest.front() > '9') return false;
    return is_end(ahead.name()) && is_ordered(ahead.take_operator());
  }

  bool take_minus() {
    const auto length = scanner_.minus_length();
    if (length == 0 || at_negative_end(length)) return false;
    scanner_.advance(length);
    if (scanner_.at_end() || scanner_.at_blank() || scanner_.minus_length() != 0)
      source_.fail(scanner_.at(), fmt::format("expected a term directly behind '-', not {}", source_.stands_at(scanner_.at())));
    behind_ = " behind '-'";
    return true;
  }

  [[noreturn]] void expected_term() const {
    const bool is_keyword =
        scanner_.looking_at_any_keyword() && (scanner_.looking_at('A') || scanner_.looking_at('O') || scanner_.looking_at('N'));
    source_.fail(scanner_.at(), fmt::format("expected a term{}, not {}{}", behind_, source_.stands_at(scanner_.at()),
                                            is_keyword ? " (the word itself is searched for in lower case or in quotes)" : ""));
  }

  const Source& source_;
  Scanner scanner_;
  const ParseContext& context_;
  std::string behind_;  ///< what a term must follow now, for messages
  std::size_t terms_ = 0;
  bool is_negated_ = false;
  std::vector<WrittenTerm> written_;
};

}  // namespace

ReadQuery read_query(std::string_view text, const ParseContext& context) {
  const Source source(text);
  Parser parser(source, context);
  Node tree = parser.query();
  return {std::move(tree), parser.take_terms()};
}

Node parse_query(std::string_view text, const ParseContext& context) { return read_query(text, context).tree; }

}  // namespace resonance::query
