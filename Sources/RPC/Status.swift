/// Why a call failed: a canonical code, a sentence for a person, and what a program can act on.
///
/// The message and the metadata never hold a secret.
package struct Status: Error, Sendable {
  /// The canonical code; never `.ok`.
  package let code: StatusCode
  /// What is wrong, in lower case, input in backticks.
  package let message: String
  /// `google.rpc.ErrorInfo.reason`, upper snake case, or empty for none.
  package let reason: String
  /// `google.rpc.ErrorInfo.metadata`.
  package let metadata: [(key: String, value: String)]
  /// How long the caller should wait before it tries again; nil where trying again is no use.
  package let retryDelayMilliseconds: Int?

  package init(
    _ code: StatusCode, _ message: String, reason: String = "",
    metadata: [(key: String, value: String)] = [], retryDelayMilliseconds: Int? = nil
  ) {
    precondition(code != .ok, "a status that is thrown is a failure")
    self.code = code
    self.message = message
    self.reason = reason
    self.metadata = metadata
    self.retryDelayMilliseconds = retryDelayMilliseconds
  }
}
