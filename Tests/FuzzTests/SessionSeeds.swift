internal import Messages
internal import TTRPC

/// Whole conversations of clients, with the choices that steer the server.
enum SessionSeeds {
  /// All at once and answered at once; with holds and a drain; in bits under tight limits.
  private static let choices: [(String, [UInt8])] = [
    ("plain", []), ("held", [0, 60, 5, 3, 0xf0, 5, 1, 2]), ("bytes", [7, 1, 0, 13, 1, 4, 1]),
  ]

  static func ttrpc() throws -> [(String, [UInt8])] {
    var codec = TTRPCClientCodec()
    let service = "postern.v1.TokenService"
    _ = try codec.send(service: service, method: "ValidateToken", payload: [10, 1, 97].span)
    _ = try codec.send(
      service: service, method: "IssueToken", payload: [10, 1, 98].span,
      bearer: "pst_u_x".utf8Span.span, timeoutNanoseconds: 1_500_000_000)
    _ = try codec.send(service: "s", method: "m", payload: [UInt8](repeating: 7, count: 80).span)
    let calls = Array(copying: codec.output.bytes)
    let strange =
      frame(7, type: 1, flags: 2, [10, 1, 115]) + frame(7, type: 3, flags: 5, [])
      + frame(1, type: 3, [1]) + frame(8, type: 1, []) + frame(3, type: 1, [])
      + frame(9, type: 9, [])
      + frame(11, type: 1, [11]) + frame(13, type: 1, flags: 8, []) + frame(15, type: 1, [])
    return choices.map { ("calls-" + $0.0, input($0.1, calls)) }
      + choices.map { ("strange-" + $0.0, input($0.1, calls + strange)) }
      + [("tooLong", input([], calls + [0xff]))]
      + choices.map { ("streams-" + $0.0, input($0.1, streams)) }
  }

  /// Streams of every shape, side by side, and each thing that may go wrong on one.
  private static var streams: [UInt8] {
    let request: [UInt8] = [10, 1, 115, 18, 1, 109]
    return frame(1, type: 1, flags: 2, request) + frame(3, type: 1, flags: 1, request + [26, 1, 8])
      + frame(1, type: 3, [10, 1, 97]) + frame(1, type: 3, [])
      + frame(5, type: 1, flags: 2, request + [26, 1, 8]) + frame(1, type: 3, flags: 4, [])
      + frame(5, type: 3, flags: 1, [9]) + frame(1, type: 3, flags: 5, [])
      + frame(7, type: 1, flags: 1, request) + frame(7, type: 3, [1])
      + frame(9, type: 1, flags: 2, request) + frame(9, type: 3, flags: 5, [])
      + frame(9, type: 3, [1]) + frame(11, type: 1, flags: 2, request)
      + frame(11, type: 3, [UInt8](repeating: 7, count: 80)) + frame(11, type: 3, [1])
      + frame(13, type: 1, flags: 2, request) + frame(13, type: 1, flags: 2, request)
      + frame(15, type: 1, flags: 2, request) + frame(15, type: 3, [2])
  }

  static func http1() -> [(String, [UInt8])] {
    let host = " HTTP/1.1\r\nHost: a\r\n"
    let post = "POST /postern.v1.TokenService/ValidateToken\(host)Content-Type: application/"
    let calls =
      "GET /livez\(host)\r\nHEAD /readyz\(host)\r\nOPTIONS *\(host)\r\n"
      + post + "json\r\nContent-Length: 14\r\n\r\n{\"secret\":\"a\"}"
      + post + "proto\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n\n\u{1}a\r\n0\r\n\r\n"
      + "GET /postern.v1.TokenService/ValidateToken?connect=v1&encoding=json&message="
      + "%7B%7D\(host)Authorization: Bearer pst_u_x\r\nConnect-Timeout-Ms: 5\r\n\r\n"
      + "GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\nPUT /\(host)\r\n"
    let strange =
      "GET /\(host)X: y\r\n z\r\n\r\nGET /livez\(host)\r\n"
    let waiting = post + "proto\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nab"
    let update =
      "POST /postern.v1.TokenService/UpdateOrgToken\(host)Content-Type: application/json\r\n"
      + "Content-Length: 68\r\n\r\n"
      + #"{"updateMask":"name,expiresAt","expires_at":"2026-05-01T12:00:00.5Z"}"#
    let texts = [
      ("calls", calls), ("strange", calls + strange), ("waiting", waiting), ("update", update),
    ]
    return texts.flatMap { name, text in
      choices.map { ("\(name)-\($0.0)", input($0.1, Array(text.utf8))) }
    }
  }

  static func grpc() -> [(String, [UInt8])] {
    let calls =
      http2(4, 0, 0, [0, 4, 0, 1, 0, 0]) + headers(1, request) + message(1, [10, 1, 97])
      + http2(4, 1, 0, [])
      + headers(3, request + field("authorization", "Bearer pst_u_x") + field("grpc-timeout", "2S"))
      + message(3, []) + headers(5, request) + message(5, [UInt8](repeating: 7, count: 80))
      + http2(6, 0, 0, [UInt8](repeating: 0, count: 8)) + http2(8, 0, 0, [0, 1, 0, 0])
    let strange =
      headers(7, request) + http2(3, 0, 7, [0, 0, 0, 8])
      + headers(9, request + field("grpc-encoding", "gzip")) + http2(0, 1, 9, [1, 0, 0, 0, 0])
      + http2(1, 5, 11, field(":method", "GET") + field(":scheme", "http") + field(":path", "/"))
      + headers(13, request + field("content-length", "9")) + message(13, [1])
      + headers(15, request) + http2(0, 8, 15, [2, 0, 0, 0, 0, 1, 0, 0])
      + http2(1, 5, 15, field("grpc-trailer", "t")) + http2(1, 0, 17, Array(request.prefix(9)))
      + http2(9, 4, 17, Array(request.dropFirst(9))) + message(17, [5]) + http2(1, 5, 19, [0x83])
      + http2(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0])
    return choices.map { ("calls-" + $0.0, input($0.1, calls)) }
      + choices.map { ("strange-" + $0.0, input($0.1, calls + strange)) }
  }

  private static let request =
    field(":method", "POST") + field(":scheme", "http") + field(":path", "/p.S/M")
    + field(":authority", "a") + field("te", "trailers") + field("content-type", "application/grpc")

  private static func input(_ choices: [UInt8], _ wire: [UInt8]) -> [UInt8] {
    [UInt8(choices.count)] + choices + wire
  }

  private static func frame(
    _ stream: UInt32, type: UInt8, flags: UInt8 = 0, _ body: [UInt8]
  ) -> [UInt8] {
    bigEndian(UInt32(body.count)) + bigEndian(stream) + [type, flags] + body
  }

  private static func http2(
    _ type: UInt8, _ flags: UInt8, _ stream: UInt32, _ payload: [UInt8]
  ) -> [UInt8] {
    bigEndian(UInt32(payload.count)).dropFirst() + [type, flags] + bigEndian(stream) + payload
  }

  private static func headers(_ stream: UInt32, _ block: [UInt8]) -> [UInt8] {
    http2(1, 4, stream, block)
  }

  private static func message(_ stream: UInt32, _ payload: [UInt8]) -> [UInt8] {
    http2(0, 1, stream, [0] + bigEndian(UInt32(payload.count)) + payload)
  }

  /// A header field as HPACK's literal without indexing.
  private static func field(_ name: String, _ value: String) -> [UInt8] {
    [0, UInt8(name.utf8.count)] + name.utf8 + [UInt8(value.utf8.count)] + value.utf8
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
  }
}
