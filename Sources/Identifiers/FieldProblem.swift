/// What is wrong with a field's value.
package enum FieldProblem: Sendable, Hashable {
  case empty
  case tooLong(maximumBytes: Int)
  /// The first character is not one that may stand there.
  case firstCharacter(allowed: String)
  /// The character at an offset in bytes is not one of those allowed.
  case character(offset: Int, allowed: String)
  case notUTF8
  case containsNUL(offset: Int)

  /// What is wrong, to follow the name of the field.
  package var message: String {
    switch self {
    case .empty: "must not be empty"
    case .tooLong(let maximumBytes): "must be at most \(maximumBytes) bytes long"
    case .firstCharacter(let allowed): "must start with one of `\(allowed)`"
    case .character(let offset, let allowed):
      "must consist of `\(allowed)`, unlike its byte \(offset)"
    case .notUTF8: "must be valid UTF-8"
    case .containsNUL(let offset): "must not contain a NUL, unlike its byte \(offset)"
    }
  }
}
