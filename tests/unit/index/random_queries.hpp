/// Queries at random, as text, most of them about something that one of the runs has.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "naive_filter.hpp"
#include "plain_run.hpp"
#include "random_choice.hpp"

namespace resonance::index_test {

class RandomQueries {
 public:
  RandomQueries(std::uint64_t seed, const std::vector<PlainRun>& runs) : choice_(seed), runs_(runs) {}

  std::string next() { return choice_.one_in(40) ? "" : expression(3); }

 private:
  std::string expression(int depth) {
    std::string out = part(depth);
    for (std::size_t more = choice_.below(3); more > 0; --more) out += choice_.of({" ", " ", " AND ", " OR "}) + part(depth);
    return out;
  }

  std::string part(int depth) {
    if (depth > 0 && choice_.one_in(5)) return choice_.of({"", "", "-", "NOT "}) + "(" + expression(depth - 1) + ")";
    return choice_.of({"", "", "", "-", "NOT "}) + term();
  }

  std::string term() {
    const auto& run = choice_.of(runs_);
    switch (choice_.below(12)) {
      case 0:
      case 1:
        return text_term(run);
      case 2:
        return number_term(run);
      case 3:
      case 4:
        return time_term(run);
      case 5:
      case 6:
      case 7:
        return value_term(run);
      case 8:
        return "has:" + choice_.of({"note", "tag", "sample", "operator", "frames"});
      case 9:
        return (choice_.one_in(2) ? "uid:" : "uid=") + run.uid.substr(0, 1 + choice_.below(choice_.one_in(3) ? 32 : 3));
      default:
        break;
    }
    return words_term(run);
  }

  std::string text_term(const PlainRun& run) {
    std::vector<std::pair<std::string, std::string>> fields = {
        {"plan", run.plan}, {"beamtime", run.beamtime}, {"beamtime", run.db_path}, {"researcher", run.researcher}};
    if (run.sample) {
      fields.emplace_back("sample", run.sample->name);
      fields.emplace_back("formula", run.sample->formula.value_or("C8H8"));
      fields.emplace_back("serial", run.sample->serial.value_or("none"));
    }
    if (run.operator_name) fields.emplace_back("operator", *run.operator_name);
    fields.emplace_back("status", run.status.value_or("open"));
    for (const auto& tag : run.all_tags()) fields.emplace_back("tag", tag);
    const auto& [name, text] = choice_.of(fields);
    return name + choice_.of({":", "=", ":", "!="}) + (choice_.one_in(12) ? "*" : value_like(text));
  }

  std::string number_term(const PlainRun& run) {
    const auto shift = choice_.number({0, 0, 0, 1, -1});
    switch (choice_.below(5)) {
      case 0:
        return compared("scan_id", static_cast<double>(run.scan_id.value_or(0)) + shift, "");
      case 1:
        return compared("events", static_cast<double>(run.num_events) + shift, "");
      case 2:
        return compared("frames", static_cast<double>(run.num_frames) + shift, "");
      case 3:
        return choice_.one_in(2) ? compared("bytes", static_cast<double>(run.bytes), "") : compared("bytes", 4, "KiB");
      default:
        break;
    }
    if (choice_.one_in(8)) return "duration:*";
    return choice_.one_in(2) ? compared("duration", 10, "min") : compared("duration", choice_.number({0.5, 10, 60, 3600, 7200}), "s");
  }

  std::string compared(const std::string& name, double number, const std::string& unit) {
    const auto text = shortest(number) + unit;
    switch (choice_.below(4)) {
      case 0:
        return name + ":" + text + ".." + (choice_.one_in(2) ? shortest(number + 10) + unit : "");
      case 1:
        return name + ":.." + text;
      default:
        break;
    }
    return name + choice_.of({"=", "=", "!=", "<", "<=", ">", ">=", " > ", " <= "}) + text;
  }

  std::string time_term(const PlainRun& run) {
    const auto iso = iso_utc(run.time_start + choice_.number({0, 0, 86400, -3600}));  // "2026-03-14T19:43:33Z"
    const auto word = choice_.of({"after:", "before:", "since:", "until:"});
    switch (choice_.below(7)) {
      case 0:
        return word + iso;
      case 1:
        return word + iso.substr(0, 16);
      case 2:
        return word + iso.substr(0, 10);
      case 3:
        return word + choice_.of({"today", "yesterday", "monday", "3d", "2w", "36h", "now", "2026-03", "2026"});
      case 4:
        return "on:" + iso.substr(0, 7 + 3 * choice_.below(2));
      case 5:
        return "on:" +
               choice_.of({"today", "yesterday", "friday", "2026-03-29", "2026-03-08", "2026-03-08..2026-03-10", "friday..", "..2026-03"});
      default:
        break;
    }
    return "on:" + iso.substr(0, 16) + (choice_.one_in(2) ? "" : "Z");
  }

  std::string value_term(const PlainRun& run) {
    const auto values = values_of(run);
    if (values.empty()) return "has:" + name_of(PlainValue{true, "edge", "", ""});
    const auto& value = choice_.of(values);
    const auto name = name_of(value);
    if (choice_.one_in(8)) return choice_.one_in(2) ? "has:" + quoted_if_needed(value.path) : name + ":*";
    if (const auto* range = std::get_if<NumberRange>(&value.value)) return number_value_term(name, *range, value.unit);
    const auto& text = std::get<std::string>(value.value);
    const auto wanted = text.empty() ? "\"\"" : value_like(text);
    return name + (wanted == "\"*\"" ? ":" : choice_.of({":", "=", "!="})) + wanted;
  }

  std::string number_value_term(const std::string& name, const NumberRange& range, const std::string& unit) {
    const double number = choice_.number({range.low, range.high, (range.low + range.high) / 2, range.high + 1, 285, 42});
    if (unit == "eV" && choice_.one_in(3)) return compared(name, std::strtod((shortest(number) + "e-3").c_str(), nullptr), "keV");
    if (unit == "keV" && choice_.one_in(2)) return compared(name, std::strtod((shortest(number) + "e3").c_str(), nullptr), "EV");
    return compared(name, number, choice_.one_in(3) ? choice_.of({"eV", "K", "mm"}) : choice_.one_in(2) ? unit : "");
  }

  /// The whole path with its source, or without, or its last levels.
  std::string name_of(const PlainValue& value) {
    const std::string source = value.is_metadata ? "metadata." : "data.";
    if (choice_.one_in(3)) return source + quoted_if_needed(value.path);
    const auto dot = choice_.one_in(2) ? value.path.find('.') : value.path.rfind('.');
    return quoted_if_needed(choice_.one_in(3) || dot == std::string::npos ? value.path : value.path.substr(dot + 1));
  }

  static std::string quoted_if_needed(const std::string& path) {
    // the names of fields are quoted too: here they are paths
    const bool is_plain = path.find_first_not_of("abcdefghijklmnopqrstuvwxyz.") == std::string::npos && path != "sample";
    return is_plain ? path : "\"" + path + "\"";
  }

  /// The text as a value, perhaps in another case, perhaps with wildcards; signs of the language behind backslashes.
  std::string value_like(const std::string& text) {
    const auto characters = characters_of(text);
    const std::size_t star_from = choice_.one_in(3) ? choice_.below(characters.size() + 1) : characters.size() + 1;
    const std::size_t star_to = star_from + choice_.below(characters.size() + 1);
    const bool upper = choice_.one_in(4);
    std::string out = "\"";
    for (std::size_t i = 0; i <= characters.size(); ++i) {
      if (i == star_from) out += "*";
      if (i == characters.size() || (i >= star_from && i < star_to)) continue;
      auto character = characters[i];
      if (character == "\"" || character == "\\" || character == "*" || character == "?") out += "\\";
      if (upper && character[0] >= 'a' && character[0] <= 'z') character[0] = static_cast<char>(character[0] - 'a' + 'A');
      out += choice_.one_in(20) ? "?" : character;
    }
    return out + "\"";
  }

  std::string words_term(const PlainRun& run) {
    const bool of_notes = !run.notes.empty() && choice_.one_in(2);
    const auto texts = of_notes ? run.notes : texts_of(run);
    const auto words = words_of(choice_.of(texts));
    const std::string field = of_notes || choice_.one_in(10) ? "note:" : "";
    if (words.empty()) return field + choice_.of({"polymer", "test", "film"});
    const auto first = choice_.below(words.size());
    std::string out = words[first];
    for (std::size_t i = first + 1; i < words.size() && choice_.one_in(2); ++i) out += choice_.of({" ", "-", "  "}) + words[i];
    if (choice_.one_in(12)) out += " " + choice_.of({"test", "film", "k", "c8h8"});
    if (choice_.one_in(3)) {
      out.resize(out.size() - choice_.below(std::min<std::size_t>(3, out.size())));
      while (!out.empty() && utf8_is_cut(out)) out.pop_back();
      out += "*";
    }
    if (words_of(out).empty()) return field + "film";
    return field + "\"" + out + "\"";
  }

  static bool utf8_is_cut(const std::string& text) {
    for (std::size_t at = 0; at < text.size();) {
      const auto length = utf8::sequence_length(text, at);
      if (length == 0) return true;
      at += length;
    }
    return false;
  }

  Choice choice_;
  const std::vector<PlainRun>& runs_;
};

}  // namespace resonance::index_test
