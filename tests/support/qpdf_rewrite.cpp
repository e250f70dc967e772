#include "tests/support/qpdf_rewrite.h"

#include <array>
#include <memory>
#include <numeric>
#include <utility>

#include <qpdf/Buffer.hh>
#include <qpdf/QPDF.hh>
#include <qpdf/QPDFWriter.hh>
#include <qpdf/QUtil.hh>

namespace lazaret::testing_support {
namespace {

constexpr const char* kOwner = "owner-for-tests";

void set_up(QPDFWriter& writer, Rewriting rewriting, const char* user) {
  switch (rewriting) {
    case Rewriting::kObjectStreams:
      writer.setObjectStreamMode(qpdf_o_generate);
      return;
    case Rewriting::kLinearized:
      writer.setLinearization(true);
      return;
    case Rewriting::kRc4With40Bits:
      writer.setR2EncryptionParametersInsecure(user, kOwner, true, true, true, true);
      return;
    case Rewriting::kRc4With128Bits:
      writer.setR3EncryptionParametersInsecure(user, kOwner, true, true, true, true, true, true, qpdf_r3p_full);
      return;
    case Rewriting::kAes128:
      writer.setR4EncryptionParametersInsecure(user, kOwner, true, true, true, true, true, true, qpdf_r3p_full, true,
                                               true);
      return;
    case Rewriting::kAes256Revision5:
      writer.setR5EncryptionParameters(user, kOwner, true, true, true, true, true, true, qpdf_r3p_full, true);
      return;
    case Rewriting::kAes256:
      writer.setObjectStreamMode(qpdf_o_generate);
      writer.setR6EncryptionParameters(user, kOwner, true, true, true, true, true, true, qpdf_r3p_full, true);
      return;
  }
}

}  // namespace

const char* name_of(Rewriting rewriting) {
  switch (rewriting) {
    case Rewriting::kObjectStreams:
      return "object streams";
    case Rewriting::kLinearized:
      return "linearized";
    case Rewriting::kRc4With40Bits:
      return "RC4 with 40 bits";
    case Rewriting::kRc4With128Bits:
      return "RC4 with 128 bits";
    case Rewriting::kAes128:
      return "AES with 128 bits";
    case Rewriting::kAes256Revision5:
      return "AES with 256 bits, revision 5";
    case Rewriting::kAes256:
      return "AES with 256 bits and object streams";
  }
  return "";
}

std::string encrypted_by_rc4(int object, std::string data) {
  const QPDF::EncryptionData encryption(2, 3, 16, -4, QUtil::hex_decode(Rc4Encryption::kOwner),
                                        QUtil::hex_decode(Rc4Encryption::kUser), "", "", "",
                                        QUtil::hex_decode(Rc4Encryption::kId), true);
  const std::string key = QPDF::compute_data_key(QPDF::compute_encryption_key("", encryption), object, 0, false, 2, 3);
  std::array<unsigned char, 256> state{};
  std::iota(state.begin(), state.end(), 0);
  unsigned char j = 0;
  for (std::size_t i = 0; i < state.size(); ++i) {
    j = static_cast<unsigned char>(j + state.at(i) + static_cast<unsigned char>(key[i % key.size()]));
    std::swap(state.at(i), state.at(j));
  }
  unsigned char i = 0;
  j = 0;
  for (char& c : data) {
    j = static_cast<unsigned char>(j + state.at(++i));
    std::swap(state.at(i), state.at(j));
    c = static_cast<char>(c ^ state.at(static_cast<unsigned char>(state.at(i) + state.at(j))));
  }
  return data;
}

std::string rewrite_pdf(const std::string& bytes, Rewriting rewriting, const std::string& password) {
  QPDF pdf;
  pdf.setSuppressWarnings(true);
  pdf.processMemoryFile("document", bytes.data(), bytes.size());
  QPDFWriter writer(pdf);
  writer.setOutputMemory();
  writer.setStreamDataMode(qpdf_s_preserve);
  set_up(writer, rewriting, password.c_str());
  writer.write();
  const std::unique_ptr<Buffer> out(writer.getBuffer());
  return std::string(reinterpret_cast<const char*>(out->getBuffer()), out->getSize());
}

}  // namespace lazaret::testing_support
