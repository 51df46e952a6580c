internal import Messages
internal import RPC

extension HTTP1Framing {
  /// Writes the answer of the present call in the form of its route.
  mutating func writeAnswer(_ message: Span<UInt8>) {
    switch exchange.route {
    case .method(let index): writeMessage(message, of: catalog.items[index])
    case .live: write(200, "ok\n".utf8Span.span)
    case .ready:
      let isServing = message.value(ofField: 1) == 1
      write(isServing ? 200 : 503, (isServing ? "ok\n" : "not serving\n").utf8Span.span)
    case .metrics:
      write(
        200, message.bytes(ofField: 1),
        as: "application/openmetrics-text; version=1.0.0; charset=utf-8")
    case .introspect: writeIntrospection(message)
    case .revoke: write(200, Span())
    case .forwardAuth: writeDecision(message)
    case nil: preconditionFailure("a call without a route")
    }
  }

  /// Writes why the present request failed in the form of its route.
  mutating func writeFailure(_ status: Status) {
    scratch.removeAll()
    var head = ResponseHead(status.code.httpStatus)
    head.retryAfterSeconds = status.retryDelayMilliseconds.map { ($0 + 999) / 1000 }
    switch exchange.route {
    case .method:
      head.contentType = "application/json"
      ConnectError.append(status, to: &scratch)
    case .introspect, .revoke:
      head.contentType = "application/json"
      Introspection.append(status, to: &scratch)
    case .forwardAuth:
      head.contentType = "application/json"
      Decision.append(status, to: &scratch)
    case .live, .ready, .metrics, nil:
      scratch.append(status.message)
      scratch.append("\n")
    }
    writeScratch(head)
  }

  /// Answers a request that is no call.
  mutating func write(_ fault: HTTPFault) {
    var head = ResponseHead(fault.status)
    if fault == .methodNotAllowed, let route = exchange.route {
      head.allowed = route.allowed(catalog)
    }
    scratch.removeAll()
    scratch.append(constant: fault.sentence)
    writeScratch(head)
  }

  private mutating func writeMessage(_ message: Span<UInt8>, of item: MethodCatalog.Item) {
    guard exchange.format == .json else {
      return write(200, message, as: "application/proto")
    }
    scratch.removeAll()
    do throws(DecodingError) {
      try item.response.appendJSON(of: message, to: &scratch)
    } catch {
      return writeFailure(Status(.internalError, "the answer can't be shown as JSON"))
    }
    var head = ResponseHead(200)
    head.contentType = "application/json"
    writeScratch(head)
  }

  private mutating func write(
    _ status: Int, _ content: Span<UInt8>, as type: StaticString = "text/plain; charset=utf-8"
  ) {
    var head = ResponseHead(status)
    head.contentType = type
    head.byteCount = content.count
    write(head)
    if !exchange.isHead { output.append(content) }
  }

  /// Writes an answer whose body is in `scratch`.
  mutating func writeScratch(
    _ head: ResponseHead, fields: consuming ByteBuffer = ByteBuffer()
  ) {
    var head = head
    head.byteCount = scratch.count
    head.endsConnection = endsConnection
    head.append(to: &output, fields: fields.bytes)
    if !exchange.isHead { Self.append(scratch, to: &output) }
    scratch.removeAll()
    scratch.shrink(to: Self.keptByteCount)
  }

  private static func append(_ content: borrowing ByteBuffer, to output: inout ByteBuffer) {
    output.append(content.bytes)
  }

  mutating func write(_ head: ResponseHead) {
    var head = head
    head.endsConnection = endsConnection
    head.append(to: &output, fields: Span())
  }
}

extension Span where Element == UInt8 {
  /// The last value of a field of numbers in an encoded message; zero if it is absent.
  func value(ofField number: UInt32) -> UInt64 {
    var value: UInt64 = 0
    var reader = WireReader(self)
    while let field = try? reader.next() {
      if field.number == number { value = field.integer }
    }
    return value
  }

  /// The last value of a field of text or bytes in an encoded message; empty if it is absent.
  @_lifetime(copy self)
  func bytes(ofField number: UInt32) -> Span<UInt8> {
    var value = extracting(first: 0)
    var reader = WireReader(self)
    while let field = try? reader.next() {
      if field.number == number { value = field.bytes }
    }
    return value
  }
}
