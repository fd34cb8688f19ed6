#include "archive/new_file.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace resonance::archive {

namespace {

bool is_zero(std::span<const std::byte> piece) noexcept {
  return piece.empty() || (piece[0] == std::byte{0} && std::memcmp(piece.data(), piece.data() + 1, piece.size() - 1) == 0);
}

}  // namespace

NewFile::NewFile(io::FileSystem& files, std::filesystem::path path)
    : files_(files), path_(std::move(path)), partial_(io::partial_name(path_)), file_(files_.open(partial_, io::OpenMode::create_new)) {}

NewFile::~NewFile() {
  if (!file_) return;
  try {
    files_.remove(partial_);
  } catch (...) {  // the next backup removes it
  }
}

void NewFile::write(std::span<const std::byte> piece) {
  if (!is_zero(piece)) {
    file_->write_at(end_, piece);
    file_->start_writeback(end_, piece.size());
    written_ = end_ + piece.size();
  }
  end_ += piece.size();
}

std::string NewFile::commit() {
  if (written_ < end_) file_->resize(end_);
  file_->sync();
  files_.rename(partial_, path_);
  file_.reset();
  return hash_.finish();
}

}  // namespace resonance::archive
