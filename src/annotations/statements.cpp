#include "annotations/statements.hpp"

namespace resonance::annotations {

bool Statements::run_exists(std::string_view uid) {
  auto find = connection_.prepare("SELECT 1 FROM runs WHERE uid = ?");
  find.bind(1, uid);
  return find.step();
}

bool Statements::add_tag(std::string_view run_uid, std::string_view tag) {
  auto insert = connection_.prepare("INSERT OR IGNORE INTO run_tags(run_uid, tag) VALUES(?, ?)");
  insert.bind_all(run_uid, tag).run();
  return connection_.changes() > 0;
}

bool Statements::remove_tag(std::string_view run_uid, std::string_view tag) {
  auto remove = connection_.prepare("DELETE FROM run_tags WHERE run_uid = ? AND tag = ?");
  remove.bind_all(run_uid, tag).run();
  return connection_.changes() > 0;
}

void Statements::insert_note(std::string_view run_uid, Note& note) {
  auto insert = connection_.prepare("INSERT INTO run_notes(run_uid, time, author, text) VALUES(?, ?, ?, ?)");
  insert.bind_all(run_uid, note.time, note.author, note.text).run();
  note.id = connection_.last_insert_rowid();
}

}  // namespace resonance::annotations
