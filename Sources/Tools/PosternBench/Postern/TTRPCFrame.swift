internal import Messages

/// The part of ttrpc that a load needs: a ten-byte header, then a request or response message.
enum TTRPCFrame {
  static let headerByteCount = 10

  static func append(
    to frame: inout [UInt8], service: String, method: String, payload: [UInt8]
  ) {
    var request: [UInt8] = []
    request.appendField(1, service)
    request.appendField(2, method)
    request.appendField(3, payload)
    frame.appendBigEndian(UInt32(request.count))
    frame.appendBigEndian(0)
    frame += [1, 0]
    frame += request
  }

  /// Sends the next requests of a ring, each with a stream of its own.
  static func send(
    _ count: Int, of ring: inout RequestRing, on link: Link
  ) throws(BenchFailure) {
    let range = ring.take(count)
    for start in stride(from: range.lowerBound, to: range.upperBound, by: ring.frameByteCount) {
      let stream = link.nextStream
      link.nextStream = stream &+ 2
      ring.bytes[start + 4] = UInt8(truncatingIfNeeded: stream >> 24)
      ring.bytes[start + 5] = UInt8(truncatingIfNeeded: stream >> 16)
      ring.bytes[start + 6] = UInt8(truncatingIfNeeded: stream >> 8)
      ring.bytes[start + 7] = UInt8(truncatingIfNeeded: stream)
    }
    try link.send(ring.bytes.span.extracting(range))
  }

  /// Calls `take` with the payload of each whole response, which must have the status OK.
  static func hear(
    _ bytes: Span<UInt8>, _ take: (_ payload: Span<UInt8>) throws(BenchFailure) -> Void
  ) throws(BenchFailure) -> Heard {
    var heard = Heard(consumedByteCount: 0, answerCount: 0)
    while true {
      let start = heard.consumedByteCount
      guard bytes.count - start >= headerByteCount else { return heard }
      let length =
        Int(bytes[start]) << 24 | Int(bytes[start + 1]) << 16 | Int(bytes[start + 2]) << 8
        | Int(bytes[start + 3])
      let end = start + headerByteCount + length
      guard bytes.count >= end else { return heard }
      guard bytes[start + 8] == 2 else { throw BenchFailure("a ttrpc frame is not a response") }
      try open(bytes.extracting(start + headerByteCount..<end), take)
      heard.consumedByteCount = end
      heard.answerCount += 1
    }
  }

  private static func open(
    _ response: Span<UInt8>, _ take: (_ payload: Span<UInt8>) throws(BenchFailure) -> Void
  ) throws(BenchFailure) {
    var payload = Span<UInt8>()
    do {
      var reader = WireReader(response)
      while let field = try reader.next() {
        if field.number == 1, !field.bytes.isEmpty { throw BenchFailure(status(field.bytes)) }
        if field.number == 2 { payload = field.bytes }
      }
    } catch let error as BenchFailure {
      throw error
    } catch {
      throw BenchFailure("a response is not a message")
    }
    try take(payload)
  }

  /// The text of a status that isn't empty, and so isn't OK.
  private static func status(_ bytes: Span<UInt8>) -> String {
    var code: UInt64 = 0
    var message = ""
    var reader = WireReader(bytes)
    while let field = try? reader.next() {
      if field.number == 1 { code = field.integer }
      if field.number == 2 {
        message = String(decoding: field.bytes.indices.map { field.bytes[$0] }, as: UTF8.self)
      }
    }
    return "the daemon answers with status \(code): \(message)"
  }
}
