internal import CNghttp2
internal import Messages
internal import RPC

// Streams of the peer's messages: what has arrived, until the owner takes it.
//
// The front message may be as large as the limit allows, so the stream's window is opened for it as
// it arrives. The bytes behind it fill the window, which stays closed until the owner has taken the
// front message. So a slow owner slows the peer down and holds at most a message and a window. The
// connection's window is not used for that; it would stop the other streams.
//
// A message is judged when it comes to the front, so an owner gets all messages before a bad one.
extension HTTP2Connection {
  /// The storage that a nearly empty buffer may keep, in bytes.
  private static let roomyByteCount = 64 << 10

  /// Makes a taken call one that streams.
  func open(_ id: UInt32) {
    guard let stream = present(id) else {
      if forget(id) { events.append(.cancelled(id)) }
      return
    }
    precondition(stream.phase == .taken, "opened a call twice or before it was taken")
    stream.phase = .open
    if case .status(let status) = stream.refusal { return giveUp(stream, status) }
    stream.awaitsMessage = stream.streamsRequests
    raiseReadable(stream)
  }

  func takeMessage(from id: UInt32) -> StreamInput {
    releaseTakenMessage()
    guard let stream = stream(id), !stream.isOver else { return .empty }
    precondition(stream.phase == .open, "took a message from a call that is not open")
    guard stream.streamsRequests else { return .ended }
    if stream.hasWholeMessage {
      messageStream = stream
      return .message
    }
    if stream.isInputEnded { return .ended }
    stream.awaitsMessage = true
    return .empty
  }

  /// Drops the message that was taken, and looks at the next one.
  func releaseTakenMessage() {
    guard let stream = messageStream else { return }
    messageStream = nil
    stream.message.consume(stream.headByteCount)
    stream.headByteCount = 0
    compact(stream)
    headGrew(stream)
  }

  /// Takes the next bytes of a stream of messages.
  func streamArrived(_ stream: CallStream, _ bytes: Span<UInt8>) {
    guard stream.phase != .settled, stream.refusal == nil else { return }
    let growth = max(0, stream.message.count + bytes.count - stream.reservedByteCount)
    guard unfinishedBytes + growth <= heldBytesMaximum else {
      return giveUp(stream, .refused(.unfinishedRequests))
    }
    unfinishedBytes += growth
    stream.reservedByteCount += growth
    stream.message.append(bytes)
    count(message: stream.message.capacity, of: stream)
    headGrew(stream)
  }

  func streamEnded(_ stream: CallStream) {
    stream.isInputEnded = true
    if stream.refusal == nil { headGrew(stream) }
  }

  /// Looks at the front message after more of it has arrived.
  private func headGrew(_ stream: CallStream) {
    if stream.headByteCount == 0, stream.message.count >= CallStream.prefixByteCount {
      let (flag, count) = CallStream.prefix(of: stream.message.bytes)
      if let status = judge(flag: flag, byteCount: count, of: stream) {
        return giveUp(stream, status)
      }
      stream.headByteCount = CallStream.prefixByteCount + count
    }
    if stream.isInputEnded {
      if !stream.message.isEmpty, !stream.hasWholeMessage {
        return giveUp(stream, .refused(.requestCut))
      }
    } else {
      credit(stream)
    }
    raiseReadable(stream)
  }

  /// Opens the window for the arrived part of the front message.
  private func credit(_ stream: CallStream) {
    let wanted = max(stream.headByteCount, CallStream.prefixByteCount)
    let behind = max(0, stream.message.count - wanted)
    credit(stream, upTo: stream.receivedByteCount - behind)
  }

  func credit(_ stream: CallStream, upTo total: Int) {
    guard total > stream.creditedByteCount else { return }
    let count = total - stream.creditedByteCount
    stream.creditedByteCount = total
    // SAFETY: the session lives as long as the connection.
    unsafe nghttp2_session_consume_stream(session, Int32(bitPattern: stream.id), count)
  }

  private func raiseReadable(_ stream: CallStream) {
    guard stream.awaitsMessage, stream.phase == .open else { return }
    guard stream.hasWholeMessage || stream.isInputEnded else { return }
    stream.awaitsMessage = false
    events.append(.readable(stream.id))
  }

  /// Fails a stream of messages that can't be taken. A call that was not taken is refused like any
  /// other. A call that was taken keeps the status until its owner opens it, or answers it without
  /// reading its messages. An open one is answered at once.
  private func giveUp(_ stream: CallStream, _ status: Status) {
    switch stream.phase {
    case .ready:
      refuse(stream, .status(status))
      // With a closed window the peer could not reach the end of its request.
      credit(stream, upTo: stream.receivedByteCount)
      if stream.isInputEnded { answerRefusal(of: stream) }
    case .open:
      settle(stream)
      conclude(stream, status)
    default:
      releaseMessage(of: stream)
      stream.refusal = .status(status)
    }
  }

  /// Gives back storage that the messages behind a large one don't need.
  private func compact(_ stream: CallStream) {
    let count = stream.message.count
    if count == 0 {
      stream.message.shrink(to: CallStream.keptByteCount)
    } else if stream.message.capacity > Self.roomyByteCount, count < stream.message.capacity / 4 {
      var smaller = ByteBuffer()
      smaller.append(stream.message.bytes)
      stream.message = smaller
    } else {
      return
    }
    unfinishedBytes -= stream.reservedByteCount - count
    stream.reservedByteCount = count
    self.count(message: stream.message.capacity, of: stream)
  }
}
