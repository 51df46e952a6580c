/// Why a call failed: a canonical code, a sentence for people, and details for programs.
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
  /// How long the caller should wait before a retry; nil if a retry is useless.
  package let retryDelayMilliseconds: Int?
  /// The revision that this host does not have yet, if the call failed for that only; it is not
  /// sent.
  package var awaitedRevision: UInt64?

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

/// The canonical status codes of gRPC, which ttrpc shares through `google.rpc.Status`.
package enum StatusCode: UInt32, CaseIterable, Sendable {
  case ok = 0
  case cancelled = 1
  case unknown = 2
  case invalidArgument = 3
  case deadlineExceeded = 4
  case notFound = 5
  case alreadyExists = 6
  case permissionDenied = 7
  case resourceExhausted = 8
  case failedPrecondition = 9
  case aborted = 10
  case outOfRange = 11
  case unimplemented = 12
  case internalError = 13
  case unavailable = 14
  case dataLoss = 15
  case unauthenticated = 16

  /// The name that the specification prints, such as `INVALID_ARGUMENT`.
  package var name: String {
    switch self {
    case .ok: "OK"
    case .cancelled: "CANCELLED"
    case .unknown: "UNKNOWN"
    case .invalidArgument: "INVALID_ARGUMENT"
    case .deadlineExceeded: "DEADLINE_EXCEEDED"
    case .notFound: "NOT_FOUND"
    case .alreadyExists: "ALREADY_EXISTS"
    case .permissionDenied: "PERMISSION_DENIED"
    case .resourceExhausted: "RESOURCE_EXHAUSTED"
    case .failedPrecondition: "FAILED_PRECONDITION"
    case .aborted: "ABORTED"
    case .outOfRange: "OUT_OF_RANGE"
    case .unimplemented: "UNIMPLEMENTED"
    case .internalError: "INTERNAL"
    case .unavailable: "UNAVAILABLE"
    case .dataLoss: "DATA_LOSS"
    case .unauthenticated: "UNAUTHENTICATED"
    }
  }
}

extension Status {
  /// A limit is reached. Its flag names it, in the same way for every protocol and thread.
  package static func limit(_ name: String, _ value: Int) -> Status {
    Status(
      .resourceExhausted, "the limit `\(name)` of \(value) is reached", reason: "LIMIT_REACHED",
      metadata: [("limit", name), ("value", "\(value)")])
  }

  /// A user holds its whole present share of a limit, named by its flag.
  package static func share(of name: String, _ value: Int) -> Status {
    Status(
      .resourceExhausted,
      "the user of this process holds its share of the limit `\(name)`, now \(value)",
      reason: "LIMIT_REACHED", metadata: [("limit", name), ("value", "\(value)")])
  }

  /// The daemon is stopping.
  package static var draining: Status {
    Status(
      .unavailable, "the daemon is stopping; try again", reason: "DRAINING",
      retryDelayMilliseconds: 1000)
  }
}
