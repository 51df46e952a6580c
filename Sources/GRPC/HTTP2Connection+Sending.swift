internal import Messages
internal import RPC

// Streams of the owner's messages: how many are kept for a peer that does not read.
extension HTTP2Connection {
  /// How much one stream has to send when there is no more room on it, in bytes.
  private static let roomBytes = 64 << 10

  /// How much all streams have to send when there is no more room on any.
  private var crowdedBytes: Int { heldBytesMaximum / 4 * 3 }

  func hasRoom(on id: UInt32) -> Bool {
    guard let stream = stream(id), !stream.isOver else { return false }
    precondition(stream.phase == .open, "asked for room on a call that is not open")
    if stream.unsentByteCount < Self.roomBytes {
      if unreadBytes <= crowdedBytes { return true }
      isCrowded = true
    }
    stream.awaitsRoom = true
    return false
  }

  func send(on id: UInt32, payload: Span<UInt8>) {
    guard let stream = present(id) else { return }
    precondition(stream.phase == .open, "sent a message on a call that is not open")
    guard append(payload, to: stream) else {
      settle(stream)
      return conclude(stream, .refused(.unreadAnswers))
    }
    proceed(stream)
  }

  /// Tells the owner of the room that there is after bytes of `stream` have left.
  func raiseRoom(on stream: CallStream) {
    if isCrowded { return relieve() }
    guard stream.awaitsRoom, stream.unsentByteCount < Self.roomBytes / 2 else { return }
    stream.awaitsRoom = false
    if stream.phase == .open { events.append(.writable(stream.id)) }
  }

  /// Tells the owners of all streams when the connection holds less again.
  func relieve() {
    guard unreadBytes <= heldBytesMaximum / 2 else { return }
    isCrowded = false
    for stream in streams where stream.awaitsRoom { raiseRoom(on: stream) }
  }
}
