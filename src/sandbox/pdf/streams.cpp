#include "sandbox/pdf/streams.h"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <utility>

#include <qpdf/Pipeline.hh>

#include "sandbox/pdf/lexer.h"
#include "sandbox/pdf/names.h"
#include "sandbox/pdf/xml.h"
#include "sandbox/types/content_search.h"
#include "sandbox/types/image_codes.h"

namespace lazaret::sandbox {
namespace {

using inspect::FindingCode;

constexpr std::uint64_t kGlance = 1024;                         // compressed bytes of a stream that is only glanced at
constexpr std::uint64_t kSwells = 64;                           // a glance that grows so much is followed to its end
constexpr std::uint64_t kBombBytes = std::uint64_t{32} << 20U;  // what any stream may come to
constexpr std::uint64_t kBombRatio = 200;                       // and how much more for one byte of it
constexpr std::size_t kHead = 8192;                             // of an attachment, to tell its type by
constexpr std::size_t kHeaderReach = 1024;
constexpr std::size_t kLargestNested = std::size_t{32} << 20U;  // of a PDF inside a PDF, which is held to be walked
constexpr std::size_t kBlock = std::size_t{32} * 1024;

class Stopped : public std::runtime_error {
 public:
  Stopped() : std::runtime_error("enough") {}
};

// The end of libqpdf's pipeline. It is left by an exception when no more is wanted; libqpdf catches it.
class PipelineEnd final : public Pipeline {
 public:
  explicit PipelineEnd(ByteSink& sink) : Pipeline("look", nullptr), sink_(sink) {}
  void write(unsigned char const* bytes, size_t length) override {
    if (!sink_.write(reinterpret_cast<const char*>(bytes), length)) throw Stopped();
  }
  void finish() override {}

 private:
  ByteSink& sink_;
};

std::vector<std::string> filters_of(QPDFObjectHandle& dictionary) {
  std::vector<std::string> names;
  QPDFObjectHandle filter = dictionary.getKey("/Filter");
  if (filter.isName()) names.push_back(filter.getName());
  if (filter.isArray()) {
    const int count = std::min(filter.getArrayNItems(), static_cast<int>(kMaxFilters) + 1);
    for (int i = 0; i < count; ++i) {
      QPDFObjectHandle item = filter.getArrayItem(i);
      names.push_back(item.isName() ? item.getName() : std::string());
    }
  }
  return names;
}

// What belongs to filter number `index`: one dictionary for all, or an array of them.
QPDFObjectHandle parameters_of(QPDFObjectHandle& dictionary, std::size_t index) {
  QPDFObjectHandle parameters = dictionary.getKey(dictionary.hasKey("/DecodeParms") ? "/DecodeParms" : "/DP");
  if (!parameters.isArray()) return parameters;
  const int at = static_cast<int>(index);
  return at < parameters.getArrayNItems() ? parameters.getArrayItem(at) : QPDFObjectHandle::newNull();
}

FilterSpec spec_of(FilterKind kind, QPDFObjectHandle parameters) {
  FilterSpec spec;
  spec.kind = kind;
  if (!parameters.isDictionary()) return spec;
  const auto number = [&parameters](const char* key, std::int64_t otherwise) -> std::int64_t {
    QPDFObjectHandle value = parameters.getKey(key);
    return value.isInteger() ? value.getIntValue() : otherwise;
  };
  spec.predictor = number("/Predictor", 1);
  spec.columns = number("/Columns", 1);
  spec.colors = number("/Colors", 1);
  spec.bits = number("/BitsPerComponent", 8);
  spec.early_change = number("/EarlyChange", 1) != 0;
  return spec;
}

}  // namespace

// What comes out of a stream: counted, searched, its head kept where it is wanted.
class StreamLook::Sink final : public ByteSink {
 public:
  Sink(EicarMatcher& eicar, std::uint64_t cap, std::size_t head_wanted)
      : eicar_(eicar), cap_(cap), head_wanted_(head_wanted) {
    eicar_.reset();
  }
  bool write(const char* bytes, std::size_t length) override {
    made_ += length;
    if (head_.size() < head_wanted_) head_.append(bytes, std::min(length, head_wanted_ - head_.size()));
    has_eicar_ = has_eicar_ || eicar_.feed(bytes, length);
    if (reads_names_ && !hides_name_) {
      hides_name_ = find_hidden_name(std::string_view(bytes, length), 0, length) != std::string_view::npos;
    }
    if (keeps_pdf_) keep(bytes, length);
    if (content_ != nullptr) content_->write(bytes, length);
    if (xml_ != nullptr) xml_->feed({bytes, length});
    if (images_ != nullptr) images_->feed({bytes, length});
    return made_ <= cap_;
  }
  std::uint64_t cap() const { return cap_; }
  std::uint64_t made() const { return made_; }
  void set_burst() { made_ = std::max(made_, cap_ + 1); }  // in the middle of its filters
  bool bursts() const { return made_ > cap_; }
  bool has_eicar() const { return has_eicar_; }
  const std::string& head() const { return head_; }
  void read_names() { reads_names_ = true; }
  bool hides_name() const { return hides_name_; }
  void keep_pdf() { keeps_pdf_ = true; }
  void copy_to(ContentSearch* content, const Spot& spot) {
    content_ = content;
    if (content != nullptr) content->begin(spot);
  }
  void copy_to(AttachedXml& xml) { xml_ = &xml; }
  void copy_to(InlineImages& images) {
    images_ = &images;
    images.reset();
  }
  std::string take_pdf() { return std::move(pdf_); }
  bool is_pdf_too_large() const { return is_pdf_too_large_; }

 private:
  void keep(const char* bytes, std::size_t length) {
    pdf_.append(bytes, std::min(length, kLargestNested + 1 - pdf_.size()));
    const bool is_pdf = pdf_.size() < kHeaderReach || kind_of_bytes(head_) == FileKind::kPdf;
    is_pdf_too_large_ = is_pdf && pdf_.size() > kLargestNested;
    if (is_pdf && !is_pdf_too_large_) return;
    keeps_pdf_ = false;
    pdf_ = std::string();
  }

  EicarMatcher& eicar_;
  std::uint64_t cap_;
  std::size_t head_wanted_;
  std::uint64_t made_ = 0;
  std::string head_;
  bool has_eicar_ = false;
  bool reads_names_ = false;
  bool hides_name_ = false;
  bool keeps_pdf_ = false;
  ContentSearch* content_ = nullptr;
  AttachedXml* xml_ = nullptr;
  InlineImages* images_ = nullptr;
  bool is_pdf_too_large_ = false;
  std::string pdf_;
};

StreamLook::Coding StreamLook::coding_of(QPDFObjectHandle& dictionary, const Spot& spot) const {
  Coding coding;
  const std::vector<std::string> names = filters_of(dictionary);
  if (names.size() > kMaxFilters) tools_.findings.add(FindingCode::kTooDeep, spot);
  for (std::size_t i = 0; i < names.size() && i < kMaxFilters && coding.image_codec.empty(); ++i) {
    const std::string_view name = std::string_view(names[i]).substr(names[i].empty() ? 0 : 1);
    if (const std::optional<FilterKind> kind = filter_kind_of(name)) {
      coding.filters.push_back(spec_of(*kind, parameters_of(dictionary, i)));
    } else if (is_image_codec(name)) {
      coding.image_codec = name;
    } else {
      coding.is_known = false;
    }
  }
  return coding;
}

StreamLook::Raw StreamLook::raw_of(QPDFObjectHandle& stream, QPDFObjectHandle& dictionary) const {
  Raw raw;
  QPDFObjectHandle length = dictionary.getKey("/Length");
  if (length.isInteger() && length.getIntValue() > 0) raw.length = static_cast<std::uint64_t>(length.getIntValue());
  const qpdf_offset_t offset = stream.getParsedOffset();
  if (offset <= 0 || encrypted_) return raw;
  raw.offset = static_cast<std::uint64_t>(offset) + tools_.header;
  if (raw.length > tools_.file.size() || raw.offset + raw.length > tools_.file.size()) return raw;
  std::array<char, 16> after{};
  const std::size_t got = tools_.file.read_at(raw.offset + raw.length, after.data(), after.size());
  const std::string_view tail(after.data(), got);
  raw.is_direct = tail.find("endstr") != std::string_view::npos;
  return raw;
}

void StreamLook::watch(const Raw& raw) {
  for (Watched& place : tools_.watched) {
    const bool is_covered = place.offset >= raw.offset && place.offset - raw.offset < raw.length;
    place.inside_stream = place.inside_stream || (raw.is_direct && is_covered);
  }
}

void StreamLook::feed_raw(std::uint64_t from, std::uint64_t length, FilterChain& chain) {
  block_.resize(kBlock);
  for (std::uint64_t done = 0; done < length;) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block_.size(), length - done));
    const std::size_t got = tools_.file.read_at(from + done, block_.data(), wanted);
    if (got == 0 || !chain.write(block_.data(), got)) return;
    done += got;
  }
}

void StreamLook::decode(QPDFObjectHandle& stream, const Coding& coding, const Raw& raw, std::uint64_t input_cap,
                        Sink& sink) {
  FilterChain chain(coding.filters, tools_.inflater, sink.cap(), sink);
  if (!raw.is_direct) {
    PipelineEnd end(chain);
    stream.pipeStreamData(&end, 0, qpdf_dl_none, true);
  } else {
    feed_raw(raw.offset, std::min(raw.length, input_cap), chain);
  }
  chain.finish();
  if (chain.bursts()) sink.set_burst();
}

void StreamLook::settle(const Sink& sink, const Spot& spot) {
  output_left_ -= std::min(output_left_, sink.made());
  if (sink.has_eicar()) tools_.findings.add(FindingCode::kEicar, spot);
  if (sink.hides_name()) tools_.findings.add(FindingCode::kEscapedName, spot);
  if (sink.bursts()) tools_.findings.add(FindingCode::kInflatesTooFar, spot);
}

void StreamLook::look_at(QPDFObjectHandle& stream, const Spot& spot) {
  QPDFObjectHandle dictionary = stream.getDict();
  const Raw raw = raw_of(stream, dictionary);
  watch(raw);
  const Coding coding = coding_of(dictionary, spot);
  const bool is_seen_raw = coding.filters.empty() && raw.is_direct;  // the raw scan has read it
  if (output_left_ == 0 || !coding.is_known) return;
  if (!coding.image_codec.empty()) return look_at_code(stream, coding, raw, spot);
  const bool is_image = dictionary.getKey("/Subtype").isNameAndEquals("/Image");
  if (is_seen_raw) return is_image ? void() : look_for_inline_images(raw, spot);
  if (is_image) return look_at_image(stream, coding, raw, spot);

  if (raw.length <= thorough_left_) {
    thorough_left_ -= raw.length;
  } else {
    Sink glance(eicar_, std::min(output_left_, kSwells * kGlance), 0);
    decode(stream, coding, raw, kGlance, glance);
    output_left_ -= std::min(output_left_, glance.made());
    if (glance.has_eicar()) tools_.findings.add(FindingCode::kEicar, spot);
    const bool is_input_whole = !raw.is_direct && raw.length > kGlance;  // libqpdf's input is not cut
    if (!glance.bursts() || is_input_whole) return;
  }
  Sink sink(eicar_, cap_of(raw), 0);
  sink.copy_to(tools_.content, spot);
  sink.copy_to(inline_images_);
  // The names of others were read by the raw scan, which cannot decrypt.
  if (encrypted_ && dictionary.getKey("/Type").isNameAndEquals("/ObjStm")) sink.read_names();
  decode(stream, coding, raw, std::numeric_limits<std::uint64_t>::max(), sink);
  settle(sink, spot);
  if (inline_images_.largest() > kLargestImage) tools_.findings.add(FindingCode::kHugeImage, spot);
}

// Bytes that need no decoding have been seen by the raw scan, which knows no content of pages.
void StreamLook::look_for_inline_images(const Raw& raw, const Spot& spot) {
  if (raw.length > thorough_left_) return;
  thorough_left_ -= raw.length;
  inline_images_.reset();
  block_.resize(kBlock);
  for (std::uint64_t done = 0; done < raw.length;) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block_.size(), raw.length - done));
    const std::size_t got = tools_.file.read_at(raw.offset + done, block_.data(), wanted);
    if (got == 0) break;
    inline_images_.feed(std::string_view(block_).substr(0, got));
    done += got;
  }
  if (inline_images_.largest() > kLargestImage) tools_.findings.add(FindingCode::kHugeImage, spot);
}

bool StreamLook::bursts(QPDFObjectHandle& stream, std::uint64_t cap) {
  QPDFObjectHandle dictionary = stream.getDict();
  const Spot spot = at_object(stream.getObjGen().getObj(), stream.getObjGen().getGen());
  const Coding coding = coding_of(dictionary, spot);
  Sink sink(eicar_, std::min(output_left_, cap), 0);
  decode(stream, coding, raw_of(stream, dictionary), std::numeric_limits<std::uint64_t>::max(), sink);
  settle(sink, spot);
  return sink.bursts();
}

// What a codec wrote is judged by its header.
void StreamLook::look_at_code(QPDFObjectHandle& stream, const Coding& coding, const Raw& raw, const Spot& spot) {
  const bool is_jpx = coding.image_codec == "JPXDecode";
  const bool is_jbig2 = coding.image_codec == "JBIG2Decode";
  const bool is_dct = coding.image_codec == "DCTDecode" || coding.image_codec == "DCT";
  if (!is_jpx && !is_jbig2 && !is_dct) return;
  Sink sink(eicar_, kHead, kHead);
  sink.copy_to(tools_.content, spot);
  decode(stream, coding, raw, kHead, sink);
  ImageSense sense;
  if (is_jpx) sense = sense_of_jpx(sink.head());
  if (is_jbig2) sense = sense_of_jbig2(sink.head(), raw.length);
  if (is_dct) sense = sense_of_dct(sink.head());
  if (sense.is_absurd) tools_.findings.add(FindingCode::kAbsurdImage, spot);
  if (sense.decoded_bytes > kLargestImage) tools_.findings.add(FindingCode::kHugeImage, spot);
}

std::string StreamLook::text_of(QPDFObjectHandle& stream, std::size_t longest, const Spot& spot) {
  QPDFObjectHandle dictionary = stream.getDict();
  const Raw raw = raw_of(stream, dictionary);
  const Coding coding = coding_of(dictionary, spot);
  if (output_left_ == 0 || !coding.is_known || !coding.image_codec.empty()) return {};
  Sink sink(eicar_, std::min<std::uint64_t>(output_left_, longest), longest);
  decode(stream, coding, raw, std::numeric_limits<std::uint64_t>::max(), sink);
  output_left_ -= std::min(output_left_, sink.made());
  return sink.head();
}

// A white page swells as much as any bomb, so an image is never one by what it inflates to; its stated size is judged
// by the walk. What is spent on images has a budget of its own.
void StreamLook::look_at_image(QPDFObjectHandle& stream, const Coding& coding, const Raw& raw, const Spot& spot) {
  const bool is_thorough = raw.length <= images_left_ && image_output_left_ != 0;
  if (is_thorough) images_left_ -= raw.length;
  Sink sink(eicar_, is_thorough ? image_output_left_ : kSwells * kGlance, 0);
  decode(stream, coding, raw, is_thorough ? std::numeric_limits<std::uint64_t>::max() : kGlance, sink);
  image_output_left_ -= std::min(image_output_left_, sink.made());
  if (sink.has_eicar()) tools_.findings.add(FindingCode::kEicar, spot);
}

// What a stream may come to: so much for each of its bytes.
std::uint64_t StreamLook::cap_of(const Raw& raw) const {
  return std::min(output_left_, std::max(kBombBytes, kBombRatio * raw.length));
}

// What is encrypted stays closed: the key is libqpdf's.
void StreamLook::look_at_hidden(std::string_view dictionary, std::uint64_t data, const Spot& spot) {
  const RawDictionary entries(dictionary);
  const std::string type = entries.name("Type");
  const auto filters = filters_of(entries);
  if (encrypted_ || type == "XRef" || type == "ObjStm" || !filters) return;
  std::uint64_t length = tools_.file.size() - data;
  if (const auto stated = entries.number("Length"); stated && *stated < length) {
    // "9 0 R" reads as nine here: a length counts where the stream ends there.
    const bool ends = tools_.file.read_at(data + *stated, 16).find("endstr") != std::string::npos;
    if (ends) length = *stated;
  }
  if (length > thorough_left_) return;
  thorough_left_ -= length;
  Raw raw;
  raw.length = length;
  Sink sink(eicar_, cap_of(raw), 0);
  sink.copy_to(tools_.content, spot);
  FilterChain chain(*filters, tools_.inflater, sink.cap(), sink);
  feed_raw(data, length, chain);
  chain.finish();
  if (chain.bursts()) sink.set_burst();
  settle(sink, spot);
}

StreamLook::Attachment StreamLook::look_at_attachment(QPDFObjectHandle& stream, const Spot& spot) {
  QPDFObjectHandle dictionary = stream.getDict();
  const Raw raw = raw_of(stream, dictionary);
  watch(raw);
  const Coding coding = coding_of(dictionary, spot);
  const std::uint64_t cap = cap_of(raw);
  Sink sink(eicar_, cap, kHead);
  sink.copy_to(tools_.content, spot);
  sink.keep_pdf();
  AttachedXml xml;
  sink.copy_to(xml);
  if (cap != 0) decode(stream, coding, raw, std::numeric_limits<std::uint64_t>::max(), sink);
  settle(sink, spot);
  Attachment attachment;
  attachment.kind =
      std::max({kind_of_bytes(sink.head()), tools_.judge.kind_of(sink.head()), xml.judge(tools_.findings, spot)});
  attachment.is_too_large = sink.is_pdf_too_large();
  if (attachment.kind == FileKind::kPdf) attachment.pdf = sink.take_pdf();
  return attachment;
}

}  // namespace lazaret::sandbox
