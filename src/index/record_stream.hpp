/// Reads many beamtimes on several threads, and hands their records out in order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "index/run_record.hpp"

namespace resonance::index {

/// What is said of a file that was a beamtime.
inline constexpr const char* kNoBeamtimeAnyMore = "it was a beamtime, and is no database of one any more";

/// What became of a file.
struct FileEnd {
  enum class Kind : std::uint8_t { read, other, broken, gone };
  Kind kind = Kind::read;
  std::string message;  ///< of a broken one
};

/// Threads read ahead, but hold at most a few thousand records. One thread takes them out. The destructor stops the readers.
class RecordStream {
 public:
  RecordStream(std::vector<std::filesystem::path> files, unsigned threads);
  ~RecordStream();
  RecordStream(const RecordStream&) = delete;
  RecordStream& operator=(const RecordStream&) = delete;

  /// Call `visit` with each batch of file `number`; files must be asked for in their order. \return how it ended
  FileEnd read(std::size_t number, const std::function<void(std::vector<RunRecord>&&)>& visit);

 private:
  struct File {
    std::filesystem::path path;
    std::vector<std::vector<RunRecord>> batches;
    std::optional<FileEnd> end;
    std::exception_ptr failure;  // of another kind than a broken file: memory, say
  };

  void work() noexcept;
  void read_file(std::size_t number);
  bool push(std::size_t number, std::vector<RunRecord>&& batch);  // false: stop
  void finish(std::size_t number, FileEnd end, std::exception_ptr failure = nullptr);

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::vector<File> files_;
  std::size_t next_ = 0;     // file to be read by the next free thread
  std::size_t current_ = 0;  // file that is taken out: its reader never waits
  std::uint64_t waiting_ = 0;
  bool stop_ = false;

  std::vector<std::thread> threads_;  // last: they use the rest
};

}  // namespace resonance::index
