/// A call that was taken, has not been answered and is no longer the current one.
struct OpenCall {
  let stream: UInt32
  /// Whether the caller can take a stream for an answer.
  let acceptsStream: Bool
  /// The caller's messages where they come as a stream; `nil` where the request was all of them.
  let queue: MessageQueue?
  /// Whether the owner has opened it, so that events tell of it.
  var isOpened: Bool
  /// Whether `hasRoom` has said no, and a `writable` event is owed.
  var awaitsRoom = false
}
