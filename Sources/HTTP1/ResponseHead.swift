internal import Messages
internal import RPC

/// The head of an answer.
struct ResponseHead {
  let status: Int
  var contentType: StaticString = "text/plain; charset=utf-8"
  var byteCount = 0
  /// The methods that the path takes; empty where the answer does not list them.
  var allowed: StaticString = ""
  var retryAfterSeconds: Int?
  var endsConnection = false

  init(_ status: Int) { self.status = status }

  /// Appends the status line and the fields, with further `fields`, whole lines. No answer may be
  /// kept by a cache, since it may hold a secret or rest on rights.
  func append(to output: inout ByteBuffer, fields: Span<UInt8>) {
    output.append("HTTP/1.1 ")
    output.append(constant: Self.reason(status))
    if status != 204 {
      output.append("\r\ncontent-type: ")
      output.append(constant: contentType)
      output.append("\r\ncontent-length: ")
      output.append("\(byteCount)")
    }
    output.append("\r\ncache-control: no-store\r\n")
    if allowed.utf8CodeUnitCount > 0 {
      output.append("allow: ")
      output.append(constant: allowed)
      output.append("\r\n")
    }
    if status == 401 { output.append("www-authenticate: Bearer\r\n") }
    if let retryAfterSeconds { output.append("retry-after: \(retryAfterSeconds)\r\n") }
    if endsConnection { output.append("connection: close\r\n") }
    output.append(fields)
    output.append("\r\n")
  }

  /// The status with its reason phrase.
  private static func reason(_ status: Int) -> StaticString {
    switch status {
    case 200: "200 OK"
    case 204: "204 No Content"
    case 400: "400 Bad Request"
    case 401: "401 Unauthorized"
    case 403: "403 Forbidden"
    case 404: "404 Not Found"
    case 405: "405 Method Not Allowed"
    case 409: "409 Conflict"
    case 413: "413 Content Too Large"
    case 414: "414 URI Too Long"
    case 415: "415 Unsupported Media Type"
    case 417: "417 Expectation Failed"
    case 429: "429 Too Many Requests"
    case 431: "431 Request Header Fields Too Large"
    case 499: "499 Client Closed Request"
    case 501: "501 Not Implemented"
    case 503: "503 Service Unavailable"
    case 504: "504 Gateway Timeout"
    case 505: "505 HTTP Version Not Supported"
    default: "500 Internal Server Error"
    }
  }
}

extension StatusCode {
  /// The status of HTTP for a code, as the protocol Connect has it.
  var httpStatus: Int {
    switch self {
    case .ok: 200
    case .cancelled: 499
    case .invalidArgument, .failedPrecondition, .outOfRange: 400
    case .deadlineExceeded: 504
    case .notFound: 404
    case .alreadyExists, .aborted: 409
    case .permissionDenied: 403
    case .resourceExhausted: 429
    case .unimplemented: 501
    case .unavailable: 503
    case .unauthenticated: 401
    case .unknown, .internalError, .dataLoss: 500
    }
  }
}

extension ByteBuffer {
  /// Appends a text of the program.
  mutating func append(constant text: StaticString) {
    // SAFETY: the bytes of a constant are never freed.
    append(unsafe Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
