/// Why a call has no answer.
public enum ClientError: Error, Sendable, Equatable {
  /// The daemon answered with a failure, or the client's own timeout ran out (`DEADLINE_EXCEEDED`).
  ///
  /// `code` is a canonical code of gRPC and `name` its name, such as `PERMISSION_DENIED`; `message`
  /// is a sentence for people. `reason` and `metadata` are those of the `google.rpc.ErrorInfo` that
  /// came along, for programs: both empty if there was none.
  case status(
    code: UInt32, name: String, message: String, reason: String, metadata: [String: String])
  /// There is no connection, or it ended or broke the protocol; the sentence says which. Whether
  /// the call took effect is unknown, unless it was never sent. The client is of no further use.
  case connection(String)
}

extension ClientError: CustomStringConvertible {
  /// One sentence in lower case; it never holds a secret.
  public var description: String {
    switch self {
    case .status(_, let name, let message, _, _): message.isEmpty ? name : "\(name): \(message)"
    case .connection(let sentence): sentence
    }
  }
}
