internal import Messages

/// A header block that comes in more than one frame, assembled before libnghttp2 sees it, with the
/// texts that it can't take shortened. A block in one frame has at most 16 KiB and does not need
/// this, except the first one after the settings: see `FieldShortener`.
struct HeaderBlock: ~Copyable {
  /// The most bytes that a block may have; with more the connection ends.
  static let byteCountMaximum = 256 << 10
  /// The most frames that a block may come in.
  static let frameCountMaximum = 1 << 10

  /// The frame that the block began with; `nil` for no block.
  private(set) var header: FrameHeader?
  private(set) var frameCount = 0
  /// The length of the block's frames so far.
  private(set) var receivedByteCount = 0
  /// The frame that is being received.
  private var frame = ByteBuffer()
  private var frameFlags: UInt8 = 0
  /// The priority in the first frame.
  private var priority = ByteBuffer()
  private var fields = FieldShortener()

  var capacity: Int { frame.capacity + fields.capacity }

  /// Whether the block has more bytes than libnghttp2 will see.
  var isShortened: Bool { fields.isShortened }

  /// Whether the frame that has arrived is the last, so that `write` can be called.
  var isEnded: Bool { frameFlags & FrameFlags.endHeaders != 0 }

  /// Whether the next block must be collected here although it comes in one frame.
  var awaitsTableSize: Bool { fields.awaitsTableSize }

  /// Notes that the peer has acknowledged that it may have no dynamic table.
  mutating func expectTableSize() { fields.expectTableSize() }

  /// Begins a block, or adds a frame to it.
  mutating func begin(_ header: FrameHeader) {
    if self.header == nil { self.header = header }
    frameFlags = header.flags
    frameCount += 1
    receivedByteCount += header.length
  }

  mutating func append(_ bytes: Span<UInt8>) { frame.append(bytes) }

  /// Takes the frame that has arrived, and returns the error in it, if any.
  mutating func endFrame() -> ConnectionError? {
    var frame = ByteBuffer()
    swap(&frame, &self.frame)
    defer {
      frame.removeAll()
      swap(&frame, &self.frame)
    }
    return takeFrame(frame.bytes)
  }

  private mutating func takeFrame(_ bytes: Span<UInt8>) -> ConnectionError? {
    guard let header, frameCount == 1 else { return fields.take(bytes) }
    let isPadded = header.flags & FrameFlags.padded != 0
    let priorityByteCount = header.flags & FrameFlags.priority != 0 ? 5 : 0
    let padding = isPadded && !bytes.isEmpty ? Int(bytes[0]) : 0
    let start = (isPadded ? 1 : 0) + priorityByteCount
    guard start <= bytes.count else { return .frameSize }
    guard start + padding <= bytes.count else { return .padding }
    priority.append(bytes.extracting(start - priorityByteCount..<start))
    return fields.take(bytes.extracting(start..<bytes.count - padding))
  }

  /// Encodes the block as frames, and returns the error in it, if any.
  borrowing func encode(into output: inout ByteBuffer) -> ConnectionError? {
    guard let header else { return nil }
    guard fields.isComplete else { return .compression }
    let block = fields.output.bytes
    var type = FrameType.headers
    var start = 0
    repeat {
      let isFirst = type == FrameType.headers
      let count = min(block.count - start, (16 << 10) - (isFirst ? priority.count : 0))
      var flags = start + count == block.count ? FrameFlags.endHeaders : 0
      if isFirst { flags |= header.flags & (FrameFlags.endStream | FrameFlags.priority) }
      FrameHeader(
        length: count + (isFirst ? priority.count : 0), type: type, flags: flags,
        stream: header.stream
      ).encode(into: &output)
      if isFirst { output.append(priority.bytes) }
      output.append(block.extracting(start..<start + count))
      type = FrameType.continuation
      start += count
    } while start < block.count
    return nil
  }

  /// Prepares for another block.
  mutating func reset() {
    header = nil
    frameCount = 0
    receivedByteCount = 0
    frameFlags = 0
    frame.shrink(to: 0)
    priority.removeAll()
    fields.reset()
  }
}
