internal import Messages

/// A peer whose answers all have one size and begin alike.
struct FixedReplyConversation: Conversation {
  let name: String
  var ring: RequestRing
  let replyByteCount: Int
  /// What every answer begins with; another beginning is a wrong answer.
  let prefix: [UInt8]

  mutating func ask(_ count: Int, on link: Link) throws(BenchFailure) {
    let range = ring.take(count)
    try link.send(ring.bytes.span.extracting(range))
  }

  mutating func hear(_ bytes: Span<UInt8>, on link: Link) throws(BenchFailure) -> Heard {
    let count = bytes.count / replyByteCount
    for answer in 0..<count {
      for index in prefix.indices where bytes[answer * replyByteCount + index] != prefix[index] {
        throw BenchFailure("\(name) answers wrongly")
      }
    }
    return Heard(consumedByteCount: count * replyByteCount, answerCount: count)
  }
}
