/// A field of a request that breaks the rules of its kind: INVALID_ARGUMENT.
///
/// It names the field and the rule, but never the value, which might be a secret in the wrong
/// field.
package struct InvalidField: Error, Sendable {
  /// The field's name in the contract.
  package let field: StaticString
  package let problem: FieldProblem

  package init(field: StaticString, problem: FieldProblem) {
    self.field = field
    self.problem = problem
  }

  /// One sentence for the caller.
  package var message: String { "`\(field)` \(problem.message)" }
}

/// What is wrong with a field's value.
package enum FieldProblem: Sendable, Hashable {
  case empty
  case tooLong(maximumBytes: Int)
  /// The first character is not one of those allowed.
  case firstCharacter(allowed: String)
  /// The character at an offset in bytes is not one of those allowed.
  case character(offset: Int, allowed: String)
  case notUTF8
  case containsNUL(offset: Int)
  /// An id holds what tokens begin with.
  case token
  /// Free text holds what may be a token.
  case tokenInText

  /// The problem, as text to follow the name of the field.
  package var message: String {
    switch self {
    case .empty: "must not be empty"
    case .tooLong(let maximumBytes): "must be at most \(maximumBytes) bytes long"
    case .firstCharacter(let allowed): "must start with one of `\(allowed)`"
    case .character(let offset, let allowed):
      "must consist of `\(allowed)`, unlike its byte \(offset)"
    case .notUTF8: "must be valid UTF-8"
    case .containsNUL(let offset): "must not contain a NUL, unlike its byte \(offset)"
    case .token:
      "must not contain the text of a token, or `pst_u_` or `pst_o_`, which tokens begin with"
    case .tokenInText: "must not contain the text of a token"
    }
  }
}
