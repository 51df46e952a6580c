internal import Messages
internal import RPC

extension TTRPCFraming {
  /// Reads the request at the front of the input.
  mutating func readRequest(_ header: FrameHeader) -> FrameStep {
    if let refusal = refusal(for: header) { return refuse(header, refusal) }
    if header.length > limits.messageBytes {
      lastStream = header.stream
      oversizedStream = header.stream
      if header.flags & FrameHeader.remoteOpen != 0 { expectLateFrames() }
      skip(header)
      return .done
    }
    guard input.count >= FrameHeader.byteCount + header.length else { return .incomplete }
    return take(header) ? .event(.call(header.stream)) : .done
  }

  /// Makes the complete request at the front of the input the current call. If it is malformed,
  /// answers it and returns false.
  private mutating func take(_ header: FrameHeader) -> Bool {
    lastStream = header.stream
    ignoredFrames = 0
    let end = FrameHeader.byteCount + header.length
    do {
      envelope = try RequestEnvelope(
        input.bytes.extracting(FrameHeader.byteCount..<end), headerBytes: limits.headerBytes)
    } catch {
      writeFailure(header.stream, error)
      if header.flags & FrameHeader.remoteOpen != 0 { expectLateFrames() }
      input.consume(end)
      return false
    }
    frameByteCount = end
    currentStream = header.stream
    currentFlags = header.flags
    return true
  }

  /// Why a request can't be accepted, judged by its header alone.
  private func refusal(for header: FrameHeader) -> Status? {
    if header.stream % 2 == 0 || header.stream <= lastStream { return .refused(.streamMalformed) }
    // An oversized request is answered only after its body has arrived.
    if header.length > limits.messageBytes { return nil }
    // Both flags together would mean a stream that ended before its first message.
    if header.flags > FrameHeader.remoteOpen { return .refused(.flagsMalformed) }
    if deferred.count >= limits.callsInFlight {
      return .limit("max-calls-in-flight", limits.callsInFlight)
    }
    return nil
  }

  /// Answers a request by its header alone and skips its body. A request that reuses the id of an
  /// open call ends that call, since a stream has only one answer.
  private mutating func refuse(_ header: FrameHeader, _ status: Status) -> FrameStep {
    if header.stream % 2 == 1 { lastStream = max(lastStream, header.stream) }
    if header.flags & FrameHeader.remoteOpen != 0 { expectLateFrames() }
    guard let index = openIndex(of: header.stream) else {
      writeFailure(header.stream, status)
      skip(header)
      return .done
    }
    return spoilCall(at: index, status, skipping: header)
  }

  /// Ends the open call whose peer sent a frame against the rules, and skips the frame.
  mutating func spoilCall(at index: Int, _ status: Status, skipping header: FrameHeader)
    -> FrameStep
  {
    let cancellation = end(index, status)
    skip(header)
    return cancellation.map { .event($0) } ?? .done
  }

  /// Skips a frame that means nothing to a server.
  mutating func ignore(_ header: FrameHeader) throws(ProtocolViolation) -> FrameStep {
    ignoredFrames += 1
    if ignoredFrames > TTRPCFraming.ignoredFramesBetweenCalls {
      throw violation("a flood of frames without meaning")
    }
    skip(header)
    return .done
  }

  /// Drops a frame: the arrived part now, the rest as it arrives.
  mutating func skip(_ header: FrameHeader) {
    input.consume(FrameHeader.byteCount)
    skippedByteCount = header.length
    let arrived = min(header.length, input.count)
    input.consume(arrived)
    skipped(arrived)
  }

  mutating func skipped(_ count: Int) {
    skippedByteCount -= count
    guard skippedByteCount == 0, oversizedStream != 0 else { return }
    writeFailure(oversizedStream, .limit("max-message-bytes", limits.messageBytes))
    oversizedStream = 0
  }

  /// Ends the connection over a length that is too large to drain, as soon as its first byte shows
  /// it. Draining it would serve an attacker.
  mutating func checkFirstByte() throws(ProtocolViolation) {
    let byte = input.isEmpty ? 0 : input.bytes[0]
    if byte != 0, Int(byte) << 24 > limits.messageBytes {
      throw violation("a frame's length is out of range")
    }
  }

  private mutating func violation(_ reason: String) -> ProtocolViolation {
    hasEnded = true
    input.removeAll()
    input.shrink(to: 0)
    return ProtocolViolation(reason)
  }
}
