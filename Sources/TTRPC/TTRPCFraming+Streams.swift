internal import Messages
package import RPC

extension TTRPCFraming {
  /// The most bytes of messages that may wait on one stream.
  private var streamQueueBytes: Int { limits.messageBytes + 256 << 10 }
  /// The most that may wait on all streams together.
  private var connectionQueueBytes: Int { max(16 << 20, 4 * limits.messageBytes) }

  package mutating func open(_ stream: UInt32) {
    precondition(stream != 0 && stream <= lastStream, "opened a call that was never taken")
    if stream == currentStream {
      keepCurrent(isOpened: true)
    } else if let index = openIndex(of: stream) {
      precondition(!deferred[index].isOpened, "opened a stream twice")
      precondition(deferred[index].acceptsStream, "opened a unary call")
      deferred[index].isOpened = true
    } else {
      // The peer has broken the rules on this call since it was taken; the owner does not know yet.
      notices.append(.cancelled(stream))
      return
    }
    notices.append(.readable(stream))
  }

  package mutating func takeMessage(from stream: UInt32) -> StreamInput {
    clearMessage()
    guard let index = openedIndex(of: stream) else { return .empty }
    guard let queue = deferred[index].queue else { return .ended }
    guard queue.count > 0 else { return queue.hasEnded ? .ended : .empty }
    queueCapacity -= queue.capacity
    queuedByteCount -= queue.byteCount
    queue.take(into: &message)
    queuedByteCount += queue.byteCount
    queueCapacity += queue.capacity
    return .message
  }

  package var currentMessage: Span<UInt8> {
    @_lifetime(borrow self)
    borrowing get { message.bytes }
  }

  package mutating func hasRoom(on stream: UInt32) -> Bool {
    guard output.count >= TTRPCFraming.roomBytes, let index = openedIndex(of: stream) else {
      return true
    }
    if !deferred[index].awaitsRoom {
      deferred[index].awaitsRoom = true
      roomWaiters.append(stream)
    }
    return false
  }

  package mutating func send(on stream: UInt32, payload: Span<UInt8>) {
    guard let index = openedIndex(of: stream) else { return }
    guard payload.count <= FrameHeader.maximumLength else {
      if let cancellation = end(index, .refused(.answerTooLong)) { notices.append(cancellation) }
      return
    }
    FramePrefix(length: payload.count, stream: stream, type: FrameHeader.data).encode(into: &output)
    output.append(payload)
  }

  package mutating func finish(_ stream: UInt32) {
    guard let index = openedIndex(of: stream) else { return dropCancellation(of: stream) }
    forget(index)
    FramePrefix(
      length: 0, stream: stream, type: FrameHeader.data,
      flags: FrameHeader.remoteClosed | FrameHeader.noData
    ).encode(into: &output)
  }
}

extension TTRPCFraming {
  /// Keeps the current, unanswered call and the first message of its stream.
  mutating func keepCurrent(isOpened: Bool) {
    let streams = currentFlags & FrameHeader.remoteOpen != 0
    precondition(!isOpened || currentFlags != 0, "opened a unary call")
    deferred.append(
      OpenCall(
        stream: currentStream, acceptsStream: currentFlags != 0,
        queue: streams ? MessageQueue() : nil, isOpened: isOpened))
    currentStream = 0
    guard streams, !envelope.payload.isEmpty, let queue = deferred[deferred.count - 1].queue else {
      return
    }
    if let refusal = refusal(of: envelope.payload.count, by: queue) {
      if let cancellation = end(deferred.count - 1, refusal) { notices.append(cancellation) }
      return
    }
    let start = FrameHeader.byteCount + envelope.payload.lowerBound
    enqueue(start..<start + envelope.payload.count, queue)
  }

  /// Reads the Data frame at the front of the input.
  mutating func readData(_ header: FrameHeader) throws(ProtocolViolation) -> FrameStep {
    guard let index = openIndex(of: header.stream) else { return try readLateData(header) }
    guard let queue = deferred[index].queue else {
      return spoilCall(at: index, .refused(.messageSurplus), skipping: header)
    }
    guard !queue.hasEnded else {
      return spoilCall(at: index, .refused(.streamEnded), skipping: header)
    }
    let isLast = header.flags & FrameHeader.remoteClosed != 0
    if header.flags & FrameHeader.noData != 0 {
      guard isLast else { return try ignore(header) }
      skip(header)
    } else {
      if let refusal = refusal(of: header.length, by: queue) {
        return spoilCall(at: index, refusal, skipping: header)
      }
      let end = FrameHeader.byteCount + header.length
      guard input.count >= end else { return .incomplete }
      enqueue(FrameHeader.byteCount..<end, queue)
      input.consume(end)
      input.shrink(to: TTRPCFraming.keptInputBytes)
    }
    queue.hasEnded = isLast
    ignoredFrames = 0
    return deferred[index].isOpened ? .event(.readable(header.stream)) : .done
  }

  /// Skips a Data frame on a stream that is not open. Its peer may not know that the stream has
  /// ended.
  private mutating func readLateData(
    _ header: FrameHeader
  ) throws(ProtocolViolation) -> FrameStep {
    guard lateFrames > 0, header.stream % 2 == 1, header.stream <= lastStream else {
      return try ignore(header)
    }
    lateFrames -= 1
    skip(header)
    return .done
  }

  /// Why a message of `length` bytes can't wait in `queue`.
  private func refusal(of length: Int, by queue: MessageQueue) -> Status? {
    if length > limits.messageBytes { return .limit("max-message-bytes", limits.messageBytes) }
    if queue.byteCount + length > streamQueueBytes {
      return .limit("max-stream-queue-bytes", streamQueueBytes)
    }
    if queue.count >= MessageQueue.countMaximum {
      return .limit("max-stream-queue-messages", MessageQueue.countMaximum)
    }
    if queuedByteCount + length > connectionQueueBytes {
      return .refused(.unfinishedRequests)
    }
    return nil
  }

  /// Copies a part of the input into a queue.
  private mutating func enqueue(_ range: Range<Int>, _ queue: MessageQueue) {
    queueCapacity -= queue.capacity
    queue.append(input.bytes.extracting(range))
    queueCapacity += queue.capacity
    queuedByteCount += range.count
  }

  /// The index of an opened stream; `nil` if it is forgotten.
  private func openedIndex(of stream: UInt32) -> Int? {
    precondition(stream != 0 && stream <= lastStream, "used a stream that never was")
    precondition(stream != currentStream, "used a call as a stream before it was opened")
    guard let index = openIndex(of: stream) else { return nil }
    precondition(deferred[index].isOpened, "used a call as a stream before it was opened")
    return index
  }

  /// Ends an open call with a failure that did not come from the owner. Returns the event for the
  /// owner if it had opened the call.
  mutating func end(_ index: Int, _ status: Status) -> FramingEvent? {
    let call = forget(index)
    writeFailure(call.stream, status)
    return call.isOpened ? .cancelled(call.stream) : nil
  }

  /// Forgets an open call and its waiting messages.
  @discardableResult
  mutating func forget(_ index: Int) -> OpenCall {
    let call = deferred.remove(at: index)
    if call.awaitsRoom { roomWaiters.removeAll { $0 == call.stream } }
    if let queue = call.queue {
      clearMessage()
      queueCapacity -= queue.capacity
      queuedByteCount -= queue.byteCount
      if !queue.hasEnded { expectLateFrames() }
    }
    return call
  }

  /// Drops the cancellation of a stream that the owner has ended itself in the meantime.
  mutating func dropCancellation(of stream: UInt32) {
    if !notices.isEmpty { notices.removeAll { $0 == .cancelled(stream) } }
  }

  /// Allows for messages that a peer sends before it learns that its stream has ended.
  mutating func expectLateFrames() {
    lateFrames = min(
      lateFrames + TTRPCFraming.lateFramesOfAStream, TTRPCFraming.lateFramesMaximum)
  }

  /// The next event that does not come from arriving bytes.
  mutating func nextNotice() -> FramingEvent? {
    while !notices.isEmpty {
      let notice = notices.removeFirst()
      guard case .readable(let stream) = notice else { return notice }
      // There may be nothing to read, or the owner may have read it or ended the stream since.
      guard let index = openIndex(of: stream), let queue = deferred[index].queue else { continue }
      if queue.count > 0 || queue.hasEnded { return notice }
    }
    guard !roomWaiters.isEmpty, output.count < TTRPCFraming.roomBytes / 2 else { return nil }
    let stream = roomWaiters.removeFirst()
    if let index = openIndex(of: stream) { deferred[index].awaitsRoom = false }
    return .writable(stream)
  }

  mutating func clearMessage() {
    message.removeAll()
    message.shrink(to: TTRPCFraming.roomBytes)
  }
}
