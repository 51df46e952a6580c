/// Why a request is refused before any method sees it. One table serves both protocols, so that the
/// same fault has the same code, reason and message in either. Limits that are flags have their own
/// table: `Status.limit`.
package enum Refusal: String, CaseIterable, Sendable {
  // Faults in gRPC only.
  case pathMalformed = "PATH_MALFORMED"
  case timeoutMalformed = "TIMEOUT_MALFORMED"
  case encodingUnsupported = "ENCODING_UNSUPPORTED"
  case encodingMissing = "ENCODING_MISSING"
  case messageFlagUnknown = "MESSAGE_FLAG_UNKNOWN"
  case messageMissing = "MESSAGE_MISSING"
  case requestCut = "REQUEST_CUT"
  // Faults in ttrpc only.
  case envelopeMalformed = "ENVELOPE_MALFORMED"
  case streamMalformed = "STREAM_MALFORMED"
  case flagsMalformed = "FLAGS_MALFORMED"
  case streamEnded = "STREAM_ENDED"
  case answerTooLong = "ANSWER_TOO_LONG"
  // Faults in both.
  case messageSurplus = "MESSAGE_SURPLUS"
  case unfinishedRequests = "UNFINISHED_REQUESTS"
  case unreadAnswers = "UNREAD_ANSWERS"
  // The choice of the method.
  case unknownService = "UNKNOWN_SERVICE"
  case unknownMethod = "UNKNOWN_METHOD"
  case notAStream = "NOT_A_STREAM"
  case streamRequired = "STREAM_REQUIRED"
  // The credential. Which of two different ones counts must not depend on the server that reads
  // them.
  case credentialMalformed = "CREDENTIAL_MALFORMED"
  case credentialsDiffer = "CREDENTIALS_DIFFER"
  case credentialMisplaced = "CREDENTIAL_MISPLACED"

  package var code: StatusCode {
    switch self {
    case .pathMalformed, .encodingUnsupported, .messageMissing, .messageSurplus, .unknownService,
      .unknownMethod:
      .unimplemented
    case .encodingMissing, .messageFlagUnknown, .requestCut: .internalError
    case .timeoutMalformed, .envelopeMalformed, .streamMalformed, .flagsMalformed, .streamEnded,
      .notAStream, .streamRequired:
      .invalidArgument
    case .answerTooLong, .unfinishedRequests, .unreadAnswers: .resourceExhausted
    case .credentialMalformed, .credentialsDiffer, .credentialMisplaced: .unauthenticated
    }
  }

  package var message: String {
    switch self {
    case .pathMalformed: "the path is not `/service/Method`"
    case .timeoutMalformed: "`grpc-timeout` is not 1 to 8 digits and a unit"
    case .encodingUnsupported: "the `grpc-encoding` is not supported"
    case .encodingMissing: "the message is compressed and `grpc-encoding` does not say how"
    case .messageFlagUnknown: "the flag before the message is neither 0 nor 1"
    case .messageMissing: "the method takes one message, and none came"
    case .requestCut: "the request ended within its message"
    case .envelopeMalformed: "malformed request envelope"
    case .streamMalformed: "the stream id is even, or not above the one before"
    case .flagsMalformed: "the flags mean nothing on a request"
    case .streamEnded: "a message came after the end of the stream"
    case .answerTooLong: "the answer is longer than a frame may be"
    case .messageSurplus: "the method takes one message, and more came"
    case .unfinishedRequests: "the connection holds too many bytes of unfinished requests"
    case .unreadAnswers: "the connection holds too many bytes of unread answers"
    case .unknownService: "unknown service"
    case .unknownMethod: "unknown method"
    case .notAStream: "the method takes one message, not a stream"
    case .streamRequired: "the method takes or gives a stream of messages: open one"
    case .credentialMalformed:
      "the credential is not `Bearer` and the text of a token"
    case .credentialsDiffer: "two credentials are given, and they differ"
    case .credentialMisplaced:
      "a credential is in a field where none is read: it belongs in `authorization`, as"
        + " `Bearer` and the text of a token"
    }
  }

  /// The status, with the details if there are any.
  package func status(_ details: String = "") -> Status {
    Status(code, details.isEmpty ? message : "\(message): \(details)", reason: rawValue)
  }
}

extension Status {
  /// The status of a request that is refused before any method sees it.
  package static func refused(_ refusal: Refusal) -> Status { refusal.status() }
}
