internal import Messages
package import RPC

extension TTRPCFraming {
  /// How far the messages of one stream may wait, in bytes.
  private var streamQueueBytes: Int { limits.messageBytes + 256 << 10 }
  /// How far those of all streams may.
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
      // The peer has spoiled the call since it was taken, and the owner has not been told.
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
    FramePrefix(length: payload.count, stream: stream, type: FrameHeader.data).append(to: &output)
    output.append(payload)
  }

  package mutating func finish(_ stream: UInt32) {
    guard let index = openedIndex(of: stream) else { return dropCancellation(of: stream) }
    forget(index)
    FramePrefix(
      length: 0, stream: stream, type: FrameHeader.data,
      flags: FrameHeader.remoteClosed | FrameHeader.noData
    ).append(to: &output)
  }
}

extension TTRPCFraming {
  /// Keeps the current call, which is unanswered, and the first message of its stream.
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

  /// Skips Data on a stream that isn't there. Its peer may not know that it has ended.
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

  /// The place of an opened stream; `nil` when it is forgotten.
  private func openedIndex(of stream: UInt32) -> Int? {
    precondition(stream != 0 && stream <= lastStream, "used a stream that never was")
    precondition(stream != currentStream, "used a call as a stream before it was opened")
    guard let index = openIndex(of: stream) else { return nil }
    precondition(deferred[index].isOpened, "used a call as a stream before it was opened")
    return index
  }

  /// Ends an open call with a failure that is not the owner's, who is told if it had opened it.
  mutating func end(_ index: Int, _ status: Status) -> FramingEvent? {
    let call = forget(index)
    writeFailure(call.stream, status)
    return call.isOpened ? .cancelled(call.stream) : nil
  }

  /// Forgets an open call and what waits on it.
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

  /// Tells the owner nothing of a stream that it has ended itself in the meantime.
  mutating func dropCancellation(of stream: UInt32) {
    if !notices.isEmpty { notices.removeAll { $0 == .cancelled(stream) } }
  }

  /// Allows for messages that a peer sends before it learns that nobody takes them.
  mutating func expectLateFrames() {
    lateFrames = min(
      lateFrames + TTRPCFraming.lateFramesOfAStream, TTRPCFraming.lateFramesMaximum)
  }

  /// What the owner has to be told besides what arrives.
  mutating func nextNotice() -> FramingEvent? {
    while !notices.isEmpty {
      let notice = notices.removeFirst()
      guard case .readable(let stream) = notice else { return notice }
      // There may have been nothing to read, or the owner may have read or ended it since.
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
