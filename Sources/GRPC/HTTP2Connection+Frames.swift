internal import CNghttp2
internal import Messages
internal import RPC

// What is judged before libnghttp2 sees it: frames that break the rules but that it would ignore,
// and header blocks for which it would end the connection.
//
// Everything else goes to it in pieces as large as they arrived. Before a stream is looked up,
// libnghttp2 gets all earlier bytes, so that its view of the stream is current.
extension HTTP2Connection {
  func receive(_ bytes: Span<UInt8>) {
    guard violation == nil, !bytes.isEmpty else { return }
    flood.refillForReceive()
    // The scanner is taken out meanwhile. Accesses to a property of a class are checked at run time
    // for exclusivity, and each frame would have six.
    var scanner = FrameScanner()
    swap(&scanner, &self.scanner)
    defer { swap(&scanner, &self.scanner) }
    // The first byte that libnghttp2 has not been given.
    var start = 0
    var offset = 0
    while offset < bytes.count, violation == nil {
      if scanner.payloadLeft > 0 {
        let end = offset + min(scanner.payloadLeft, bytes.count - offset)
        if scanner.fate != .pass {
          feed(bytes.extracting(start..<offset))
          start = end
          if scanner.fate == .collect { collect(bytes.extracting(offset..<end)) }
        }
        scanner.advance(end - offset)
        offset = end
        if scanner.payloadLeft == 0, scanner.fate == .collect { endCollected() }
      } else {
        beginFrame(bytes, start: &start, offset: &offset, &scanner)
      }
    }
    if violation == nil { feed(bytes.extracting(start...)) }
    refuseStreams()
    if violation == nil, flood.isSpent || hasLongQueue { terminate(.flood) }
  }

  /// Reads a header at `offset`, which may have begun in earlier bytes.
  private func beginFrame(
    _ bytes: Span<UInt8>, start: inout Int, offset: inout Int, _ scanner: inout FrameScanner
  ) {
    if scanner.partial.isEmpty, let count = FrameHeader.byteCount(bytes.extracting(offset...)),
      count <= bytes.count - offset
    {
      let header = FrameHeader(bytes.extracting(offset..<offset + count))
      if mustLookUp(header) {
        feed(bytes.extracting(start..<offset))
        start = offset
      }
      let fate = judge(header)
      if fate != .pass {
        feed(bytes.extracting(start..<offset))
        start = offset + count
      }
      offset += count
      scanner.begin(header, read: count, fate)
      if fate == .collect, scanner.payloadLeft == 0 { endCollected() }
      return
    }
    feed(bytes.extracting(start..<offset))
    let (count, isWhole) = scanner.keep(bytes.extracting(offset...))
    offset += count
    start = offset
    guard isWhole else { return }
    let header = FrameHeader(scanner.partial.bytes)
    let fate = judge(header)
    if fate == .pass { feed(scanner.partial.bytes) }
    scanner.begin(header, read: scanner.partial.count, fate)
    if fate == .collect, scanner.payloadLeft == 0 { endCollected() }
  }

  /// Gives bytes to libnghttp2.
  private func feed(_ bytes: Span<UInt8>) {
    guard violation == nil, !bytes.isEmpty else { return }
    // SAFETY: libnghttp2 reads the bytes during the call only.
    let result = unsafe bytes.withUnsafeBytes { bytes in
      unsafe nghttp2_session_mem_recv(
        session, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    }
    if result == Int(NGHTTP2_ERR_FLOODED.rawValue) {
      terminate(.acknowledgements)
    } else if result < 0 {
      terminate(.notHTTP2)
    }
  }

  /// Tells the peer which streams came too late. Clients retry such calls by themselves.
  private func refuseStreams() {
    // libnghttp2 can't reset a stream before it has seen it.
    for id in refusedStreams { reset(id, NGHTTP2_REFUSED_STREAM) }
    refusedStreams.removeAll()
  }

  /// Whether the judgement of a frame depends on its stream.
  private func mustLookUp(_ header: FrameHeader) -> Bool {
    guard header.type == FrameType.data || header.type == FrameType.headers else { return false }
    return memory.mayBeClosed(header.stream)
  }

  /// Decides what happens to a frame.
  private func judge(_ header: FrameHeader) -> FrameScanner.Fate {
    count(header)
    if let open = block.header {
      guard header.type == FrameType.continuation, header.stream == open.stream else {
        terminate(.blockInterrupted)
        return .drop
      }
      return collect(header)
    }
    switch header.type {
    case FrameType.headers, FrameType.data: return judge(onStream: header)
    case FrameType.reset: memory.resetByPeer(header.stream)
    case FrameType.priority where header.stream == 0: terminate(.priorityOfConnection)
    case FrameType.priority where header.dependency == header.stream: terminate(.ownPriority)
    case FrameType.settings where header.flags & FrameFlags.acknowledgement != 0:
      acknowledgedSettings += 1
      // The first SETTINGS turn the dynamic table off.
      if acknowledgedSettings == 1 { block.expectTableSize() }
      // The second hold the limit on streams: see `submitSettings`.
      if acknowledgedSettings == 2, header.length == 0, header.stream == 0 { return .drop }
    default: break
    }
    return .pass
  }

  private func judge(onStream header: FrameHeader) -> FrameScanner.Fate {
    let isHeaders = header.type == FrameType.headers
    let id = header.stream
    // libnghttp2 itself refuses streams with a server's id, and data on a stream that was not
    // begun.
    if id % 2 == 1 {
      let isEnd = header.flags & FrameFlags.endStream != 0
      switch memory.take(id, isHeaders: isHeaders, isEnd: isEnd) {
      case .begun:
        guard let lastAccepted, id > lastAccepted else { break }
        refusedStreams.append(id)
        memory.resetHere(id)
      case .known where !isOpen(id):
        judge(onClosed: id, isHeaders: isHeaders)
        if violation != nil { return .drop }
      case .known, .continued, .unknown: break
      }
    }
    guard isHeaders, header.flags & FrameFlags.endHeaders == 0 || block.awaitsTableSize,
      header.length <= HTTP2Connection.frameByteCountMaximum
    else { return .pass }
    return collect(header)
  }

  /// Whether libnghttp2 knows a stream.
  private func isOpen(_ id: UInt32) -> Bool {
    // SAFETY: the session lives as long as the connection; so it is below.
    unsafe nghttp2_session_get_stream_remote_close(session, Int32(bitPattern: id)) >= 0
  }

  /// Judges a HEADERS or DATA frame on a stream that is closed or was never begun. libnghttp2
  /// ignores the frames that pass.
  private func judge(onClosed id: UInt32, isHeaders: Bool) {
    switch memory.end(of: id) {
    case .resetHere: break
    case .resetByPeer: reset(id, NGHTTP2_STREAM_CLOSED)
    case .neverBegun where isHeaders: terminate(.lowerStream)
    case .neverBegun, .ended: terminate(.closedStream)
    }
  }

  private func count(_ header: FrameHeader) {
    switch header.type {
    case FrameType.headers, FrameType.windowUpdate, FrameType.continuation, FrameType.goAway: break
    case FrameType.data:
      if header.length == 0, header.flags & FrameFlags.endStream == 0 { flood.spend(1) }
    default: flood.spend(1)
    }
  }

  /// Begins a header block, or adds a frame to it.
  private func collect(_ header: FrameHeader) -> FrameScanner.Fate {
    block.begin(header)
    if header.length > HTTP2Connection.frameByteCountMaximum {
      terminate(.frameSize)
    } else if block.receivedByteCount > HeaderBlock.byteCountMaximum {
      terminate(.blockBytes)
    } else if block.frameCount > HeaderBlock.frameCountMaximum {
      terminate(.blockFrames)
    }
    return violation == nil ? .collect : .drop
  }

  private func collect(_ bytes: Span<UInt8>) { block.append(bytes) }

  private func endCollected() {
    guard violation == nil else { return }
    if let error = block.endFrame() { return terminate(error) }
    guard block.isEnded else { return }
    var frames = ByteBuffer()
    if let error = block.encode(into: &frames) { return terminate(error) }
    let isShortened = block.isShortened
    block.reset()
    isOversized = isShortened
    feed(frames.bytes)
    isOversized = false
  }

  private var hasLongQueue: Bool {
    unsafe nghttp2_session_get_outbound_queue_size(session)
      > 2 * limits.callsInFlight + FloodBudget.limit
  }

  func terminate(_ error: ConnectionError) {
    guard violation == nil else { return }
    violation = ProtocolViolation(error.reason)
    farewell = error.reason
    unsafe nghttp2_session_terminate_session(session, error.code)
  }
}
