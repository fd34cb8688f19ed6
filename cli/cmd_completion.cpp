/// `resonance completion`: the completion script, made from the verbs and options themselves, so that it cannot be out of date.
#include <fmt/format.h>

#include "app.hpp"

namespace resonance::cli {
namespace {

struct Options {
  std::string shell;
  const CLI::App* root = nullptr;
};

constexpr const char* kBeginning = R"(# Completion of the resonance command for bash. Made by `resonance completion bash`.
_resonance() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb= options= values= words= i
  [[ $cur == '=' ]] && cur=
  [[ $prev == '=' ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
  for ((i = 1; i < COMP_CWORD; ++i)); do
    if [[ ${COMP_WORDS[i]} != -* ]]; then
      verb=${COMP_WORDS[i]}
      break
    fi
  done
  COMPREPLY=()
  case $verb in
)";

// What takes a value and has no words to choose from is left to the file names.
constexpr const char* kEnd = R"(  esac
  if [[ -n $words ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  elif [[ " $values " != *" $prev "* && $cur == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
  fi
}
complete -o default -F _resonance resonance
)";

/// Names of the options of a verb, or only of those that take a value.
std::string option_names(const CLI::App& app, bool with_value_only) {
  std::string names;
  for (const CLI::Option* option : app.get_options()) {
    if (option == app.get_help_ptr() && app.get_parent() != nullptr) continue;  // stands among the root's
    if (with_value_only && option->get_items_expected_max() == 0) continue;
    for (const std::string& name : option->get_lnames()) names += (names.empty() ? "--" : " --") + name;
    for (const std::string& name : option->get_snames()) names += (names.empty() ? "-" : " -") + name;
  }
  return names;
}

std::string verb_case(const Session& session, const CLI::App& root, const CLI::App& verb) {
  std::string text = fmt::format("    {})\n      options='{} {}'\n      values='{}'\n", verb.get_name(), option_names(verb, false),
                                 option_names(root, false), option_names(verb, true));
  std::string inner;
  for (const CLI::Option* option : verb.get_options()) {
    const auto choice = session.choices.find(option);
    if (choice == session.choices.end()) continue;
    const bool positional = option->get_positional();
    const std::string words = fmt::format("{}", fmt::join(choice->second, " "));
    inner += positional ? fmt::format("        *) [[ $cur != -* ]] && words='{}' ;;\n", words)
                        : fmt::format("        --{}) words='{}' ;;\n", option->get_lnames().front(), words);
  }
  if (!inner.empty()) text += "      case $prev in\n" + inner + "      esac\n";
  return text + "      ;;\n";
}

int run(Session& session, const Options& options) {
  const CLI::App& root = *options.root;
  std::string verbs, cases;
  for (const CLI::App* verb : root.get_subcommands({})) {
    verbs += verb->get_name() + " ";
    cases += verb_case(session, root, *verb);
  }
  session.out.write(kBeginning);
  session.out.write(fmt::format("    '') words='{}{}' ;;\n", verbs, option_names(root, false)));
  session.out.write(cases);
  session.out.write(kEnd);
  return 0;
}

}  // namespace

void add_completion(CLI::App& root, Session& session) {
  auto [app, options] = add_verb<Options>(root, session,
                                          {"completion", "Print the completion script for a shell",
                                           "  source <(resonance completion bash)\n"
                                           "  resonance completion bash > /etc/bash_completion.d/resonance"},
                                          run);
  options.root = &root;
  one_of(session, app.add_option("SHELL", options.shell, "bash")->required()->option_text(" "), {"bash"});
}

}  // namespace resonance::cli
