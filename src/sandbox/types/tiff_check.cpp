#include <algorithm>
#include <array>
#include <set>

#include "sandbox/types/byte_ranges.h"
#include "sandbox/types/image_check.h"
#include "sandbox/types/tiff_file.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::size_t kMostDirectories = 5'000;  // a fax of a thousand pages has a thousand
constexpr std::size_t kMostEntries = 100'000;    // of all directories
constexpr std::size_t kMostPieces = 1'000'000;   // strips and tiles of all pictures
constexpr std::uint64_t kMostBits = 64;          // of a sample
constexpr std::uint64_t kMostChannels = 512;     // of a picture of many wave lengths
constexpr std::size_t kMostLinks = 1024;         // from one entry to further directories
constexpr std::size_t kLeastText = 5;            // fewer bytes hold no mark of script

enum Tag : unsigned {
  kWidth = 256,
  kHeight = 257,
  kBitsPerSample = 258,
  kCompression = 259,
  kStripOffsets = 273,
  kSamplesPerPixel = 277,
  kRowsPerStrip = 278,
  kStripBytes = 279,
  kPlanes = 284,
  kTileWidth = 322,
  kTileHeight = 323,
  kTileOffsets = 324,
  kTileBytes = 325,
  kSubDirectories = 330,
  kJpegOffset = 513,
  kJpegBytes = 514,
  kExif = 34'665,
  kGps = 34'853,
  kInteroperability = 40'965,
};

bool is_compression(std::uint64_t code) {
  static constexpr auto kKnown = std::to_array<std::uint64_t>(
      {1,      2,      3,      4,      5,      6,      7,      8,      9,      10,     22'610, 32'766,
       32'771, 32'773, 32'809, 32'908, 32'909, 32'946, 33'003, 33'004, 33'005, 34'661, 34'676, 34'677,
       34'712, 34'715, 34'887, 34'892, 34'925, 34'933, 34'934, 50'000, 50'001, 50'002, 52'546});
  return std::ranges::find(kKnown, code) != kKnown.end();
}

bool leads_on(unsigned tag) {
  return tag == kSubDirectories || tag == kExif || tag == kGps || tag == kInteroperability;
}

// Bytes, text or what only its writer knows.
bool is_text(const TiffEntry& entry) {
  return entry.type == 1 || entry.type == 2 || entry.type == 6 || entry.type == 7;
}

class TiffCheck {
 public:
  explicit TiffCheck(const CheckTools& tools) : tools_(tools), window_(tools.file), file_(window_) {}
  void run();

 private:
  enum class Role { kPage, kPicture, kNotes };
  struct Pieces {
    unsigned offsets;
    unsigned bytes;
  };

  void walk_pages(std::uint64_t first);
  void walk_links();
  std::uint64_t take(std::uint64_t offset, Role role);
  void look_at_entry(const TiffEntry& entry);
  void look_at_picture(const TiffDirectory& directory, Role role);
  bool has_absurd_samples(const TiffDirectory& directory, ImageSize& size);
  std::uint64_t expected_pieces(const TiffDirectory& directory, const ImageSize& size, bool is_tiled);
  void look_at_pieces(const TiffDirectory& directory, const ImageSize& size);
  std::uint64_t take_pieces(const TiffDirectory& directory, const Pieces& tags);
  void look_between();
  void add(FindingCode code, std::uint64_t offset) { tools_.findings.add(code, at_offset(offset)); }

  const CheckTools& tools_;
  ByteWindow window_;
  TiffFile file_;
  ByteRanges known_;
  std::set<std::uint64_t> seen_;
  std::vector<std::pair<std::uint64_t, Role>> links_;
  std::uint64_t text_left_ = 0;
  std::size_t entries_ = 0;
  std::size_t pieces_ = 0;
  std::uint64_t pages_ = 0;
};

bool TiffCheck::has_absurd_samples(const TiffDirectory& directory, ImageSize& size) {
  size.channels = file_.number(directory.find(kSamplesPerPixel), 1);
  const TiffEntry* bits = directory.find(kBitsPerSample);
  size.bit_depth = file_.number(bits, 1);
  if (size.channels == 0 || size.channels > kMostChannels) return true;
  if (bits == nullptr) return false;
  const auto depths = file_.numbers(*bits, kMostChannels);
  return std::ranges::any_of(depths, [](std::uint64_t depth) { return depth == 0 || depth > kMostBits; });
}

std::uint64_t TiffCheck::expected_pieces(const TiffDirectory& directory, const ImageSize& size, bool is_tiled) {
  const auto covering = [](std::uint64_t whole, std::uint64_t part) {
    return part == 0 ? 0 : whole / part + (whole % part != 0 ? 1 : 0);
  };
  const std::uint64_t planes = file_.number(directory.find(kPlanes), 1) == 2 ? size.channels : 1;
  if (!is_tiled) {
    const std::uint64_t rows = std::min(file_.number(directory.find(kRowsPerStrip), size.height), size.height);
    return covering(size.height, rows) * planes;
  }
  return covering(size.width, file_.number(directory.find(kTileWidth), 0)) *
         covering(size.height, file_.number(directory.find(kTileHeight), 0)) * planes;
}

// How many of the pieces have bytes in the file.
std::uint64_t TiffCheck::take_pieces(const TiffDirectory& directory, const Pieces& tags) {
  const TiffEntry* places = directory.find(tags.offsets);
  if (places == nullptr) return 0;
  const std::size_t most = kMostPieces - std::min(pieces_, kMostPieces);
  const auto offsets = file_.numbers(*places, most);
  const TiffEntry* sizes = directory.find(tags.bytes);
  const auto bytes = sizes == nullptr ? std::vector<std::uint64_t>{} : file_.numbers(*sizes, most);
  pieces_ += offsets.size();
  if (places->count > offsets.size()) add(FindingCode::kTooManyObjects, directory.offset);
  // Old writers leave the sizes of a single strip out.
  if (bytes.size() != offsets.size() && !bytes.empty()) add(FindingCode::kRecovered, directory.offset);
  std::uint64_t held = 0;
  for (std::size_t i = 0; i < offsets.size(); ++i) {
    const std::uint64_t start = offsets[i];
    const std::uint64_t rest = window_.size() - std::min(start, window_.size());
    const std::uint64_t length = i < bytes.size() ? bytes[i] : rest;
    if (length > rest) add(FindingCode::kTruncated, directory.offset);
    if (rest != 0) ++held;
    known_.add(start, std::min(length, rest));
  }
  return held;
}

void TiffCheck::look_at_pieces(const TiffDirectory& directory, const ImageSize& size) {
  const bool is_tiled = directory.find(kTileOffsets) != nullptr;
  const std::uint64_t expected = expected_pieces(directory, size, is_tiled);
  std::uint64_t held = take_pieces(directory, {kStripOffsets, kStripBytes});
  held += take_pieces(directory, {kTileOffsets, kTileBytes});
  const std::uint64_t whole =
      take_pieces(directory, {kJpegOffset, kJpegBytes});  // of the JPEG of an old TIFF, or a preview
  if (held + whole == 0) return add(FindingCode::kUnreadable, directory.offset);
  if (held != 0 && held < expected) add(FindingCode::kTruncated, directory.offset);
}

void TiffCheck::look_at_picture(const TiffDirectory& directory, Role role) {
  ImageSize size;
  size.width = file_.number(directory.find(kWidth), 0);
  size.height = file_.number(directory.find(kHeight), 0);
  if (size.width == 0 || size.height == 0) {
    // The directory of a preview may tell of a JPEG alone, which has a size of its own.
    static_cast<void>(take_pieces(directory, {kJpegOffset, kJpegBytes}));
    if (role == Role::kPage && pages_ == 0) add(FindingCode::kUnreadable, directory.offset);
    return;
  }
  if (has_absurd_samples(directory, size)) return add(FindingCode::kAbsurdImage, directory.offset);
  if (!is_compression(file_.number(directory.find(kCompression), 1))) add(FindingCode::kUnreadable, directory.offset);
  if (role == Role::kPage && pages_ == 0) {
    tell_image_size(tools_, size);
  } else if (is_too_large(size)) {
    add(FindingCode::kHugeImage, directory.offset);
  }
  look_at_pieces(directory, size);
}

void TiffCheck::look_at_entry(const TiffEntry& entry) {
  if (entry.bytes == 0 || entry.is_inline) return;
  if (!entry.is_in_file) return add(FindingCode::kTruncated, entry.offset);
  known_.add(entry.offset, entry.bytes);
  if (!is_text(entry) || entry.bytes < kLeastText) return;
  // Texts do not share bytes: more of them than the file holds are written to keep a reader busy.
  if (entry.bytes > text_left_) return add(FindingCode::kAbsurdImage, entry.offset);
  text_left_ -= entry.bytes;
  look_for_script(tools_, window_, {entry.offset, entry.offset + entry.bytes});
}

// The directory that stands behind this one; 0: none.
std::uint64_t TiffCheck::take(std::uint64_t offset, Role role) {
  // A reader that keeps no account of where it was goes round for ever. Notes may be shared by the pages.
  if (!seen_.insert(offset).second) {
    if (role != Role::kNotes) add(FindingCode::kAbsurdImage, offset);
    return 0;
  }
  const auto directory = file_.read_directory(offset);
  if (!directory) {
    add(seen_.size() == 1 ? FindingCode::kUnreadable : FindingCode::kTruncated, offset);
    return 0;
  }
  entries_ += directory->entries.size();
  if (seen_.size() > kMostDirectories || entries_ > kMostEntries) {
    add(FindingCode::kTooManyObjects, offset);
    return 0;
  }
  known_.add(directory->offset, directory->end - directory->offset);
  for (const TiffEntry& entry : directory->entries) {
    look_at_entry(entry);
    if (!leads_on(entry.tag) || links_.size() > kMostDirectories) continue;
    for (const std::uint64_t link : file_.numbers(entry, kMostLinks))
      links_.emplace_back(link, entry.tag == kSubDirectories ? Role::kPicture : Role::kNotes);
  }
  if (role != Role::kNotes) look_at_picture(*directory, role);
  return directory->next;
}

void TiffCheck::walk_pages(std::uint64_t first) {
  for (std::uint64_t at = first; at != 0; ++pages_)
    at = take(at, Role::kPage);
  tools_.facts.set(inspect::FactCode::kFrames, pages_);
}

// Directories that are reached from entries, and what follows them in turn. Their number is bounded by what take()
// lets pass.
void TiffCheck::walk_links() {
  while (!links_.empty() && seen_.size() <= kMostDirectories && entries_ <= kMostEntries) {
    const auto [offset, role] = links_.back();
    links_.pop_back();
    for (std::uint64_t at = offset; at != 0;)
      at = take(at, role);
  }
}

// Editors leave what they replaced where it was; another file has no business there.
void TiffCheck::look_between() {
  if (known_.is_full()) return add(FindingCode::kTooManyObjects, 0);
  for (const ByteRange& gap : known_.gaps(window_.size())) {
    if (gap.end == window_.size()) {
      look_behind(tools_, window_, gap.start);
    } else if (holds_other_file(window_, gap)) {
      add(FindingCode::kPolyglot, gap.start);
    }
  }
}

void TiffCheck::run() {
  const auto first = file_.read_header();
  if (!first) return add(FindingCode::kUnreadable, 0);
  known_.add(0, file_.header_bytes());
  text_left_ = window_.size();
  walk_pages(*first);
  if (pages_ == 0) add(FindingCode::kUnreadable, 0);
  walk_links();
  look_between();
  look_for_archive(tools_);
}

}  // namespace

void check_tiff(const CheckTools& tools) {
  TiffCheck(tools).run();
}

}  // namespace lazaret::sandbox
