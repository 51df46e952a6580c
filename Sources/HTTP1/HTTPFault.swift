/// Why a request of HTTP/1.1 is answered before it becomes a call.
///
/// Where two servers could read the same bytes as different requests, the connection ends with the
/// answer, since nobody can say where the next request begins.
package enum HTTPFault: String, Error, CaseIterable, Sendable {
  // The bytes are not one request.
  case lineEnding
  case controlByte
  case requestLine
  case target
  case version
  case fieldName
  case host
  case contentLength
  case bothLengths
  case transferEncoding
  case chunk
  case trailer
  // The request is longer than it may be, or asks for what is not done.
  case targetTooLong
  case headTooLong
  case bodyTooLong
  case expectation
  // The request is sound, and nothing here answers it.
  case unknownPath
  case methodNotAllowed
  case mediaType

  /// The status of the answer.
  package var status: Int {
    switch self {
    case .lineEnding, .controlByte, .requestLine, .target, .fieldName, .host, .contentLength,
      .bothLengths, .transferEncoding, .chunk, .trailer:
      400
    case .unknownPath: 404
    case .methodNotAllowed: 405
    case .bodyTooLong: 413
    case .targetTooLong: 414
    case .mediaType: 415
    case .expectation: 417
    case .headTooLong: 431
    case .version: 505
    }
  }

  /// Whether the connection ends with the answer.
  package var endsConnection: Bool {
    switch self {
    case .unknownPath, .methodNotAllowed, .mediaType: false
    default: true
    }
  }

  /// Why the connection ends, for the count of refusals; nil if it goes on.
  var refusal: String? {
    switch self {
    case .unknownPath, .methodNotAllowed, .mediaType: nil
    case .targetTooLong, .headTooLong: "HTTP/1.1: max-header-bytes"
    case .bodyTooLong: "HTTP/1.1: max-message-bytes"
    case .expectation: "HTTP/1.1: expectation"
    case .version: "HTTP/1.1: version"
    default: "HTTP/1.1: malformed request"
    }
  }

  /// The body of the answer: one sentence, never with the peer's bytes.
  package var sentence: StaticString {
    switch self {
    case .lineEnding: "A line does not end with CR and LF.\n"
    case .controlByte: "The head has a control character.\n"
    case .requestLine: "The first line is not `METHOD /path HTTP/1.1`.\n"
    case .target: "The target is not a path that begins with a slash.\n"
    case .version: "The version is not HTTP/1.1.\n"
    case .fieldName: "A line is not `name: value`, or continues the line before.\n"
    case .host: "The request needs one `host`, and has none, two or a malformed one.\n"
    case .contentLength: "`content-length` is not one number.\n"
    case .bothLengths: "The request has both `content-length` and `transfer-encoding`.\n"
    case .transferEncoding: "`transfer-encoding` is not `chunked`, once, in HTTP/1.1.\n"
    case .chunk: "A chunk of the body is malformed; chunk extensions are not allowed.\n"
    case .trailer: "Fields behind the body are not allowed.\n"
    case .targetTooLong: "The target is longer than `max-header-bytes`.\n"
    case .headTooLong: "The header fields are longer than `max-header-bytes`.\n"
    case .bodyTooLong: "The body is longer than `max-message-bytes`.\n"
    case .expectation: "`expect` is not `100-continue`.\n"
    case .unknownPath: "Nothing is served at this path.\n"
    case .methodNotAllowed: "This path does not take this method.\n"
    case .mediaType: "The body is not of a `content-type` that this path takes.\n"
    }
  }
}
