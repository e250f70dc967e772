// Categories, metadata, original names, and the rules a stored document obeys.
#include "document/validation.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/random_document.h"

namespace lazaret {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Categories known() {
  return Categories::make({default_categories().begin(), default_categories().end()}).value();
}

std::string fault_code(const auto& result) {
  return result || result.error().faults.empty() ? "" : result.error().faults.front().code;
}
std::string fault_place(const auto& result) {
  return result || result.error().faults.empty() ? "" : result.error().faults.front().where;
}

TEST(Categories, KeepTheirOrderAndKnowTheirNames) {
  EXPECT_EQ(known().names().front(), "patient_records");
  EXPECT_TRUE(known().contains("lab_results"));
  EXPECT_FALSE(known().contains("LAB_RESULTS"));
  EXPECT_FALSE(known().contains(""));
}

TEST(Categories, RefuseBadNamesAllAtOnce) {
  const auto made = Categories::make({"ok", "Bad", "", "ok", std::string(65, 'a')});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::kInvalidParameter);
  EXPECT_THAT(made.error().faults, SizeIs(4));
}

TEST(Categories, AreAtMostAHundred) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i)
    names.push_back("c" + std::to_string(i));
  EXPECT_TRUE(Categories::make(names));
  names.emplace_back("c100");
  EXPECT_EQ(fault_code(Categories::make(names)), "too_many");
}

TEST(CheckCategories, SortsAndFoldsDuplicates) {
  EXPECT_THAT(check_categories({"research_papers", "lab_results", "research_papers"}, known(), "/categories").value(),
              ElementsAre("lab_results", "research_papers"));
}

TEST(CheckCategories, NamesThePlaceOfEachUnknownOne) {
  const auto checked = check_categories({"x", "lab_results", "y"}, known(), "/categories");
  ASSERT_FALSE(checked);
  ASSERT_THAT(checked.error().faults, SizeIs(2));
  EXPECT_EQ(checked.error().faults[0].where, "/categories/0");
  EXPECT_EQ(checked.error().faults[1].where, "/categories/2");
}

TEST(CheckCategories, AnswersALongListWithOneFault) {
  const auto checked = check_categories(std::vector<std::string>(5000, "x"), known(), "/categories");
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().faults, SizeIs(1));
}

TEST(CategoriesField, IsRepeatedOrAJsonArrayOrCommaSeparated) {
  const auto parse = [](const std::vector<std::string>& values) {
    return parse_categories_field(values, known(), "/categories").value();
  };
  EXPECT_THAT(parse({"lab_results", "patient_records"}), ElementsAre("lab_results", "patient_records"));
  EXPECT_THAT(parse({R"( ["lab_results", "patient_records"] )"}), ElementsAre("lab_results", "patient_records"));
  EXPECT_THAT(parse({"patient_records, lab_results"}), ElementsAre("lab_results", "patient_records"));
  EXPECT_THAT(parse({}), IsEmpty());
  EXPECT_THAT(parse({""}), IsEmpty());
  EXPECT_THAT(parse({"[]"}), IsEmpty());
}

TEST(CategoriesField, RefusesOtherJson) {
  for (const char* value : {"[1]", "[[\"lab_results\"]]", "[\"lab_results\"", "[\"lab_results\"] x", "[null]", "{}"}) {
    const auto parsed = parse_categories_field({value}, known(), "/categories");
    ASSERT_FALSE(parsed) << value;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidField) << value;
  }
}

TEST(Metadata, CannotSetExtracted) {
  EXPECT_TRUE(parse_metadata(R"({"a":{"extracted":1}})", "/metadata"));
  const auto parsed = parse_metadata(R"({"a":1,"extracted":{}})", "/metadata");
  EXPECT_EQ(fault_code(parsed), "reserved");
  EXPECT_EQ(fault_place(parsed), "/metadata/extracted");
}

TEST(OriginalFilename, IsBoundedText) {
  EXPECT_TRUE(check_original_filename(std::string(1024, 'a'), "/file"));
  EXPECT_EQ(fault_code(check_original_filename(std::string(1025, 'a'), "/file")), "too_long");
  EXPECT_EQ(fault_code(check_original_filename("", "/file")), "required");
  EXPECT_EQ(fault_code(check_original_filename("\xff.pdf", "/file")), "invalid_utf8");
  EXPECT_EQ(fault_code(check_original_filename(std::string_view("a\0.pdf", 6), "/file")), "invalid_character");
  EXPECT_TRUE(check_original_filename("../\u202e\n.pdf", "/file"));  // kept as it came
}

TEST(Validate, PassesEveryRandomDocument) {
  test::RandomDocuments random(10);
  for (int i = 0; i < 500; ++i) {
    const auto valid = validate(random.next());
    ASSERT_TRUE(valid) << valid.error().detail;
  }
}

struct Breakage {
  const char* where;
  std::function<void(Document&)> breaks;
};

TEST(Validate, NamesEachRuleThatIsBroken) {
  test::RandomDocuments random(11);
  for (const Breakage& one : std::initializer_list<Breakage>{
           {"/filename", [](Document& d) { d.filename = PatientText{"a/b.pdf"}; }},
           {"/filename", [](Document& d) { d.filename = PatientText{}; }},
           {"/original_filename", [](Document& d) { d.original_filename = PatientText{}; }},
           {"/s3_key", [](Document& d) { d.s3_key = ObjectKey{"medical_documents/../../x"}; }},
           {"/s3_key", [](Document& d) { d.id = DocumentId{}; }},
           {"/categories", [](Document& d) { d.categories = {"b", "a"}; }},
           {"/categories", [](Document& d) { d.categories = {"a", "a"}; }},
           {"/content_type", [](Document& d) { d.content_type = "pdf"; }},
           {"/metadata", [](Document& d) { d.metadata = JsonObject::trusted("{ }"); }},
           {"/metadata", [](Document& d) { d.metadata = JsonObject::trusted(R"({"extracted":1})"); }},
           {"/extracted", [](Document& d) { d.extracted = JsonObject::trusted("[]"); }},
           {"/version", [](Document& d) { d.version = 0; }},
           {"/verdict/findings", [](Document& d) { d.verdict.findings.resize(65); }},
           {"/verdict", [](Document& d) { d.verdict.engine.assign(40'000, 'x'); }},
           {"/deleted_at",
            [](Document& d) {
              d.state = State::kDeleted;
              d.deleted_at.reset();
            }},
           {"/duplicate_of", [](Document& d) { d.duplicate_of = d.id; }},
           {"/release/reason", [](Document& d) { d.release = Release{}; }}}) {
    Document document = random.next();
    one.breaks(document);
    const auto valid = validate(document);
    ASSERT_FALSE(valid) << one.where;
    EXPECT_EQ(valid.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(valid.error().faults, testing::Contains(testing::Field(&Fault::where, one.where)));
  }
}

}  // namespace
}  // namespace lazaret
