#include "arguments.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "resonance/error.hpp"
#include "text_layout.hpp"
#include "wire/spelling.hpp"

namespace resonance::cli {

namespace {

[[noreturn]] void refuse(const std::string& message) { throw Error(ErrorCode::invalid_argument, message); }

using Words = std::vector<std::string>;

/// Where the verb stands: the first word that is no option. Global options take no values.
Words::const_iterator verb_in(const Words& words) {
  return std::find_if(words.begin(), words.end(), [](const std::string& word) { return !word.starts_with('-'); });
}

const CLI::App* find_verb(const CLI::App& root, std::string_view name) {
  for (const CLI::App* verb : root.get_subcommands({}))
    if (verb->get_name() == name) return verb;
  return nullptr;
}

/// The option of the verb or of the command that is spelled like this: "--limit", "--limit=5", "-h".
const CLI::Option* find_option(const CLI::App& root, const CLI::App& verb, std::string_view word) {
  if (!word.starts_with('-') || word == "-") return nullptr;
  const std::string name(word.substr(0, word.starts_with("--") ? word.find('=') : word.npos));
  const CLI::Option* found = verb.get_option_no_throw(name);
  return found != nullptr ? found : root.get_option_no_throw(name);
}

bool takes_next_word(const CLI::Option& option, std::string_view word) {
  return option.get_items_expected_max() > 0 && word.find('=') == std::string_view::npos;
}

[[noreturn]] void refuse_verb(const CLI::App& root, const std::string& word) {
  const std::string near = nearest_verb(root, word);
  const std::string hint = near.empty() ? "'resonance --help' lists the verbs" : fmt::format("did you mean '{}'?", near);
  refuse(fmt::format("'{}' is no verb; {}", safe_text(word), hint));
}

/// The word behind a verb that takes one of few ("index sync"), in front of --help: without that, CLI11 refuses it.
void check_action(const Session& session, const CLI::App& verb, const Words& words, Words::const_iterator behind) {
  const auto word = behind;
  const bool asks_for_help = std::any_of(behind, words.cend(), [](const auto& each) { return each == "-h" || each == "--help"; });
  if (!asks_for_help || word->starts_with('-')) return;
  for (const auto& [option, choices] : session.choices) {
    if (!option->get_positional() || verb.get_option_no_throw(option->get_name()) != option) continue;
    if (std::find(choices.begin(), choices.end(), *word) != choices.end()) return;
    Nearest nearest(*word);
    for (const auto& choice : choices) nearest.offer(choice);
    refuse(fmt::format("{}: '{}' is none of {}{}", verb.get_name(), safe_text(*word), fmt::join(choices, ", "),
                       nearest.best().empty() ? "" : fmt::format("; did you mean '{}'?", nearest.best())));
  }
}

}  // namespace

std::vector<std::string> arranged(const CLI::App& root, const Session& session, std::vector<std::string> words) {
  const auto at = verb_in(words);
  const CLI::App* verb = at == words.end() ? nullptr : find_verb(root, *at);
  if (at != words.end() && verb == nullptr) refuse_verb(root, *at);  // also in front of --help, which CLI11 would answer
  if (verb != nullptr) check_action(session, *verb, words, at + 1);
  if (verb == nullptr || !session.asking.contains(verb)) return words;
  Words options(words.cbegin(), at + 1), rest;
  bool query_only = false;
  for (auto it = at + 1; it != words.cend(); ++it) {
    const CLI::Option* option = query_only ? nullptr : find_option(root, *verb, *it);
    if (option != nullptr) {
      options.push_back(*it);
      if (!takes_next_word(*option, *it)) continue;
      if (it + 1 == words.cend()) return words;  // CLI11 says what is missing
      options.push_back(*++it);
    } else if (query_only || !it->starts_with("--")) {
      rest.push_back(*it);
    } else if (*it == "--") {
      query_only = true;
    } else {
      refuse(fmt::format("{0}: there is no option {1}; if it is the query, put -- in front of it: resonance {0} … -- '{1}'",
                         verb->get_name(), safe_text(*it)));
    }
  }
  options.emplace_back("--");
  options.insert(options.end(), rest.begin(), rest.end());
  return options;
}

void refuse_usage(const CLI::App& root, const std::vector<std::string>& words, const CLI::ParseError& error) {
  const auto at = verb_in(words);
  if (at == words.end()) {
    const auto odd = std::find_if(words.begin(), words.end(), [&](const auto& word) { return find_option(root, root, word) == nullptr; });
    const std::string what = odd == words.end() ? "" : fmt::format("'{}' is no option; ", safe_text(*odd));
    refuse(what + "name a verb; 'resonance --help' lists them");
  }
  std::string what = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && what.find(" missing") != std::string::npos)
    what = what.substr(0, what.find(':')) + ": its value is missing";  // CLI11 names a type of C++
  if (const auto twice = what.find(": At Most 1 required but received"); twice != std::string::npos)
    what = what.substr(0, twice) + ": it is given more than once";
  refuse(fmt::format("{}: {}; see 'resonance {} --help'", *at, safe_text(what), *at));
}

}  // namespace resonance::cli
