package import Messages
package import RPC

/// The client's side of one ttrpc connection, without I/O: requests and messages into `output`,
/// received bytes into events.
///
/// The codec numbers the calls. Its owner remembers the open calls, their shapes and their
/// deadlines. Answers to calls that the owner has given up are yielded like any other.
package struct TTRPCClientCodec: ~Copyable {
  /// The bytes for the server.
  package var output = ByteBuffer()
  private var input = ByteBuffer()
  /// The bytes of the current answer or message at the front of `input`; zero for none.
  private var frameByteCount = 0
  private var current = TTRPCClientEvent.end(0)
  /// The stream that ends with the current message; zero for none.
  private var endingStream: UInt32 = 0
  /// The id of the latest request. The protocol requires ids that are odd and grow.
  private var lastStream: UInt32?

  /// Starts at the first byte of a connection.
  package init() {}

  /// Appends a request to `output`.
  ///
  /// A call that streams requests continues with `send(on:payload:)` and `closeSend`. A call that
  /// streams only requests is answered with a response; a call that streams responses ends with an
  /// end.
  ///
  /// - Parameters:
  ///   - service: The service's full name, without a slash.
  ///   - method: The method's name.
  ///   - payload: The encoded request message; for a stream the first message, or empty.
  ///   - bearer: The token for the `authorization: Bearer` metadata; nil for none.
  ///   - timeoutNanoseconds: How long the caller will wait from now; `nil` means without limit.
  ///     Zero or less means that the deadline has passed.
  ///   - streaming: Which messages of the call come as a stream; `nil` for neither.
  /// - Returns: The stream id, which identifies the answer.
  /// - Throws: `resourceExhausted` when the request is larger than the protocol allows,
  ///   `unavailable` when the connection has no stream id left. Nothing has been written then.
  package mutating func send(
    service: String, method: String, payload: Span<UInt8>, bearer: Span<UInt8>? = nil,
    timeoutNanoseconds: Int64? = nil, streaming: MethodDescriptor.Streaming? = nil
  ) throws(Status) -> UInt32 {
    // On the wire zero means no timeout, so a passed deadline is sent as a negative one.
    let timeout = timeoutNanoseconds.map { UInt64(bitPattern: $0 == 0 ? -1 : $0) }
    var length = 0
    if !service.isEmpty { length += FramePrefix.fieldByteCount(service.utf8.count) }
    if !method.isEmpty { length += FramePrefix.fieldByteCount(method.utf8.count) }
    if !payload.isEmpty { length += FramePrefix.fieldByteCount(payload.count) }
    if let timeout { length += 1 + FramePrefix.varintByteCount(timeout) }
    if let bearer {
      length += FramePrefix.fieldByteCount(Self.entryByteCount(bearerCount: bearer.count))
    }
    guard length <= FrameHeader.maximumLength else {
      throw Status(
        .resourceExhausted, "the request is over `\(FrameHeader.maximumLength)` message bytes")
    }
    let stream = try takeStream()
    let flags: UInt8 =
      switch streaming {
      case nil: 0
      case .responses: FrameHeader.remoteClosed
      case .requests, .both: FrameHeader.remoteOpen
      }
    FramePrefix(length: length, stream: stream, type: FrameHeader.request, flags: flags)
      .encode(into: &output)
    appendField(1, service.utf8Span.span)
    appendField(2, method.utf8Span.span)
    appendField(3, payload)
    if let timeout {
      output.append(0x20)
      output.append(varint: timeout)
    }
    if let bearer { appendAuthorization(bearer) }
    return stream
  }

  /// The length of the `KeyValue` of a token of this length.
  private static func entryByteCount(bearerCount: Int) -> Int {
    FramePrefix.fieldByteCount(key.utf8.count)
      + FramePrefix.fieldByteCount(scheme.utf8.count + bearerCount)
  }

  private mutating func appendAuthorization(_ bearer: Span<UInt8>) {
    output.append(0x2a)
    output.append(varint: UInt64(Self.entryByteCount(bearerCount: bearer.count)))
    appendField(1, TTRPCClientCodec.key.utf8Span.span)
    output.append(0x12)
    output.append(varint: UInt64(TTRPCClientCodec.scheme.utf8.count + bearer.count))
    output.append(TTRPCClientCodec.scheme)
    output.append(bearer)
  }

  /// Appends a message of a stream to `output`.
  ///
  /// - Throws: `resourceExhausted` when it is larger than the protocol allows; nothing has been
  ///   written then.
  package mutating func send(on stream: UInt32, payload: Span<UInt8>) throws(Status) {
    precondition(wasSent(stream), "sent a message on a call that was never made")
    guard payload.count <= FrameHeader.maximumLength else {
      throw Status(
        .resourceExhausted, "the message is over `\(FrameHeader.maximumLength)` message bytes")
    }
    FramePrefix(length: payload.count, stream: stream, type: FrameHeader.data).encode(into: &output)
    output.append(payload)
  }

  /// Tells the server that the stream has no more messages.
  package mutating func closeSend(on stream: UInt32) {
    precondition(wasSent(stream), "ended the messages of a call that was never made")
    FramePrefix(
      length: 0, stream: stream, type: FrameHeader.data,
      flags: FrameHeader.remoteClosed | FrameHeader.noData
    ).encode(into: &output)
  }

  /// Takes bytes that arrived from the server, and forgets the current answer or message.
  package mutating func receive(_ bytes: Span<UInt8>) {
    retireCurrent()
    input.append(bytes)
  }

  /// Finds the next whole event; `nil` when more bytes are needed. After an error the connection
  /// must not be used again.
  package mutating func nextEvent() throws(ProtocolViolation) -> TTRPCClientEvent? {
    retireCurrent()
    if endingStream != 0 {
      defer { endingStream = 0 }
      return .end(endingStream)
    }
    while let header = FrameHeader(input.bytes) {
      guard header.length <= FrameHeader.maximumLength else {
        throw ProtocolViolation("a frame's length is out of range")
      }
      let end = FrameHeader.byteCount + header.length
      guard input.count >= end else { return nil }
      guard header.type == FrameHeader.response || header.type == FrameHeader.data else {
        input.consume(end)
        continue
      }
      guard wasSent(header.stream) else {
        throw ProtocolViolation("an answer to a call that was never made")
      }
      frameByteCount = end
      if header.type == FrameHeader.response {
        current = .response(header.stream)
        try checkResponse()
        return current
      }
      let isLast = header.flags & FrameHeader.remoteClosed != 0
      guard header.flags & FrameHeader.noData != 0 else {
        if isLast { endingStream = header.stream }
        current = .data(header.stream)
        return current
      }
      retireCurrent()
      if isLast { return .end(header.stream) }
    }
    return nil
  }

  /// The answer that the last `nextEvent` found.
  package var currentResponse: TTRPCResponse {
    @_lifetime(borrow self)
    borrowing get {
      guard frameByteCount > 0, case .response(let stream) = current else {
        preconditionFailure("there is no current answer")
      }
      let body = input.bytes.extracting(FrameHeader.byteCount..<frameByteCount)
      do {
        return try TTRPCResponse(stream: stream, body)
      } catch {
        preconditionFailure("an envelope that was read once can be read again")
      }
    }
  }

  /// The encoded message that the last `nextEvent` found.
  package var currentMessage: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get {
      guard frameByteCount > 0, case .data = current else {
        preconditionFailure("there is no current message")
      }
      return input.bytes.extracting(FrameHeader.byteCount..<frameByteCount)
    }
  }

  private static let key = "authorization"
  private static let scheme = "Bearer "
  /// The most bytes of storage that an empty input buffer keeps.
  private static let keptInputBytes = 256 << 10

  private func wasSent(_ stream: UInt32) -> Bool {
    guard let lastStream else { return false }
    return stream % 2 == 1 && stream <= lastStream
  }

  /// Reads the current answer, so that `currentResponse` can't fail.
  private func checkResponse() throws(ProtocolViolation) {
    do {
      _ = try TTRPCResponse(
        stream: 0, input.bytes.extracting(FrameHeader.byteCount..<frameByteCount))
    } catch {
      throw ProtocolViolation("malformed response envelope: \(error.reason)")
    }
  }

  private mutating func retireCurrent() {
    guard frameByteCount > 0 else { return }
    input.consume(frameByteCount)
    frameByteCount = 0
    input.shrink(to: TTRPCClientCodec.keptInputBytes)
  }

  private mutating func takeStream() throws(Status) -> UInt32 {
    guard let last = lastStream else {
      lastStream = 1
      return 1
    }
    guard last < UInt32.max else {
      throw Status(.unavailable, "the connection has no stream id left: open another")
    }
    lastStream = last + 2
    return last + 2
  }

  private mutating func appendField(_ number: UInt8, _ bytes: Span<UInt8>) {
    guard !bytes.isEmpty else { return }
    output.append(number << 3 | 2)
    output.append(varint: UInt64(bytes.count))
    output.append(bytes)
  }
}

/// What a client's codec has found in the arrived bytes, for the call of that stream id.
package enum TTRPCClientEvent: Equatable, Sendable {
  /// The answer that ends a call; `currentResponse` has it. After messages it is a failure.
  case response(UInt32)
  /// A message of a stream; `currentMessage` has it.
  case data(UInt32)
  /// The end of a stream that succeeded.
  case end(UInt32)
}
