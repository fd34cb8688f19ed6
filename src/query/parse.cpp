#include "query/parse.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/text.hpp"
#include "query/fields.hpp"
#include "query/scanner.hpp"
#include "query/source.hpp"
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

/// any := all ("OR" all)*    all := part (["AND"] part)*    part := ("NOT" | "-") part | "(" any ")" | term
class Parser {
 public:
  Parser(const Source& source, const ParseContext& context) : source_(source), scanner_(source), context_(context) {}

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
    while (take_keyword("OR"));
    return combined<AnyOf>(std::move(nodes));
  }

  Node all(std::size_t depth) {
    std::vector<Node> nodes;
    do {
      nodes.push_back(part(depth));
      scanner_.skip_blanks();
    } while (take_keyword("AND") || !(scanner_.at_end() || scanner_.looking_at(')') || scanner_.looking_at_keyword("OR")));
    return combined<AllOf>(std::move(nodes));
  }

  Node part(std::size_t depth) {
    if (depth > kMaxDepth) source_.fail(scanner_.at(), fmt::format("expected at most {} levels of parentheses and NOT", kMaxDepth));
    scanner_.skip_blanks();
    if (take_keyword("NOT") || take_minus()) return Node{Not{{part(depth + 1)}}};
    if (scanner_.looking_at('(')) return group(depth);
    return term();
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
    if (operation == Operator::none) return word(pieces);
    if (pieces.empty()) source_.fail(at, fmt::format("expected a name in front of {}", source_.stands_at(at)));
    return comparison(pieces, end, operation);
  }

  Node word(const std::vector<Piece>& pieces) {
    if (pieces.size() > 1) source_.fail(pieces[1].at, "expected quotes around the whole of it, or a blank between the two");
    return bare_term(source_, pieces.front());
  }

  Node comparison(const std::vector<Piece>& pieces, std::size_t name_end, Operator operation) {
    Comparison term;
    term.at = pieces.front().at;
    term.operation = operation;
    term.is_quoted = pieces.front().quoted;
    for (const auto& piece : pieces) {
      term.name += piece.text;
      if (!piece.quoted && !piece.wildcards.empty())
        source_.fail(piece.at, "expected wildcards in values only, not in a name; quote the name if it has such a character");
    }
    term.operator_at = name_end + source_.text().substr(name_end).find_first_of(":=<>!");
    const auto sign = source_.text().substr(name_end, scanner_.at() - name_end);
    term.shown = printable(term.name, 40) + std::string(trimmed(sign));
    term.value = scanner_.value(term.shown);
    return comparison_term(source_, term, context_);
  }

  bool take_keyword(std::string_view keyword) {
    if (!scanner_.looking_at_keyword(keyword)) return false;
    behind_ = fmt::format(" behind '{}'", keyword);
    scanner_.advance(keyword.size());
    return true;
  }

  bool take_minus() {
    if (!scanner_.looking_at('-')) return false;
    scanner_.advance(1);
    if (scanner_.at_end() || scanner_.at_blank() || scanner_.looking_at('-'))
      source_.fail(scanner_.at(), fmt::format("expected a term directly behind '-', not {}", source_.stands_at(scanner_.at())));
    behind_ = " behind '-'";
    return true;
  }

  [[noreturn]] void expected_term() const {
    const bool is_keyword = scanner_.looking_at_any_keyword();
    source_.fail(scanner_.at(), fmt::format("expected a term{}, not {}{}", behind_, source_.stands_at(scanner_.at()),
                                            is_keyword ? " (the word itself is searched for in lower case or in quotes)" : ""));
  }

  const Source& source_;
  Scanner scanner_;
  const ParseContext& context_;
  std::string behind_;  ///< what a term must follow now, for messages
  std::size_t terms_ = 0;
};

}  // namespace

Node parse_query(std::string_view text, const ParseContext& context) {
  const Source source(text);
  return Parser(source, context).query();
}

}  // namespace resonance::query
