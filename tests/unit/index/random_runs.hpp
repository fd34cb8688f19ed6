/// Runs at random, out of few different parts, so that questions about them have answers.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "plain_run.hpp"
#include "random_choice.hpp"

namespace resonance::index_test {

class RandomRuns {
 public:
  RandomRuns(std::uint64_t seed, double first_start) : choice_(seed), first_start_(first_start) {}

  PlainRun next() {
    PlainRun run;
    run.uid = fmt::format("{:016x}{:016x}", choice_.below(1u << 20), choice_.below(~std::size_t{0}));
    std::rotate(run.uid.begin(), run.uid.begin() + 11, run.uid.end());  // so that they differ at once
    run.plan = choice_.of({"nexafs_scan", "rsoxs_scan", "count", "Energy scan", "time-series"});
    if (!choice_.one_in(5)) run.sample = sample();
    if (!choice_.one_in(3)) run.operator_name = choice_.of({"jd", "JD", "Anna Åström", "x*"});
    if (!choice_.one_in(6)) run.status = choice_.of({"success", "success", "aborted", "failed", "abort"});
    while (choice_.one_in(2) && run.tags.size() < 3) add_tag(run);
    run.scan_id = static_cast<std::int64_t>(choice_.below(60));
    run.time_start = first_start_ + static_cast<double>(choice_.below(40 * 86400)) + choice_.number({0, 0, 0.25});
    if (run.status) run.time_stop = run.time_start + choice_.number({0.5, 10, 60, 600, 3600, 90000});
    run.metadata = object(3);
    add_keys(run);
    while (choice_.one_in(3) && run.notes.size() < 3) run.notes.push_back(note());
    if (choice_.one_in(4)) run.num_frames = std::min<std::uint64_t>(run.num_events, 1 + choice_.below(3));
    return run;
  }

  std::string text() {
    return choice_.of({"carbon", "Carbon K", "sulphur K", "42", "0042", "285.1", "true", "annealed polymer film", "beam stop test",
                       "polymer-film_2", "naïve Å test", "*", "a?b", "C:\\data\\x", "", "ПЛЁНКА", "薄膜 7", "12 µm", "the \"good\" one"});
  }
  std::string note() {
    return choice_.of({"beam dump at 12:30", "sample burnt?", "good carbon edge\nsecond line", "Müller's film, again", "42"});
  }
  static double round_number(Choice& choice) { return choice.number({280, 285, 285.1, 0.2851, 0.285, 290, 300, 300000, -5, 1e-3, 0, 42}); }
  static std::string key(Choice& choice) {
    return choice.of(
        {"edge", "Energy", "temperature", "comment", "Beamline Energy", "sample", "dose", "aligned", "motors", "id", "config", "a.b"});
  }

 private:
  void add_tag(PlainRun& run) {
    auto tag = choice_.of({"reference", "good", "beam damage", "Good", "x*", "µm"});
    if (std::ranges::find(run.tags, tag) == run.tags.end()) run.tags.push_back(std::move(tag));
  }

  /// What a sample is follows from its name, as in a beamtime.
  PlainSample sample() {
    switch (choice_.below(8)) {
      case 0:
        return {"PS 80276", "C8H8", "A-17", {}};
      case 1:
        return {"PS-b-PMMA", "C8H8", {}, {"polymer"}};
      case 2:
        return {"P3HT [x]", "C10H14S", "b?d", {"good"}};
      case 3:
        return {"Müller 5 % ZnPc", "ZnPc", {}, {}};
      case 4:
        return {"znpc_80276", "ZnPc", "0042", {"reference", "thin film"}};
      case 5:
        return {"100*", {}, {}, {}};
      case 6:
        return {"плёнка", {}, "a-17", {}};
      default:
        return {"薄膜 7", {}, {}, {}};
    }
  }

  Json object(int depth) {
    Json out = Json::object();
    const auto members = choice_.below(5);
    for (std::size_t i = 0; i < members; ++i) out.set(key(choice_), value(depth));
    return out;
  }

  Json value(int depth) {
    switch (choice_.below(depth > 0 ? 10 : 6)) {
      case 0:
      case 1:
        return round_number(choice_);
      case 2:
      case 3:
        return text();
      case 4:
        return choice_.one_in(2);
      case 5:
        return choice_.one_in(2) ? Json() : Json(static_cast<std::int64_t>(choice_.below(300)));
      case 6:
        return Json::object({{"value", round_number(choice_)}, {"units", unit()}});
      case 7:
      case 8:
        return object(depth - 1);
      default:
        break;
    }
    Json list = Json::array();
    for (std::size_t i = choice_.below(4); i > 0; --i) list.push_back(value(depth - 1));
    return list;
  }

  std::string unit() { return choice_.of({"eV", "keV", "K", "mK", "mm", "µm", "counts", "s"}); }

  void add_keys(PlainRun& run) {
    run.num_events = choice_.below(6);
    for (const auto& [name, units] : {std::pair<std::string, std::string>{"energy", choice_.of({"eV", "keV", ""})},
                                      {"Temp", "K"},
                                      {"Beamline Energy", "eV"},
                                      {"counts", ""}}) {
      if (choice_.one_in(3)) continue;
      PlainKey data{name, units, {}};
      for (std::uint64_t i = 0; i < run.num_events; ++i) data.values.push_back(round_number(choice_));
      run.keys.push_back(std::move(data));
    }
  }

  Choice choice_;
  double first_start_;
};

}  // namespace resonance::index_test
