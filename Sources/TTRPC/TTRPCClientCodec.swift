package import Messages
package import RPC

/// The client's side of one ttrpc connection for unary calls, without I/O: requests into `output`,
/// received bytes into answers.
///
/// The codec numbers the calls; its owner remembers which ones wait, and their deadlines. An answer
/// to a call that the owner has given up is yielded like any other.
package struct TTRPCClientCodec: ~Copyable {
  /// The bytes for the server.
  package var output = ByteBuffer()
  private var input = ByteBuffer()
  /// The bytes of the current answer at the front of `input`; zero for none.
  private var frameByteCount = 0
  private var currentStream: UInt32 = 0
  /// The id of the latest request; ids are odd and grow, as the protocol wants.
  private var lastStream: UInt32?

  /// Starts at the first byte of a connection.
  package init() {}

  /// Appends a request to `output`.
  ///
  /// - Parameters:
  ///   - service: The service's full name, without a slash.
  ///   - method: The method's name.
  ///   - payload: The encoded request message.
  ///   - bearer: The token that goes as `authorization: Bearer` metadata; empty for none.
  ///   - timeoutNanoseconds: How long the caller will wait from now, `nil` for as long as it takes;
  ///     zero and less mean that the deadline has passed.
  /// - Returns: The stream id, by which the answer is known.
  /// - Throws: `resourceExhausted` when the request is larger than the protocol allows,
  ///   `unavailable` when the connection has no stream id left; nothing has been written then.
  package mutating func send(
    service: String, method: String, payload: Span<UInt8>, bearer: Span<UInt8> = Span(),
    timeoutNanoseconds: Int64? = nil
  ) throws(Status) -> UInt32 {
    // Zero means on the wire what `nil` means here, so a passed deadline travels as a negative one.
    let timeout = timeoutNanoseconds.map { UInt64(bitPattern: $0 == 0 ? -1 : $0) }
    let bearerLength = TTRPCClientCodec.scheme.utf8.count + bearer.count
    let entryLength =
      FramePrefix.fieldByteCount(TTRPCClientCodec.key.utf8.count)
      + FramePrefix.fieldByteCount(bearerLength)
    var length = 0
    if !service.isEmpty { length += FramePrefix.fieldByteCount(service.utf8.count) }
    if !method.isEmpty { length += FramePrefix.fieldByteCount(method.utf8.count) }
    if !payload.isEmpty { length += FramePrefix.fieldByteCount(payload.count) }
    if let timeout { length += 1 + FramePrefix.varintByteCount(timeout) }
    if !bearer.isEmpty { length += FramePrefix.fieldByteCount(entryLength) }
    guard length <= FrameHeader.maximumLength else {
      throw Status(
        .resourceExhausted, "the request is over `\(FrameHeader.maximumLength)` message bytes")
    }
    let stream = try takeStream()
    FramePrefix(length: length, stream: stream, type: FrameHeader.request).append(to: &output)
    appendField(1, service.utf8Span.span)
    appendField(2, method.utf8Span.span)
    appendField(3, payload)
    if let timeout {
      output.append(0x20)
      output.append(varint: timeout)
    }
    if !bearer.isEmpty {
      output.append(0x2a)
      output.append(varint: UInt64(entryLength))
      appendField(1, TTRPCClientCodec.key.utf8Span.span)
      output.append(0x12)
      output.append(varint: UInt64(bearerLength))
      output.append(TTRPCClientCodec.scheme)
      output.append(bearer)
    }
    return stream
  }

  /// Takes bytes that arrived from the server. The current answer is gone.
  package mutating func receive(_ bytes: Span<UInt8>) {
    retireCurrent()
    input.append(bytes)
  }

  /// Finds the next complete answer and returns the stream id of its call; `nil` when more bytes
  /// are needed. After an error the connection is of no further use.
  package mutating func nextResponse() throws(ProtocolViolation) -> UInt32? {
    retireCurrent()
    while let header = FrameHeader(input.bytes) {
      guard header.length <= FrameHeader.maximumLength else {
        throw ProtocolViolation("a frame's length is out of range")
      }
      let end = FrameHeader.byteCount + header.length
      guard input.count >= end else { return nil }
      guard header.type == FrameHeader.response else {
        input.consume(end)
        continue
      }
      guard header.stream % 2 == 1, let lastStream, header.stream <= lastStream else {
        throw ProtocolViolation("an answer to a call that was never made")
      }
      do {
        // Read here so that `currentResponse` can't fail.
        _ = try TTRPCResponse(
          stream: header.stream, input.bytes.extracting(FrameHeader.byteCount..<end))
      } catch {
        throw ProtocolViolation("malformed response envelope: \(error.reason)")
      }
      frameByteCount = end
      currentStream = header.stream
      return header.stream
    }
    return nil
  }

  /// The answer that the last `nextResponse` found.
  package var currentResponse: TTRPCResponse {
    @_lifetime(borrow self)
    borrowing get {
      precondition(frameByteCount > 0, "there is no current answer")
      let body = input.bytes.extracting(FrameHeader.byteCount..<frameByteCount)
      do {
        return try TTRPCResponse(stream: currentStream, body)
      } catch {
        preconditionFailure("an envelope that was read once can be read again")
      }
    }
  }

  private static let key = "authorization"
  private static let scheme = "Bearer "
  /// The most bytes of storage that an empty input buffer keeps.
  private static let keptInputBytes = 256 << 10

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
