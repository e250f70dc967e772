// What the attack documents and their benign twins are put together from. Inert throughout.
#pragma once

#include <string>
#include <string_view>

#include "tests/support/attack_documents.h"

namespace lazaret::testing_support {

std::string flate(std::string_view bytes);
// A stream object's body, deflated.
std::string flate_body(std::string_view entries, std::string_view data);
std::string hex(std::string_view bytes);
// A string object: UTF-16BE with its mark, in hexadecimal.
std::string utf16_string(std::string_view ascii);

std::string clean_page();
std::string with_open_action(const std::string& action);
std::string with_page_action(const std::string& action);
std::string with_link(const std::string& action);
std::string with_attachment(const std::string& name, std::string_view bytes,
                            const std::string& type_entry = "/Type /EmbeddedFile");
// `update` are objects by their text ("4 0 obj ... endobj"), with a table and a trailer behind them.
std::string with_update(const std::string& document, const std::vector<std::pair<int, std::string>>& update);
// A signature over everything up to the end of the file, as its ranges say; its bytes are no real one.
std::string signed_page(const std::string& catalog = {});

// The rooms of attack_documents() and benign_documents().
void add_edge_attacks(std::vector<ExpectedDocument>& all);
void add_form_attacks(std::vector<ExpectedDocument>& all);
void add_image_attacks(std::vector<ExpectedDocument>& all);
void add_signed_documents(std::vector<ExpectedDocument>& attacks);

}  // namespace lazaret::testing_support
