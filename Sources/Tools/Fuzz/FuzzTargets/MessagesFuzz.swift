internal import Messages

/// Decodes any bytes as any message from outside. An accepted message has one meaning: encoded
/// again, it is read as the same message and gives the same bytes.
package enum MessagesFuzz {
  /// The names of the messages, in the order of an input's first byte.
  package static var subjectNames: [String] { subjects.map(\.name) }

  static func run(_ bytes: Span<UInt8>) {
    guard !bytes.isEmpty, Int(bytes[0]) < subjects.count else { return }
    subjects[Int(bytes[0])].check(bytes.extracting(droppingFirst: 1))
  }

  private static var tightLimits: DecodeLimits {
    var limits = DecodeLimits(bytes: 4 << 10)
    limits.depth = 3
    limits.fields = 16
    return limits
  }

  static func check<View: MessageView & ~Escapable>(_ type: View.Type, _ bytes: Span<UInt8>) {
    let passesTightly = encoding(of: type, bytes, limits: tightLimits)
    guard let first = encoding(of: type, bytes, limits: DecodeLimits()) else {
      precondition(passesTightly == nil, "tighter limits let more through")
      return
    }
    precondition(passesTightly == nil || passesTightly == first, "limits change what is read")
    guard let second = encoding(of: type, first.bytes.span, limits: DecodeLimits()) else {
      preconditionFailure("an encoded message can't be decoded")
    }
    precondition(first.bytes == second.bytes, "a message changes when it is encoded again")
    precondition(first.json == second.json, "a message reads differently when it is encoded again")
  }

  private struct Encoding: Equatable {
    var bytes: [UInt8]
    var json: String
  }

  /// The message in the bytes, encoded again; `nil` if they are refused.
  private static func encoding<View: MessageView & ~Escapable>(
    of type: View.Type, _ bytes: Span<UInt8>, limits: DecodeLimits
  ) -> Encoding? {
    let arena = Arena(initialBytes: 1 << 10, limits: limits)
    do {
      let view = try View(decoding: bytes, in: arena)
      precondition(arena.decodedBytes <= limits.bytes + 15, "decoding takes more than it may")
      var buffer = ByteBuffer()
      view.encode(into: &buffer)
      precondition(buffer.count == view.encodedByteCount, "a message has two lengths")
      return Encoding(bytes: Array(copying: buffer.bytes), json: view.jsonText)
    } catch {
      precondition(!error.problem.isEmpty, "an error says nothing")
      return nil
    }
  }
}
