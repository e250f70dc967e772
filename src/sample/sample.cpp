#include "sample/sample.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "sample/other_types.h"
#include "sample/page.h"
#include "sample/pdf_writer.h"
#include "sample/scan_image.h"

namespace lazaret::sample {
namespace {

constexpr std::size_t kMostSamples = 100'000;
constexpr std::uint64_t kScanPageBytes = 2'000'000;
constexpr std::uint64_t kSmallestPicture = 800;
constexpr std::uint64_t kFrameBytes = 2600;  // what is still to come: a page and its content, /Info, the trailer
constexpr int kStripWidth = 1240;            // an A4 page at 150 dpi
constexpr int kStripRows = 128;
constexpr int kStripsPerPage = 14;

// Collects the pages of one document.
class Builder {
 public:
  explicit Builder(const Recipe& recipe)
      : recipe_(recipe),
        random_(recipe.seed),
        wording_(make_wording(recipe.form, recipe.language, random_)),
        pages_(pdf_.reserve()),
        fonts_(add_fonts()) {}

  void add_text_page() { add_page(draw_wording(wording_, recipe_.language), {}); }

  // Scanned pages until the file has about `size` bytes.
  void fill_with_jpeg(std::uint64_t size) {
    while (pdf_.size() + kFrameBytes + kSmallestPicture < size) {
      const std::uint64_t left = size - pdf_.size() - kFrameBytes;
      const std::uint64_t pages = (left + kScanPageBytes - 1) / kScanPageBytes;
      const ScanImage image = make_scan_jpeg(left / pages, random_);
      add_page(scan_page(1), {add_image(image.width, image.height, "/DCTDecode", image.data)});
    }
  }

  void fill_with_strips(std::uint64_t size) {
    // A strip that is thrown away shows how well they shrink; every later one mends the estimate.
    std::uint64_t strip_bytes = deflate(make_scan_rows(kStripWidth, kStripRows, random_), 1).size();
    while (pdf_.size() + kFrameBytes + kSmallestPicture < size) {
      std::vector<ObjectRef> strips;
      while (strips.size() < kStripsPerPage && pdf_.size() + kFrameBytes < size) {
        int rows = kStripRows;
        const std::uint64_t left = size - pdf_.size() - kFrameBytes;
        if (strip_bytes > left) rows = std::max(1, static_cast<int>(left * (kStripRows - 4) / strip_bytes));
        const std::string packed = deflate(make_scan_rows(kStripWidth, rows, random_), 1);
        strip_bytes = packed.size() * kStripRows / static_cast<std::uint64_t>(rows);
        strips.push_back(add_image(kStripWidth, rows, "/FlateDecode", packed));
      }
      add_page(scan_page(static_cast<int>(strips.size())), strips);
    }
  }

  bool has_pages() const { return !kids_.empty(); }

  std::string finish() && {
    std::string kids;
    for (const ObjectRef page : kids_)
      kids += page.to_string() + ' ';
    pdf_.put(pages_, fmt::format("<< /Type /Pages /Count {} /Kids [ {}] >>", kids_.size(), kids));
    const ObjectRef root = pdf_.add(fmt::format("<< /Type /Catalog /Pages {} /Lang {} >>", pages_.to_string(),
                                                literal_string(tag(recipe_.language))));
    const ObjectRef info = pdf_.add(
        fmt::format("<< /Title {} /Author {} /Subject {} /Creator (lazaret sample) /Producer (lazaret sample) "
                    "/CreationDate (D:2026{:02}{:02}{:02}{:02}00Z) >>",
                    text_string(wording_.title), text_string(wording_.facility), text_string(wording_.notice),
                    random_.between(1, 12), random_.between(1, 28), random_.between(8, 17), random_.between(0, 59)));
    const std::string id = fmt::format("{:016X}{:016X}", random_.next(), random_.next());
    return std::move(pdf_).finish(root, info, id);
  }

 private:
  // Standard fonts, which every reader brings: nothing is embedded.
  std::string add_fonts() {
    if (recipe_.language != Language::kChinese) {
      const ObjectRef plain =
          pdf_.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>");
      const ObjectRef bold =
          pdf_.add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>");
      return fmt::format("/F1 {} /F2 {}", plain.to_string(), bold.to_string());
    }
    const ObjectRef descriptor = pdf_.add(
        "<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 "
        "/Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>");
    const ObjectRef descendant = pdf_.add(fmt::format(
        "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor {} "
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000 /W [1 95 500 814 939 500] >>",
        descriptor.to_string()));
    const ObjectRef font = pdf_.add(
        fmt::format("<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UCS2-H /Encoding /UniGB-UCS2-H "
                    "/DescendantFonts [{}] >>",
                    descendant.to_string()));
    return fmt::format("/F1 {} /F2 {}", font.to_string(), font.to_string());
  }

  std::string scan_page(int strips) const {
    return draw_scan(wording_, recipe_.language, static_cast<int>(kids_.size()) + 1, strips);
  }

  ObjectRef add_image(int width, int height, std::string_view filter, std::string_view data) {
    return pdf_.add_stream(fmt::format("/Type /XObject /Subtype /Image /Width {} /Height {} /ColorSpace /DeviceGray "
                                       "/BitsPerComponent 8 /Filter {}",
                                       width, height, filter),
                           data);
  }

  void add_page(std::string_view content, const std::vector<ObjectRef>& images) {
    const ObjectRef contents = pdf_.add_stream("/Filter /FlateDecode", deflate(content, 6));
    std::string pictures;
    for (std::size_t i = 0; i < images.size(); ++i)
      pictures += fmt::format("/Im{} {} ", i, images[i].to_string());
    const std::string resources = images.empty() ? fmt::format("/Font << {} >>", fonts_)
                                                 : fmt::format("/Font << {} >> /XObject << {}>>", fonts_, pictures);
    kids_.push_back(
        pdf_.add(fmt::format("<< /Type /Page /Parent {} /MediaBox [0 0 {} {}] /Resources << {} >> /Contents {} >>",
                             pages_.to_string(), kPageWidth, kPageHeight, resources, contents.to_string())));
  }

  Recipe recipe_;
  SeededRandom random_;
  Wording wording_;
  PdfWriter pdf_;
  ObjectRef pages_;
  std::string fonts_;
  std::vector<ObjectRef> kids_;
};

std::string_view extension_of(Type type) {
  switch (type) {
    case Type::kPdf:
      return "pdf";
    case Type::kPng:
      return "png";
    case Type::kJpeg:
      return "jpg";
    case Type::kTiff:
      return "tif";
    case Type::kDicom:
      return "dcm";
    case Type::kDocx:
      return "docx";
    case Type::kXlsx:
      return "xlsx";
    case Type::kXml:
      return "xml";
    case Type::kJson:
      return "json";
    case Type::kText:
      return "txt";
    case Type::kCsv:
      return "csv";
  }
  std::unreachable();
}

Result<void> write_file(const std::filesystem::path& path, std::string_view bytes) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file.valid()) return std::unexpected(system_error("open a sample", errno));
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return std::unexpected(system_error("write a sample", errno));
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> check(const SampleOptions& options) {
  std::vector<Fault> faults;
  if (options.count < 1 || options.count > kMostSamples)
    faults.push_back({"count", "out_of_range", fmt::format("The count must be 1 to {}.", kMostSamples)});
  if (options.size_bytes > kMostSampleBytes)
    faults.push_back({"size", "out_of_range", fmt::format("The size must be at most {} bytes.", kMostSampleBytes)});
  if (!faults.empty()) return fail_with(ErrorCode::kInvalidParameter, std::move(faults));
  return {};
}

}  // namespace

std::string make_sample(const Recipe& recipe) {
  if (recipe.type != Type::kPdf) return make_other_type(recipe.type, recipe);
  const std::uint64_t size = std::min(recipe.size_bytes, kMostSampleBytes);
  Builder builder(recipe);
  if (recipe.kind == Kind::kMixed && recipe.form != Form::kScan) builder.add_text_page();
  if (recipe.kind == Kind::kFlate) {
    builder.fill_with_strips(size);
  } else {
    builder.fill_with_jpeg(size);
  }
  if (!builder.has_pages()) builder.add_text_page();
  return std::move(builder).finish();
}

Recipe nth_recipe(const SampleOptions& options, std::size_t index) {
  Recipe recipe;
  // Five forms and three languages: every pair comes once in fifteen.
  recipe.form = options.kind == Kind::kMixed ? kForms[index % kForms.size()] : Form::kScan;
  recipe.language = kLanguages[index % kLanguages.size()];
  recipe.kind = options.kind;
  recipe.type = options.type;
  recipe.size_bytes = options.size_bytes;
  recipe.seed = SeededRandom::derive(options.seed, index).next();
  return recipe;
}

std::string nth_file_name(const SampleOptions& options, std::size_t index) {
  const Recipe recipe = nth_recipe(options, index);
  return fmt::format("{}-{:04}-{}.{}", slug(recipe.form), index + 1, tag(recipe.language), extension_of(recipe.type));
}

Result<std::vector<std::filesystem::path>> write_samples(const SampleOptions& options) {
  if (const auto checked = check(options); !checked) return std::unexpected(checked.error());
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) return std::unexpected(system_error("make the folder for samples", error.value()));
  std::vector<std::filesystem::path> paths;
  for (std::size_t index = 0; index < options.count; ++index) {
    std::filesystem::path path = options.folder / nth_file_name(options, index);
    const auto written = write_file(path, make_sample(nth_recipe(options, index)));
    if (!written) return std::unexpected(written.error());
    paths.push_back(std::move(path));
  }
  return paths;
}

}  // namespace lazaret::sample
