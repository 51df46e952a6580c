internal import Messages
internal import RPC

extension HTTP1Framing {
  /// Reads the head at the front of the input; false while more bytes are needed.
  mutating func readHead() -> Bool {
    do throws(HTTPFault) {
      let limit = 2 * limits.headerBytes + 64
      guard let count = try Self.scan(input, limit: limit, &scanner) else { return false }
      Self.move(count, from: &input, to: &headBytes)
      head = try RequestHead(headBytes.bytes, headerBytes: limits.headerBytes)
      scanner = HeadScanner()
      try beginExchange()
    } catch {
      refuse(error)
    }
    return true
  }

  // Static, since what one buffer lends excludes every change of the framing, but not of another
  // buffer that is an argument.
  private static func scan(
    _ input: borrowing ByteBuffer, limit: Int, _ scanner: inout HeadScanner
  ) throws(HTTPFault) -> Int? {
    try scanner.scan(input.bytes, limit: limit)
  }

  private static func move(
    _ count: Int, from input: inout ByteBuffer, to head: inout ByteBuffer
  ) {
    head.append(input.bytes.extracting(first: count))
    input.consume(count)
  }

  /// Decides what becomes of the request, before its body comes.
  private mutating func beginExchange() throws(HTTPFault) {
    exchange = Exchange()
    exchange.isHead = head.verb == .head
    exchange.isOptions = head.verb == .options
    exchange.endsConnection = head.endsConnection || lastCall == .max - 1
    if !exchange.isOptions || !headBytes.bytes.extracting(head.target).isEqual(to: "*") {
      exchange.route = Route(headBytes.bytes.extracting(head.target).path, catalog)
      exchange.fault = Self.fault(of: head, in: headBytes, to: exchange.route, catalog)
    }
    let isRefused = exchange.fault != nil
    if case .bytes(let count) = head.body, count > limits.messageBytes { throw .bodyTooLong }
    if head.expectsContinue, head.body != .bytes(0), input.isEmpty {
      if isRefused {
        // Nobody can say whether the body still comes.
        exchange.endsConnection = true
        phase = .whole
        return
      }
      output.append("HTTP/1.1 100 Continue\r\n\r\n")
    }
    body.begin(head.body, isDropped: isRefused || exchange.isOptions)
    phase = .body
  }

  /// Why a sound request is not a call.
  private static func fault(
    of head: RequestHead, in headBytes: borrowing ByteBuffer, to route: Route?,
    _ catalog: MethodCatalog
  ) -> HTTPFault? {
    guard let route else { return .unknownPath }
    guard route.takes(head.verb, catalog) else { return .methodNotAllowed }
    guard head.verb == .post else { return nil }
    let type = MediaType(headBytes.bytes.extracting(head.contentType))
    return route.takes(type) ? nil : .mediaType
  }

  /// Takes what has arrived of the body; false while more bytes are needed.
  mutating func readBody() -> Bool {
    do throws(HTTPFault) {
      guard try body.take(from: &input, limit: limits.messageBytes) else { return false }
      phase = .whole
    } catch {
      refuse(error)
    }
    return true
  }

  /// Makes the whole request a call; false if it was answered here.
  mutating func begin() -> Bool {
    if let fault = exchange.fault {
      write(fault)
      finishExchange()
      return false
    }
    if exchange.isOptions {
      var response = ResponseHead(204)
      response.allowed = exchange.route?.allowed(catalog) ?? "GET, HEAD, POST, OPTIONS"
      write(response)
      finishExchange()
      return false
    }
    guard let route = exchange.route else { preconditionFailure("a request without a route") }
    do throws(Status) {
      switch route {
      case .method(let index): try makeMethodCall(of: catalog.items[index])
      case .introspect, .revoke: try makeTokenCall()
      case .forwardAuth: try makeForwardAuthCall()
      // An empty message asks for the daemon as a whole, and for all metrics.
      case .live, .ready, .metrics: break
      }
    } catch {
      writeFailure(error)
      finishExchange()
      return false
    }
    let names = route.names(catalog)
    path.append(names.service)
    pathSlash = path.count
    path.append(UInt8(ascii: "/"))
    path.append(names.method)
    lastCall += 1
    phase = .taken
    return true
  }

  /// Forgets the present request, which is answered.
  mutating func finishExchange() {
    release()
    headBytes.shrink(to: Self.keptByteCount)
    if endsConnection { return end() }
    input.shrink(to: Self.keptByteCount)
    phase = .head
  }

  /// Whether the connection ends with the present answer. Once the daemon stops, it ends with that
  /// to the last request that has arrived.
  var endsConnection: Bool { exchange.endsConnection || (isDraining && input.isEmpty) }

  /// Answers a request that can't be read, and ends the connection. What the peer is still sending
  /// of a body that is too long is dropped, so that it reads the answer.
  private mutating func refuse(_ fault: HTTPFault) {
    violation = fault.refusal.map { ProtocolViolation($0) }
    exchange = Exchange()
    exchange.endsConnection = true
    write(fault)
    release()
    if fault == .bodyTooLong, case .bytes(let count) = head.body, !head.expectsContinue,
      count <= 4 * limits.messageBytes
    {
      phase = .discarding(count)
    } else {
      end()
    }
  }

  mutating func end() {
    phase = .ended
    release()
    headBytes.shrink(to: 0)
    input.removeAll()
    input.shrink(to: 0)
  }
}

extension Span where Element == UInt8 {
  /// The path of a target, without its query.
  var path: Span<UInt8> {
    @_lifetime(copy self)
    get {
      var end = 0
      while end < count, self[end] != UInt8(ascii: "?") { end += 1 }
      return extracting(first: end)
    }
  }

  /// The query of a target, without its question mark; empty if there is none.
  var query: Span<UInt8> {
    @_lifetime(copy self)
    get { extracting(min(path.count + 1, count)...) }
  }
}

/// What a `content-type` names.
enum MediaType {
  case proto, json, form, other

  /// Reads a value; its parameters make no difference.
  init(_ value: Span<UInt8>) {
    var end = 0
    while end < value.count, value[end] != UInt8(ascii: ";") { end += 1 }
    let type = value.extracting(first: end).trimmed
    if type.isSame(as: "application/json") {
      self = .json
    } else if type.isSame(as: "application/proto") {
      self = .proto
    } else if type.isSame(as: "application/x-www-form-urlencoded") {
      self = .form
    } else {
      self = .other
    }
  }
}
