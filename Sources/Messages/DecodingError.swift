/// Why bytes are not a message that may be decoded.
public struct DecodingError: Error, Sendable, Equatable {
  /// What is wrong, naming the field where there is one; never a value.
  public let problem: String
  /// The name of the field that is wrong; nil when the bytes as a whole are.
  public let field: String?

  /// Makes an error with a sentence in lower case.
  public init(_ problem: String, field: String? = nil) {
    self.problem = problem
    self.field = field
  }
}
