/// Loop devices and mounts that go away with their owner.
#pragma once

#include <filesystem>
#include <string>

namespace resonance::crash {

/// From now on mounts of this process are its own, and end with it, however it ends. \throws std::system_error when not allowed
void use_own_mounts();

/// A file as a block device.
class LoopDevice {
 public:
  /// \throws std::system_error
  explicit LoopDevice(const std::filesystem::path& file);
  ~LoopDevice();
  LoopDevice(const LoopDevice&) = delete;
  LoopDevice& operator=(const LoopDevice&) = delete;
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
  int device_ = -1;  // with it open the kernel keeps the device; it is freed when this and the mount are gone
};

/// An ext4 on a device.
class Ext4Mount {
 public:
  /// \throws std::system_error when it cannot be mounted
  Ext4Mount(const LoopDevice& device, std::filesystem::path folder, const std::string& options);
  ~Ext4Mount();
  Ext4Mount(const Ext4Mount&) = delete;
  Ext4Mount& operator=(const Ext4Mount&) = delete;
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  std::filesystem::path folder_;
};

/// Run a program and wait for it. \throws std::runtime_error when it fails
void run_program(const std::string& command);

}  // namespace resonance::crash
