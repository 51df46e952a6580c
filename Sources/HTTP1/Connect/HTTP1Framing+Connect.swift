internal import Messages
internal import RPC

// The unary calls of the protocol Connect (connectrpc.com): a POST whose body is the message, or a
// GET whose query has it, for methods without side effects.
extension HTTP1Framing {
  /// Makes the message of a call of a method.
  mutating func makeMethodCall(of item: MethodCatalog.Item) throws(Status) {
    if head.hasWrongConnectVersion {
      throw Status(
        .invalidArgument, "`connect-protocol-version` is not 1", reason: "PROTOCOL_VERSION")
    }
    if head.isEncoded { throw Self.encodingUnsupported("content-encoding") }
    switch head.timeout {
    case .none: exchange.timeoutNanoseconds = nil
    case .nanoseconds(let count): exchange.timeoutNanoseconds = count
    case .malformed:
      throw Status(
        .invalidArgument, "`connect-timeout-ms` is not 1 to 10 digits",
        reason: Refusal.timeoutMalformed.rawValue)
    }
    if head.verb == .get {
      exchange.format = try Self.readQuery(
        headBytes, at: head.target, of: item, limits, into: &payload)
    } else if MediaType(headBytes.bytes.extracting(head.contentType)) == .json {
      exchange.format = .json
      try Self.encode(json: body.content, of: item, limits, into: &payload)
    } else {
      isPayloadBody = true
    }
  }

  private static func encodingUnsupported(_ name: String) -> Status {
    Status(
      .unimplemented, "the `\(name)` is not supported",
      reason: Refusal.encodingUnsupported.rawValue)
  }

  /// Reads the message in the query of a GET.
  private static func readQuery(
    _ head: borrowing ByteBuffer, at target: Range<Int>, of item: MethodCatalog.Item,
    _ limits: FramingLimits, into payload: inout ByteBuffer
  ) throws(Status) -> Format {
    let parameters = try ConnectQuery(head.bytes.extracting(target).query)
    guard parameters.isUncompressed else { throw encodingUnsupported("compression") }
    var message = ByteBuffer()
    guard message.append(decoding: parameters.message) else {
      throw ConnectQuery.malformed
    }
    if parameters.isBase64 {
      var bytes = ByteBuffer()
      guard Base64.decode(message.bytes, into: &bytes) else {
        throw ConnectQuery.malformed
      }
      swap(&message, &bytes)
    }
    guard message.count <= limits.messageBytes else {
      throw .limit("max-message-bytes", limits.messageBytes)
    }
    if parameters.format == .json {
      try encode(json: message, of: item, limits, into: &payload)
    } else {
      payload.append(message.bytes)
    }
    return parameters.format
  }

  /// The largest JSON that is read: it is, in one go, before the caller is known.
  private static var maximumJSONBytes: Int { 256 << 10 }

  private static func encode(
    json: borrowing ByteBuffer, of item: MethodCatalog.Item, _ limits: FramingLimits,
    into payload: inout ByteBuffer
  ) throws(Status) {
    guard json.count <= maximumJSONBytes else {
      throw Status(
        .resourceExhausted, "the JSON of a request may have \(maximumJSONBytes) bytes",
        reason: "LIMIT_REACHED")
    }
    do throws(JSONError) {
      try item.request.encode(
        json: json.bytes, maximumFields: DecodeLimits.requests.fields, into: &payload)
    } catch {
      throw Status(
        .invalidArgument,
        "the JSON is malformed in line \(error.line), column \(error.column): \(error.problem)",
        reason: "MALFORMED_REQUEST")
    }
    guard payload.count <= limits.messageBytes else {
      throw .limit("max-message-bytes", limits.messageBytes)
    }
  }
}

/// The query of a call by GET.
struct ConnectQuery: ~Escapable {
  private(set) var message: Span<UInt8>
  private(set) var format = HTTP1Framing.Format.binary
  private(set) var isBase64 = false
  private(set) var isUncompressed = true

  static var malformed: Status {
    Status(
      .invalidArgument, "the query is not that of a call: `encoding` and `message`, each once",
      reason: "MALFORMED_REQUEST")
  }

  @_lifetime(copy query)
  init(_ query: Span<UInt8>) throws(Status) {
    message = query.extracting(first: 0)
    var (hasMessage, hasEncoding) = (false, false)
    var reader = FormReader(query)
    while reader.next() {
      let value = reader.value
      if reader.name.isEqual(to: "message") {
        guard !hasMessage else { throw Self.malformed }
        hasMessage = true
        message = value
      } else if reader.name.isEqual(to: "encoding") {
        guard !hasEncoding, value.isEqual(to: "json") || value.isEqual(to: "proto") else {
          throw Self.malformed
        }
        hasEncoding = true
        format = value.isEqual(to: "json") ? .json : .binary
      } else if reader.name.isEqual(to: "base64") {
        isBase64 = value.isEqual(to: "1")
      } else if reader.name.isEqual(to: "compression") {
        isUncompressed = value.isEqual(to: "identity") || value.isEmpty
      } else if reader.name.isEqual(to: "connect"), !value.isEqual(to: "v1") {
        throw Self.malformed
      }
    }
    guard hasMessage, hasEncoding else { throw Self.malformed }
  }
}
