/// Questions that scientists ask, and the runs that answer them.
#include "resonance/search.hpp"

#include "index_testing.hpp"
#include "resonance/annotations.hpp"
#include "resonance/catalog.hpp"
#include "sqlite/connection.hpp"

namespace resonance::index_test {
namespace {

class Questions : public DataRoot {
 protected:
  /// Newest first: e, d, c, b, a.
  Questions() {
    auto master = index();
    master.register_researcher({.name = "Ada Example", .root_path = "ada"});
    const auto ada = record(
        "ada/march.db", {{.plan = "nexafs_scan",
                          .sample = "PS-b-PMMA 1",
                          .start = kNoon - 4 * 86400,
                          .metadata = Json::object({{"edge", "carbon"},
                                                    {"temperature", Json::object({{"value", 300}, {"units", "K"}})},
                                                    {"motors", Json::array({"energy", "theta"})},
                                                    {"comment", "annealed polymer film, first try"}}),
                          .tags = {"reference", "good"},
                          .operator_name = "jd",
                          .scan_id = 41,
                          .energies = {270, 300}},
                         {.plan = "rsoxs_scan",
                          .sample = "PS-b-PMMA 1",
                          .start = kNoon - 3 * 86400,
                          .metadata = Json::object({{"edge", "carbon"}, {"dose", 1.5e-3}, {"sample", Json::object({{"thickness", 80}})}}),
                          .tags = {"good"},
                          .operator_name = "JD",
                          .scan_id = 42,
                          .energies = {284, 285.5}},
                         {.plan = "rsoxs_scan",
                          .sample = "P3HT [x]",
                          .start = kNoon - 2 * 86400,
                          .metadata = Json::object({{"edge", "sulphur"}, {"aligned", true}, {"comment", "test of the beam stop"}}),
                          .scan_id = 43,
                          .status = ExitStatus::failed,
                          .energies = {2470, 2490}}});
    const auto other =
        record("may.db", {{.plan = "count",
                           .sample = "",
                           .start = kNoon - 86400,
                           .metadata = Json::object({{"serial", "0042"}}),
                           .scan_id = 1,
                           .energies = {}},
                          {.plan = "nexafs_scan", .sample = "Müller 5 % ZnPc", .start = kNoon, .scan_id = 2, .energies = {280}}});
    master.sync();
    for (std::size_t i = 0; i < ada.size(); ++i) names_[ada[i]] = "abc"[i];
    for (std::size_t i = 0; i < other.size(); ++i) names_[other[i]] = "de"[i];
  }
  [[nodiscard]] std::string named(const std::vector<std::string>& uids) const {
    std::string out;
    for (const auto& uid : uids) out += names_.at(uid);
    return out;
  }
  /// Letters of the runs found, newest first.
  [[nodiscard]] std::string ask(std::string query) const { return named(search(std::move(query))); }
  [[nodiscard]] SearchPage page(const std::function<void(SearchOptions&)>& set) const {
    SearchOptions options;
    set(options);
    return index().search(options);
  }
  [[nodiscard]] std::string uid(char name) const {
    for (const auto& [uid, letter] : names_)
      if (letter == name) return uid;
    return {};
  }
  std::map<std::string, char> names_;
};

TEST_F(Questions, AreAnsweredByFieldWithoutRegardToCase) {
  EXPECT_EQ(ask(""), "edcba");
  EXPECT_EQ(ask("plan:nexafs_scan"), "ea");
  EXPECT_EQ(ask("plan:NEXAFS*"), "ea");
  EXPECT_EQ(ask("sample:\"PS*\""), "ba");
  EXPECT_EQ(ask("sample:\"p3ht [x]\""), "c");
  EXPECT_EQ(ask("sample:müller*"), "e");
  EXPECT_EQ(ask("operator:jd"), "ba");
  EXPECT_EQ(ask("status:failed"), "c");
  EXPECT_EQ(ask("tag:good"), "ba");
  EXPECT_EQ(ask("tag:good tag:reference"), "a");
  EXPECT_EQ(ask("beamtime:march"), "cba");
  EXPECT_EQ(ask("beamtime:ada/march.db"), "cba");
  EXPECT_EQ(ask("researcher:ada*"), "cba");
  EXPECT_EQ(ask("scan_id:42"), "b");
  EXPECT_EQ(ask("events>=2"), "cba");
  EXPECT_EQ(ask("duration:1min"), "edcba");
  EXPECT_EQ(ask("uid:" + uid('d').substr(0, 24)), uid('d').substr(0, 24) == uid('e').substr(0, 24) ? "ed" : "d");
}

TEST_F(Questions, CompareMetadataAndDataKeys) {
  EXPECT_EQ(ask("metadata.edge=carbon"), "ba");
  EXPECT_EQ(ask("edge:c*"), "ba");
  EXPECT_EQ(ask("edge:*"), "cba");
  EXPECT_EQ(ask("temperature>=300"), "a");
  EXPECT_EQ(ask("temperature>300"), "");
  EXPECT_EQ(ask("temperature.value=300"), "a");
  EXPECT_EQ(ask("dose<0.01"), "b");
  EXPECT_EQ(ask("thickness:80"), "b") << "the last level of a path is enough";
  EXPECT_EQ(ask("sample.thickness:70..90"), "b");
  EXPECT_EQ(ask("motors:theta"), "a");
  EXPECT_EQ(ask("aligned:true"), "c");
  EXPECT_EQ(ask("serial:0042"), "") << "the sample's serial number is a field";
  EXPECT_EQ(ask("metadata.serial:0042"), "d") << "text that looks like a number is text, too";
  EXPECT_EQ(ask("energy>280"), "cba");
  EXPECT_EQ(ask("energy<280"), "a");
  EXPECT_EQ(ask("energy=285"), "ba") << "a range that has it in it";
  EXPECT_EQ(ask("energy:275..283"), "ea");
  EXPECT_EQ(ask("energy>2keV"), "c");
  EXPECT_EQ(ask("energy>2K"), "") << "another unit";
  EXPECT_EQ(ask("data.energy=280"), "ea");
  EXPECT_EQ(ask("metadata.energy=280"), "");
  EXPECT_EQ(ask("edge!=carbon"), "c");
}

TEST_F(Questions, CombineWithAndOrNot) {
  EXPECT_EQ(ask("plan:rsoxs_scan edge:carbon"), "b");
  EXPECT_EQ(ask("plan:count OR status:failed"), "dc");
  EXPECT_EQ(ask("-tag:good"), "edc");
  EXPECT_EQ(ask("NOT edge:carbon"), "edc") << "also runs that have no edge at all";
  EXPECT_EQ(ask("(plan:count OR plan:nexafs_scan) -operator:jd"), "ed");
  EXPECT_EQ(ask("-(plan:count OR plan:nexafs_scan)"), "cb");
  EXPECT_EQ(ask("plan:none OR plan:nothing"), "");
}

TEST_F(Questions, FindWordsInAllThatIsWritten) {
  EXPECT_EQ(ask("polymer"), "a");
  EXPECT_EQ(ask("poly*"), "a");
  EXPECT_EQ(ask("\"polymer film\""), "a");
  EXPECT_EQ(ask("\"film polymer\""), "");
  EXPECT_EQ(ask("polymer -test"), "a");
  EXPECT_EQ(ask("test"), "c");
  EXPECT_EQ(ask("muller"), "e") << "without the dots";
  EXPECT_EQ(ask("carbon reference"), "a");
  EXPECT_EQ(ask("42"), "b") << "a number is a scan_id or a word";
  EXPECT_EQ(ask("0042"), "db");
}

TEST_F(Questions, KnowTimesInTheZoneOfTheRoot) {
  EXPECT_EQ(ask("after:2026-03-12"), "edc");
  EXPECT_EQ(ask("before:2026-03-12"), "ba");
  EXPECT_EQ(ask("on:2026-03-13"), "d");
  EXPECT_EQ(ask("after:2026-03-14T12:00:00Z"), "e");
  EXPECT_EQ(ask("after:yesterday"), "e") << "now is the 15th";
  init_data_root(root(), {.researcher = {}, .zone = "Pacific/Kiritimati"});  // 14 hours ahead: noon is the next day there
  index().rebuild();
  EXPECT_EQ(ask("on:2026-03-14"), "d");
}

TEST_F(Questions, AreRefusedWithTheColumn) {
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"column"}, [&] { (void)ask("plan:nexafs (a OR"); }));
  EXPECT_TRUE(
      fails(ErrorCode::invalid_argument, {"sorted by", "num_events", "rank"}, [&] { (void)page([](auto& o) { o.sort = "size"; }); }));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"ranked by the words"}, [&] { (void)page([](auto& o) { o.sort = "rank"; }); }));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"1 to 10000"}, [&] { (void)page([](auto& o) { o.limit = 0; }); }));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"no cursor"}, [&] { (void)page([](auto& o) { o.cursor = "abcd"; }); }));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"no facet 'colour'"}, [&] { (void)index().facets({.query = "", .names = {"colour"}}); }));
}

TEST_F(Questions, AreSortedAsAsked) {
  const auto sorted = [&](const char* sort) { return named(uids(page([&](SearchOptions& options) { options.sort = sort; }))); };
  EXPECT_EQ(sorted("time_start"), "abcde");
  EXPECT_EQ(sorted("scan_id"), "deabc");
  EXPECT_EQ(sorted("-scan_id"), "cbaed");
  EXPECT_EQ(sorted("sample"), "ecabd") << "runs without a sample come last";
  EXPECT_EQ(sorted("-sample").back(), 'd');
  EXPECT_EQ(sorted("-num_events").back(), 'd');
}

TEST_F(Questions, RankTheBestMatchFirst) {
  record("words.db", {{.plan = "p",
                       .start = kNoon - 50,
                       .metadata = Json::object({{"comment", "perovskite and many other words which make this text long"}})},
                      {.plan = "p", .start = kNoon - 60, .metadata = Json::object({{"comment", "perovskite perovskite"}})}});
  sync();
  const auto ranked = page([](SearchOptions& options) {
    options.query = "perovskite";
    options.sort = "rank";
  });
  ASSERT_THAT(ranked.runs, SizeIs(2));
  EXPECT_EQ(ranked.runs.front().time_start, kNoon - 60);
}

TEST_F(Questions, PagesStayInPlaceWhileRunsArrive) {
  for (const char* sort : {"-time_start", "time_start", "-scan_id", "sample", "-duration"}) {
    SearchOptions options;
    options.sort = sort;
    const auto whole = uids(index().search(options));
    options.limit = 2;
    std::vector<std::string> paged;
    for (bool first = true;; first = false) {
      const auto part = index().search(options);
      for (const auto& uid : uids(part)) paged.push_back(uid);
      if (first && std::string_view(sort) == "-time_start") {
        record("new.db", {{.start = kNoon + 1000}});
        sync();
      }
      if (part.next.empty()) break;
      options.cursor = part.next;
    }
    EXPECT_EQ(paged, whole) << sort;
    fs::remove(root() / "new.db");
    sync();
  }
}

TEST_F(Questions, GiveWhatAListingNeeds) {
  const auto found = page([](SearchOptions& options) { options.query = "scan_id:41"; }).runs.at(0);
  EXPECT_EQ(found.plan_name, "nexafs_scan");
  EXPECT_EQ(found.sample, "PS-b-PMMA 1");
  EXPECT_EQ(found.operator_name, "jd");
  EXPECT_EQ(found.exit_status, "success");
  EXPECT_EQ(found.num_events, 2u);
  EXPECT_EQ(found.time_start, kNoon - 4 * 86400);
  EXPECT_EQ(found.time_stop, kNoon - 4 * 86400 + 60);
  EXPECT_THAT(found.tags, ElementsAre("good", "reference"));
  EXPECT_EQ(found.researcher, "Ada Example");
  EXPECT_EQ(found.beamtime, "march");
  EXPECT_EQ(found.db_path, "ada/march.db");
}

TEST_F(Questions, CountAndFacets) {
  EXPECT_EQ(index().count(""), 5u);
  EXPECT_EQ(index().count("plan:nexafs_scan"), 2u);
  const auto all = index().facets({});
  std::map<std::string, std::vector<std::pair<std::string, std::uint64_t>>> by_name;
  for (const auto& facet : all) by_name[facet.name] = facet.values;
  using P = std::pair<std::string, std::uint64_t>;
  EXPECT_THAT(by_name["plan"], ElementsAre(P("nexafs_scan", 2), P("rsoxs_scan", 2), P("count", 1)));
  EXPECT_THAT(by_name["status"], ElementsAre(P("success", 4), P("failed", 1)));
  EXPECT_THAT(by_name["tag"], ElementsAre(P("good", 2), P("reference", 1)));
  EXPECT_THAT(by_name["day"],
              ElementsAre(P("2026-03-14", 1), P("2026-03-13", 1), P("2026-03-12", 1), P("2026-03-11", 1), P("2026-03-10", 1)));
  EXPECT_THAT(by_name["researcher"], ElementsAre(P("Ada Example", 3), P("unassigned", 2)));
  EXPECT_THAT(by_name["beamtime"], ElementsAre(P("march", 3), P("may", 2)));
  const auto some = index().facets({.query = "plan:*scan", .names = {"sample"}, .limit = 1});
  ASSERT_THAT(some, SizeIs(1));
  EXPECT_THAT(some.front().values, ElementsAre(P("PS-b-PMMA 1", 2)));
  EXPECT_EQ(some.front().num_values, 3u);
}

TEST_F(Questions, OneRunIsFoundByWhatPeopleCallIt) {
  const auto master = index();
  EXPECT_EQ(master.run(uid('b')).uid, uid('b'));
  EXPECT_EQ(master.run("42").uid, uid('b'));
  EXPECT_EQ(master.run("-1").uid, uid('e'));
  EXPECT_EQ(master.run(uid('b').substr(0, 31)).uid, uid('b'));
  EXPECT_TRUE(fails(ErrorCode::invalid_argument, {"fits several runs", "march.db"}, [&] { (void)master.run(uid('b').substr(0, 5)); }));
  EXPECT_TRUE(fails(ErrorCode::not_found, {"index sync"}, [&] { (void)master.run("ffff"); }));
}

TEST_F(Questions, SamplesAreListedOverAllBeamtimes) {
  record("june.db", {{.sample = "P3HT [x]", .start = kNoon + 5}});
  sync();
  const auto samples = index().samples("p3*");
  ASSERT_THAT(samples, SizeIs(1));
  EXPECT_EQ(samples.front().num_runs, 2u);
  EXPECT_EQ(samples.front().num_beamtimes, 2u);
  EXPECT_EQ(samples.front().last_start, kNoon + 5);
  EXPECT_THAT(index().samples(), SizeIs(3));
}

TEST_F(Questions, OfOneBeamtimeAreAskedInTheSameLanguage) {
  const Catalog catalog(root() / "ada" / "march.db");
  SearchOptions options;
  options.query = "edge:carbon energy>299";
  const auto found = resonance::search(catalog, options);
  EXPECT_EQ(named(uids(found)), "a");
  EXPECT_EQ(found.runs.front().db_path, "");
  EXPECT_EQ(count_runs(catalog, "polymer OR tag:good"), 2u);
  EXPECT_EQ(resonance::facets(catalog, {.query = "", .names = {"plan"}}).front().values.size(), 2u);
}

TEST_F(Questions, OfOneBeamtimeSeeWhatWasRecordedAndNotedMeanwhile) {
  const Catalog catalog(root() / "ada" / "march.db");
  EXPECT_EQ(count_runs(catalog, "plan:count"), 0u);
  EXPECT_EQ(count_runs(catalog, "note:drift"), 0u);
  const auto added = record("ada/march.db", {{.plan = "count", .sample = "new", .start = kNoon, .energies = {}}});
  Annotations(root() / "ada" / "march.db").add_note(uid('a'), "the beam had a drift");
  EXPECT_EQ(count_runs(catalog, "plan:count sample:new"), 1u);
  EXPECT_EQ(count_runs(catalog, "note:drift"), 1u);
  sqlite::Connection(root() / "ada" / "march.db", sqlite::Access::create)
      .prepare("DELETE FROM runs WHERE uid = ?")
      .bind_all(added.front())
      .run();
  EXPECT_EQ(count_runs(catalog, "plan:count"), 0u);
  EXPECT_EQ(count_runs(catalog, ""), 3u);
  SearchOptions abroad;
  abroad.query = "on:2026-03-01";
  for (const char* zone : {"UTC", "Pacific/Kiritimati", "UTC"}) {
    abroad.zone = zone;
    EXPECT_EQ(resonance::search(catalog, abroad).runs.size(), resonance::search(Catalog(catalog.database()), abroad).runs.size()) << zone;
  }
}

TEST_F(Questions, NeverReachSqlAsText) {
  for (const char* hostile :
       {"plan:'; DROP TABLE runs_index; --", "\"' OR 1=1 --\"", "metadata.x\"y=1", "a\\\"b", "note:\"x\\\" OR words : \\\"y\""}) {
    try {
      (void)ask(hostile);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument) << hostile << ": " << error.what();
    }
  }
  EXPECT_EQ(ask(""), "edcba");
}

}  // namespace
}  // namespace resonance::index_test
