#include "sample/wording.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace lazaret::sample {
namespace {

using Row = std::vector<std::string>;
// One text in each language, in the order of Language.
using Texts = std::array<std::string_view, 3>;

std::string in(const Texts& texts, Language language) {
  return std::string(texts[static_cast<std::size_t>(language)]);
}

constexpr Texts kFacility{"Sample Hill Clinic (invented)", "Klinik Bukit Contoh (rekaan)", "样本山诊所（虚构）"};
constexpr Texts kNotice{"Synthetic sample document. Every person, place and value in it is invented.",
                        "Dokumen contoh sintetik. Semua nama, tempat dan nilai adalah rekaan.",
                        "合成样本文件。其中所有人物、地点和数值均为虚构。"};

constexpr std::array<Texts, 5> kTitles{{{"Laboratory result", "Keputusan makmal", "化验报告"},
                                        {"Prescription", "Preskripsi ubat", "处方笺"},
                                        {"Referral letter", "Surat rujukan", "转诊信"},
                                        {"Discharge letter", "Surat discaj", "出院小结"},
                                        {"Scanned record", "Rekod yang diimbas", "扫描病历"}}};

constexpr std::string_view kEnglishNames[] = {"Testina Sampleworth", "Mock Placeholder-Lee", "Demo Fictitious",
                                              "Exempla Notareal",    "Dummy Datasmith",      "Ima Fabrication"};
constexpr std::string_view kMalayNames[] = {"Contoh bin Ujian",    "Rekaan binti Sampel", "Cubaan bin Percubaan",
                                            "Misalan binti Palsu", "Olokan bin Tiruan",   "Andaian binti Contoh"};
constexpr std::string_view kChineseNames[] = {"样本一", "测试二", "虚构三", "示例四", "假名五", "模拟六"};

std::string name(Language language, std::size_t index) {
  switch (language) {
    case Language::kEnglish:
      return std::string(kEnglishNames[index % std::size(kEnglishNames)]);
    case Language::kMalay:
      return std::string(kMalayNames[index % std::size(kMalayNames)]);
    case Language::kChinese:
      return std::string(kChineseNames[index % std::size(kChineseNames)]);
  }
  std::unreachable();
}

std::string date(SeededRandom& random) {
  return fmt::format("20{:02}-{:02}-{:02}", random.between(20, 26), random.between(1, 12), random.between(1, 28));
}

std::string tenths(int value) {
  value = std::max(0, value);
  return fmt::format("{}.{}", value / 10, value % 10);
}

std::vector<Row> lab_table(Language language, SeededRandom& random) {
  struct Test {
    Texts name;
    std::string_view unit;
    int low, high;  // tenths, of the reference range
  };
  static constexpr Test kTests[] = {
      {{"Haemoglobin", "Hemoglobin", "血红蛋白"}, "g/dL", 120, 160},
      {{"White cells", "Sel darah putih", "白细胞"}, "10^9/L", 40, 110},
      {{"Platelets", "Platelet", "血小板"}, "10^9/L", 1500, 4000},
      {{"Fasting glucose", "Glukosa puasa", "空腹血糖"}, "mmol/L", 39, 60},
      {{"HbA1c", "HbA1c", "糖化血红蛋白"}, "%", 40, 56},
      {{"Total cholesterol", "Jumlah kolesterol", "总胆固醇"}, "mmol/L", 30, 52},
      {{"Creatinine", "Kreatinin", "肌酐"}, "umol/L", 600, 1100},
      {{"Potassium", "Kalium", "钾"}, "mmol/L", 35, 51},
      {{"ALT", "ALT", "丙氨酸转氨酶"}, "U/L", 70, 560},
  };
  std::vector<Row> table{{in({"Test", "Ujian", "项目"}, language), in({"Result", "Keputusan", "结果"}, language),
                          in({"Unit", "Unit", "单位"}, language), in({"Range", "Julat", "参考范围"}, language)}};
  for (const Test& test : kTests) {
    const int spread = test.high - test.low;
    table.push_back({in(test.name, language), tenths(random.between(test.low - spread / 6, test.high + spread / 6)),
                     std::string(test.unit), fmt::format("{} - {}", tenths(test.low), tenths(test.high))});
  }
  return table;
}

std::vector<Row> prescription_table(Language language, SeededRandom& random) {
  static constexpr std::string_view kMedicines[] = {"Samplopril 5 mg",  "Mockformin 500 mg", "Fictastatin 20 mg",
                                                    "Placebolol 50 mg", "Testamol 500 mg",   "Imaginex 10 mg"};
  std::vector<Row> table{{in({"Medicine", "Ubat", "药品"}, language), in({"Dose", "Dos", "用法"}, language),
                          in({"Days", "Hari", "天数"}, language)}};
  const std::size_t first = random.below(std::size(kMedicines));
  for (std::size_t i = 0; i < 3; ++i) {
    const int times = random.between(1, 3);
    const std::string dose = language == Language::kChinese
                                 ? fmt::format("每日 {} 次，每次 1 片", times)
                                 : fmt::format("{}", in({"1 tablet, ", "1 biji, ", ""}, language)) +
                                       std::to_string(times) + in({" x daily", " x sehari", ""}, language);
    table.push_back(
        {std::string(kMedicines[(first + i) % std::size(kMedicines)]), dose, std::to_string(random.between(5, 30))});
  }
  return table;
}

std::vector<std::string> paragraphs(Form form, Language language) {
  const auto text = [&](std::string_view english, std::string_view malay, std::string_view chinese) {
    return in({english, malay, chinese}, language);
  };
  switch (form) {
    case Form::kLabResult:
      return {text("Values outside the range need not mean illness. Please discuss this result with your doctor.",
                   "Nilai di luar julat tidak semestinya bermakna penyakit. Sila bincang dengan doktor anda.",
                   "数值超出参考范围并不一定表示患病，请与您的医生讨论本报告。")};
    case Form::kPrescription:
      return {text("Take with water after meals. Keep all medicines out of the reach of children.",
                   "Ambil dengan air selepas makan. Jauhkan semua ubat daripada kanak-kanak.",
                   "饭后用温水送服。请将所有药品放在儿童接触不到的地方。")};
    case Form::kReferral:
      return {text("Dear colleague, thank you for seeing this patient, who has had shortness of breath on exertion for "
                   "three weeks. Heart sounds are normal, the chest is clear, and there is no swelling of the legs.",
                   "Rakan sejawat yang dihormati, terima kasih kerana menerima pesakit ini yang mengalami sesak nafas "
                   "semasa bersenam selama tiga minggu. Bunyi jantung normal dan paru-paru jelas.",
                   "尊敬的同事：感谢您接诊该患者。患者活动后气促三周，心音正常，双肺呼吸音清，双下肢无水肿。"),
              text("We would be grateful for your opinion and an echocardiogram if you find it useful.",
                   "Kami menghargai pendapat tuan dan ekokardiogram jika perlu.",
                   "请给予专科意见，如有需要请安排超声心动图检查。")};
    case Form::kDischargeLetter:
      return {text("The patient was admitted with fever and cough. The X-ray showed a small shadow at the right base. "
                   "After five days of treatment the temperature was normal and the patient felt well.",
                   "Pesakit dimasukkan ke wad kerana demam dan batuk. X-ray menunjukkan bayang kecil di kanan. Selepas "
                   "lima hari rawatan suhu kembali normal dan pesakit berasa sihat.",
                   "患者因发热、咳嗽入院，胸片提示右下肺小片阴影。治疗五天后体温恢复正常，一般情况良好。"),
              text("Please repeat the blood count in two weeks. Return at once if the breathing gets worse.",
                   "Sila ulang ujian darah dalam dua minggu. Datang segera jika pernafasan bertambah teruk.",
                   "请于两周后复查血常规。如呼吸困难加重，请立即就诊。")};
    case Form::kScan:
      return {
          text("Paper record, scanned for the archive.", "Rekod kertas, diimbas untuk arkib.", "纸质病历，扫描存档。")};
  }
  std::unreachable();
}

}  // namespace

std::string_view slug(Form form) {
  switch (form) {
    case Form::kLabResult:
      return "lab-result";
    case Form::kPrescription:
      return "prescription";
    case Form::kReferral:
      return "referral";
    case Form::kDischargeLetter:
      return "discharge-letter";
    case Form::kScan:
      return "scan";
  }
  std::unreachable();
}

std::string_view tag(Language language) {
  switch (language) {
    case Language::kEnglish:
      return "en";
    case Language::kMalay:
      return "ms";
    case Language::kChinese:
      return "zh";
  }
  std::unreachable();
}

Wording make_wording(Form form, Language language, SeededRandom& random) {
  Wording wording;
  const std::size_t patient = random.below(std::size(kEnglishNames));
  wording.facility = in(kFacility, language);
  wording.title = in(kTitles[static_cast<std::size_t>(form)], language);
  wording.fields = {
      {in({"Patient", "Pesakit", "患者"}, language), name(language, patient)},
      {in({"Record number", "Nombor rekod", "病历号"}, language), fmt::format("SAMPLE-{:06}", random.below(1'000'000))},
      {in({"Date of birth", "Tarikh lahir", "出生日期"}, language),
       fmt::format("19{:02}-{:02}-{:02}", random.between(30, 99), random.between(1, 12), random.between(1, 28))},
      {in({"Date", "Tarikh", "日期"}, language), date(random)},
      {in({"Doctor", "Doktor", "医生"}, language), name(language, patient + 1)}};
  if (form == Form::kLabResult) wording.table = lab_table(language, random);
  if (form == Form::kPrescription) wording.table = prescription_table(language, random);
  wording.paragraphs = paragraphs(form, language);
  wording.notice = in(kNotice, language);
  return wording;
}

}  // namespace lazaret::sample
