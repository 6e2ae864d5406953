// Failures that cross to JavaScript: one of the codes of src/errors.ts and a sentence.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace telltale {

class Error : public std::runtime_error {
  public:
    Error(std::string code, const std::string& message) : std::runtime_error(message), code_(std::move(code)) {}
    const std::string& code() const { return code_; }

  private:
    std::string code_;
};

} // namespace telltale
