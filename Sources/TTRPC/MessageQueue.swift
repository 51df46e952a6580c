internal import Messages

/// The messages of one stream that have arrived and have not been taken.
final class MessageQueue {
  /// The most messages that may wait; it also bounds empty messages.
  static let countMaximum = 1024
  /// The most bytes of storage that an empty queue keeps.
  private static let keptBytes = 4 << 10

  /// Each message, preceded by its length in four bytes.
  private var storage = ByteBuffer()
  private(set) var count = 0
  /// The bytes of the messages.
  private(set) var byteCount = 0
  /// Whether the peer has said that no more messages come.
  var hasEnded = false

  /// The bytes that are allocated.
  var capacity: Int { storage.capacity }

  func append(_ message: Span<UInt8>) {
    storage.append(bigEndian: UInt32(message.count))
    storage.append(message)
    count += 1
    byteCount += message.count
  }

  /// Appends the oldest message to `message`.
  func take(into message: inout ByteBuffer) {
    precondition(count > 0, "took a message from an empty queue")
    var length = 0
    for index in 0..<4 { length = length << 8 | Int(storage.bytes[index]) }
    storage.consume(4)
    message.append(storage.bytes.extracting(first: length))
    storage.consume(length)
    storage.shrink(to: MessageQueue.keptBytes)
    count -= 1
    byteCount -= length
  }
}

/// A call that was taken, has not been answered and is no longer the current one.
struct OpenCall {
  let stream: UInt32
  /// Whether the caller accepts a stream as the answer.
  let acceptsStream: Bool
  /// The caller's messages if they come as a stream; `nil` if the request had the only one.
  let queue: MessageQueue?
  /// Whether the owner has opened it, so that events report on it.
  var isOpened: Bool
  /// Whether `hasRoom` has said no, and a `writable` event is owed.
  var awaitsRoom = false
}
