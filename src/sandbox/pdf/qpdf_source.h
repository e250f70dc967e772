// QpdfSource: libqpdf's view of the document, by pread through one small block. C++17, inside the room of libqpdf.
#pragma once

#include <string>

#include <qpdf/InputSource.hh>

#include "sandbox/file_reader.h"

namespace lazaret::sandbox {

class QpdfSource final : public InputSource {
 public:
  explicit QpdfSource(const FileReader& file) : file_(file) {}
  qpdf_offset_t findAndSkipNextEOL() override;
  std::string const& getName() const override { return name_; }
  qpdf_offset_t tell() override { return position_; }
  void seek(qpdf_offset_t offset, int whence) override;
  void rewind() override { position_ = 0; }
  size_t read(char* buffer, size_t length) override;
  void unreadCh(char ch) override;

 private:
  // The bytes from `position_` to the end of its block; empty at the end of the file.
  const char* load(size_t& available);

  const FileReader& file_;
  const std::string name_ = "document";
  qpdf_offset_t position_ = 0;
  std::string block_;
  qpdf_offset_t block_start_ = 0;
};

}  // namespace lazaret::sandbox
